#pragma once

namespace parley {

/// How this process's threads come to run on a core that is busy.
enum class Scheduling {
  /// As the process was started; most often a thread that wakes interrupts the one that runs.
  kNormal,
  /// A thread that wakes waits until the one that runs sleeps or has used up its time. What woke it is seldom
  /// the last thing to come, so it finds more to do at once: the same number of messages takes up to a
  /// seventh less CPU time where the cores are busy with Parley. Where others keep all of them busy, whoever
  /// wakes waits for those too, some milliseconds.
  kBatch,
};

/// For the calling thread, and those that it and they start from now on; so to be called before there are
/// any. A process that was started with a policy of its own keeps it. What the kernel refuses is logged.
void SetScheduling(Scheduling scheduling);

}  // namespace parley
