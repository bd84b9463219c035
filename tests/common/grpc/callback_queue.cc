#include "tests/common/grpc/callback_queue.h"

#include <grpcpp/grpcpp.h>

#include <future>
#include <memory>

#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley {

void KeepCallbackQueue() {
  struct Kept {
    std::unique_ptr<room::v1::RoomService::Stub> stub = room::v1::RoomService::NewStub(
        grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    room::v1::GetRoomRequest request;
    room::v1::GetRoomResponse response;
  };
  // Its only call fails at once, for nobody listens there. Volatile, because nobody reads it but
  // LeakSanitizer, of which the compiler knows nothing.
  static Kept* const volatile kept = [] {
    auto* const made = new Kept;
    std::promise<void> done;
    made->stub->async()->GetRoom(&made->context, &made->request, &made->response,
                                 [&done](const grpc::Status&) { done.set_value(); });
    done.get_future().wait();
    return made;
  }();
  static_cast<void>(kept);
}

}  // namespace parley
