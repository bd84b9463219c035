#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace parley::bench {

/// Nanoseconds of the monotonic clock.
using Nanoseconds = std::int64_t;
constexpr Nanoseconds kSecond = 1'000'000'000;

Nanoseconds Now();

/// One epoll instance, for one thread.
class EventLoop {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    /// `events` are epoll's.
    virtual void OnReady(std::uint32_t events) = 0;
  };

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Handlers are told of a descriptor until it is closed. They may be destroyed outside of Poll only, since
  /// one call may have more for them, or by Retire.
  void Add(int descriptor, Handler& handler, std::uint32_t events);
  void Modify(int descriptor, Handler& handler, std::uint32_t events);

  /// Waits until something is ready, at most until `until`, and has it handled. What handlers throw passes
  /// through.
  void Poll(Nanoseconds until);

  /// Destroys a handler, or what it is part of, once everything that is at hand has been handled.
  void Retire(std::shared_ptr<void> object) { retired_.push_back(std::move(object)); }

  /// What a handler may read into; shared, so that a connection that is idle takes no memory for it.
  std::vector<char>& scratch() { return scratch_; }

  /// When the bytes that are being handled were read: one look at the clock does for all that is in them.
  Nanoseconds arrived() const { return arrived_; }
  void MarkArrival() { arrived_ = Now(); }

 private:
  int descriptor_;
  Nanoseconds arrived_ = 0;
  std::vector<char> scratch_;
  std::vector<std::shared_ptr<void>> retired_;
};

}  // namespace parley::bench
