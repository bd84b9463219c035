#include "common/grpc/grpc_threads.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "absl/flags/flag.h"
#include "common/grpc/grpc_lifetime.h"
#include "common/log/log.h"

ABSL_FLAG(int, grpc_threads, 1,
          "Threads that work on what comes by gRPC. One takes the least CPU time, and serves some 30,000 "
          "messages a second; 0 is half a thread per core, but two at least, which is also the most that "
          "room-service and messaging-service ever use.");

namespace parley::rpc {
namespace {

constexpr int kMaxThreads = 1'000;

/// What gRPC calls the threads on which it calls back.
constexpr char kThreadName[] = "nexting_thread";

int CountThreads() {
  int count = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    if (std::getline(file, name) && name == kThreadName) ++count;
  }
  return count;
}

/// Calls on a channel that leads nowhere fail at once, on one of the threads, which then sleeps.
class Sleepers {
 public:
  explicit Sleepers(int awake) : awake_(awake) {}

  /// The first call has gRPC start its threads.
  void SendFirst() {
    // A new thread has the name of the one that starts it until it runs for the first time and gives itself
    // its own: here that is the same.
    std::thread([this] {
      pthread_setname_np(pthread_self(), kThreadName);
      SendNext();
      // But for this one.
      const int threads = CountThreads() - 1;
      if (threads < awake_) {
        log::Warning("gRPC has fewer threads than --grpc-threads",
                     {{"threads", threads}, {"asked_for", awake_}});
      }
      to_sleep_ = std::max(0, threads - awake_);
      to_sleep_.notify_all();
    }).join();
  }

 private:
  void SendNext() {
    struct Call {
      grpc::ClientContext context;
      grpc::ByteBuffer request;
      grpc::ByteBuffer response;
    };
    const grpc::Slice slice("-");
    auto* const call = new Call;
    call->request = grpc::ByteBuffer(&slice, 1);
    stub_.UnaryCall(&call->context, "/sleep", {}, &call->request, &call->response,
                    [this, call](const grpc::Status&) {
                      delete call;
                      Sleep();
                    });
  }

  void Sleep() {
    to_sleep_.wait(kNotKnown);
    if (to_sleep_-- <= 0) return;
    SendNext();
    std::atomic<bool> forever = true;
    forever.wait(true);
  }

  static constexpr int kNotKnown = -1;

  const int awake_;
  /// How many threads have yet to be put to sleep.
  std::atomic<int> to_sleep_ = kNotKnown;
  grpc::GenericStub stub_{grpc::CreateChannel("localhost:0", nullptr)};
};

}  // namespace

unsigned ReadGrpcThreads(config::Problems& problems) {
  const int threads = absl::GetFlag(FLAGS_grpc_threads);
  problems.RequireRange("grpc_threads", threads, 0, kMaxThreads);
  return static_cast<unsigned>(threads);
}

void LimitGrpcThreads(unsigned count) {
  if (count == 0) return;
  KeepGrpc();
  // Lives as long as the process: the threads are asleep in it.
  static Sleepers* const sleepers = new Sleepers(static_cast<int>(count));
  sleepers->SendFirst();
}

}  // namespace parley::rpc
