#pragma once

#include <functional>

namespace parley {

/// A stretch of one thread's work, such as handling all that came in one message, at whose end what has
/// gathered meanwhile is done together: the commands of one room are decided on, appended records leave in
/// one commit, and then what a stream is told in one write. Turns nest, and the outermost is the one that
/// counts.
///
/// A turn must end soon, and without a lock held: others wait for what it has gathered.
class Turn {
 public:
  /// What is done at a turn's end, until nothing is left: all there is of the first of these that has
  /// something.
  enum class Stage { kDecide, kStore, kSend };

  Turn();
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// Whether this thread is within a turn.
  static bool UnderWay();

  /// Calls `fn` at the end of this thread's turn, or at once when none is under way.
  static void AtEnd(Stage stage, std::function<void()> fn);
};

}  // namespace parley
