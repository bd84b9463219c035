#include "common/process/deadlock_detection.h"

#include "absl/synchronization/mutex.h"

namespace parley {

void DisableDeadlockDetection() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

}  // namespace parley
