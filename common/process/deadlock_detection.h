#pragma once

namespace parley {

/// Debian's Abseil looks for deadlocks whenever a mutex is locked, which is a twentieth of what a service
/// does. Builds for production go without; the others keep it.
void DisableDeadlockDetection();

}  // namespace parley
