// What no server can do without: sending frames over loopback costs the kernel that much.
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/scenarios.h"

namespace parley::bench {
namespace {

/// A message as clients are told of it takes about as much.
constexpr std::size_t kFrameSize = 220;

[[noreturn]] void FailWith(const char* what) {
  throw Failure(std::string(what) + ": " + std::strerror(errno));
}

struct TcpPairs {
  std::vector<int> writers;
  std::vector<int> readers;
};

TcpPairs ConnectPairs(std::uint32_t count) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, name, size) != 0 || listen(listener, 16) != 0) FailWith("listen");
  getsockname(listener, name, &size);
  TcpPairs pairs;
  for (std::uint32_t i = 0; i < count; ++i) {
    const int writer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (writer < 0 || connect(writer, name, size) != 0) FailWith("connect");
    const int reader = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (reader < 0) FailWith("accept");
    pairs.writers.push_back(writer);
    pairs.readers.push_back(reader);
  }
  close(listener);
  return pairs;
}

/// Reads all that comes, until it is killed.
class Drain final : public EventLoop::Handler {
 public:
  Drain(EventLoop& loop, int descriptor) : loop_(loop), descriptor_(descriptor) {
    loop.Add(descriptor, *this, EPOLLIN);
  }

 private:
  void OnReady(std::uint32_t) override {
    std::vector<char>& buffer = loop_.scratch();
    if (recv(descriptor_, buffer.data(), buffer.size(), 0) == 0) _exit(0);
  }

  EventLoop& loop_;
  int descriptor_;
};

[[noreturn]] void DrainAll(const std::vector<int>& readers) {
  EventLoop loop;
  std::vector<Drain> drains;
  drains.reserve(readers.size());
  for (const int reader : readers) drains.emplace_back(loop, reader);
  for (;;) loop.Poll(Now() + kSecond);
}

void Send(int writer, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(writer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) FailWith("send");
    bytes.remove_prefix(sent);
  }
}

/// CPU time per frame, in microseconds, when so many leave by one send().
double MeasureSends(const std::vector<int>& writers, std::size_t frames, double seconds) {
  const std::string bytes(frames * kFrameSize, '.');
  const Nanoseconds end = Now() + static_cast<Nanoseconds>(seconds * kSecond);
  const double before = OwnCpuMicroseconds();
  double sent = 0;
  while (Now() < end) {
    for (const int writer : writers) Send(writer, bytes);
    sent += frames * writers.size();
  }
  return (OwnCpuMicroseconds() - before) / sent;
}

}  // namespace

Results RunRawLimit(const Options& options) {
  TcpPairs pairs = ConnectPairs(options.rooms * options.participants);
  const pid_t parent = getpid();
  const pid_t reader = fork();
  if (reader < 0) FailWith("fork");
  if (reader == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    for (const int writer : pairs.writers) close(writer);
    DrainAll(pairs.readers);
  }
  for (const int descriptor : pairs.readers) close(descriptor);
  Results results;
  for (const std::size_t frames : {1, 8}) {
    MeasureSends(pairs.writers, frames, options.warm_up_seconds);
    results.Add("cpu_us_per_frame_by_" + std::to_string(frames),
                MeasureSends(pairs.writers, frames, options.measured_seconds));
  }
  for (const int descriptor : pairs.writers) close(descriptor);
  waitpid(reader, nullptr, 0);
  return results;
}

}  // namespace parley::bench
