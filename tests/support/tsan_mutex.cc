// Debian's Abseil isn't built with ThreadSanitizer, which therefore doesn't see that absl::Mutex and
// absl::Notification order anything. Under the tsan preset every executable is linked with --wrap for the
// members that are used, and this file tells ThreadSanitizer what they do. What runs inside of them, the
// conditions of waiting threads included, it passes over.

#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

constexpr unsigned kWrite = __tsan_mutex_linker_init;
constexpr unsigned kRead = __tsan_mutex_linker_init | __tsan_mutex_read_lock;

}  // namespace

// The names are those of the members, as the linker knows them.
extern "C" {

void __real__ZN4absl7debian35Mutex4LockEv(absl::Mutex* mutex);
void __wrap__ZN4absl7debian35Mutex4LockEv(absl::Mutex* mutex) {
  __tsan_mutex_pre_lock(mutex, kWrite);
  __real__ZN4absl7debian35Mutex4LockEv(mutex);
  __tsan_mutex_post_lock(mutex, kWrite, 0);
}

void __real__ZN4absl7debian35Mutex6UnlockEv(absl::Mutex* mutex);
void __wrap__ZN4absl7debian35Mutex6UnlockEv(absl::Mutex* mutex) {
  __tsan_mutex_pre_unlock(mutex, kWrite);
  __real__ZN4absl7debian35Mutex6UnlockEv(mutex);
  __tsan_mutex_post_unlock(mutex, kWrite);
}

void __real__ZN4absl7debian35Mutex10ReaderLockEv(absl::Mutex* mutex);
void __wrap__ZN4absl7debian35Mutex10ReaderLockEv(absl::Mutex* mutex) {
  __tsan_mutex_pre_lock(mutex, kRead);
  __real__ZN4absl7debian35Mutex10ReaderLockEv(mutex);
  __tsan_mutex_post_lock(mutex, kRead, 0);
}

void __real__ZN4absl7debian35Mutex12ReaderUnlockEv(absl::Mutex* mutex);
void __wrap__ZN4absl7debian35Mutex12ReaderUnlockEv(absl::Mutex* mutex) {
  __tsan_mutex_pre_unlock(mutex, kRead);
  __real__ZN4absl7debian35Mutex12ReaderUnlockEv(mutex);
  __tsan_mutex_post_unlock(mutex, kRead);
}

// Waiting lets go of the mutex and takes it again.

void __real__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(absl::Mutex* mutex,
                                                           const absl::Condition& condition);
void __wrap__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(absl::Mutex* mutex,
                                                           const absl::Condition& condition) {
  __tsan_mutex_pre_unlock(mutex, kWrite);
  __tsan_mutex_post_unlock(mutex, kWrite);
  __tsan_mutex_pre_lock(mutex, kWrite);
  __real__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(mutex, condition);
  __tsan_mutex_post_lock(mutex, kWrite, 0);
}

bool __real__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
    absl::Mutex* mutex, const absl::Condition& condition, absl::Duration timeout);
bool __wrap__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
    absl::Mutex* mutex, const absl::Condition& condition, absl::Duration timeout) {
  __tsan_mutex_pre_unlock(mutex, kWrite);
  __tsan_mutex_post_unlock(mutex, kWrite);
  __tsan_mutex_pre_lock(mutex, kWrite);
  const bool holds = __real__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
      mutex, condition, timeout);
  __tsan_mutex_post_lock(mutex, kWrite, 0);
  return holds;
}

void __real__ZN4absl7debian312Notification6NotifyEv(absl::Notification* notification);
void __wrap__ZN4absl7debian312Notification6NotifyEv(absl::Notification* notification) {
  __tsan_release(notification);
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

void __real__ZNK4absl7debian312Notification19WaitForNotificationEv(const absl::Notification* notification);
void __wrap__ZNK4absl7debian312Notification19WaitForNotificationEv(const absl::Notification* notification) {
  __real__ZNK4absl7debian312Notification19WaitForNotificationEv(notification);
  __tsan_acquire(const_cast<absl::Notification*>(notification));
}

}  // extern "C"
