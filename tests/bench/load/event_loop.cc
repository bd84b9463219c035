#include "tests/bench/load/event_loop.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "tests/bench/load/failure.h"

namespace parley::bench {
namespace {

void Control(int epoll, int operation, int descriptor, EventLoop::Handler& handler, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  if (epoll_ctl(epoll, operation, descriptor, &event) != 0) {
    throw Failure(std::string("epoll_ctl: ") + std::strerror(errno));
  }
}

}  // namespace

Nanoseconds Now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

EventLoop::EventLoop() : descriptor_(epoll_create1(EPOLL_CLOEXEC)), scratch_(256 * 1024) {
  if (descriptor_ < 0) throw Failure(std::string("epoll_create1: ") + std::strerror(errno));
}

EventLoop::~EventLoop() { close(descriptor_); }

void EventLoop::Add(int descriptor, Handler& handler, std::uint32_t events) {
  Control(descriptor_, EPOLL_CTL_ADD, descriptor, handler, events);
}

void EventLoop::Modify(int descriptor, Handler& handler, std::uint32_t events) {
  Control(descriptor_, EPOLL_CTL_MOD, descriptor, handler, events);
}

void EventLoop::Poll(Nanoseconds until) {
  const Nanoseconds wait = std::max<Nanoseconds>(until - Now(), 0);
  const timespec timeout{wait / kSecond, wait % kSecond};
  std::array<epoll_event, 256> events;
  const int count = epoll_pwait2(descriptor_, events.data(), events.size(), &timeout, nullptr);
  if (count < 0 && errno != EINTR) throw Failure(std::string("epoll_pwait2: ") + std::strerror(errno));
  for (int i = 0; i < count; ++i) static_cast<Handler*>(events[i].data.ptr)->OnReady(events[i].events);
  retired_.clear();
}

}  // namespace parley::bench
