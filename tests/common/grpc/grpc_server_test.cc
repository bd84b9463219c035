#include "common/grpc/grpc_server.h"

#include <grpcpp/generic/generic_stub.h>

#include <stdexcept>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "tests/support/connected_channel.h"

namespace parley::rpc {
namespace {

/// What grpc.health.v1.Health/Check answers, as bytes: field 1 of the answer is SERVING (1), NOT_SERVING (2)
/// or, for a service that it doesn't know, an error. Debian has no compiled form of that proto.
std::string Check(int port, const std::string& service) {
  grpc::GenericStub stub(parley::testing::ConnectedChannel(port));
  std::string request;
  if (!service.empty())
    request = absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
  const grpc::Slice slice(request);
  const grpc::ByteBuffer request_buffer(&slice, 1);
  grpc::ByteBuffer response_buffer;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request_buffer, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response_buffer, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok()) return "error " + std::to_string(status.error_code());
  grpc::Slice response;
  if (!response_buffer.DumpToSingleSlice(&response).ok() || response.size() != 2) return "garbage";
  return response.begin()[1] == 1 ? "serving" : "not serving";
}

class GrpcServerTest : public ::testing::Test {
 protected:
  parley::room::v1::RoomService::CallbackService service_;
  const std::string name_ = parley::room::v1::RoomService::service_full_name();
};

TEST_F(GrpcServerTest, ProcessAndServiceAreReportedAsServing) {
  GrpcServer server("127.0.0.1:0", {&service_});
  server.ReportServing(name_);
  EXPECT_EQ(Check(server.port(), ""), "serving");
  EXPECT_EQ(Check(server.port(), name_), "serving");
  EXPECT_EQ(Check(server.port(), "another"), "error 5");
}

TEST_F(GrpcServerTest, StoppedServingIsReportedWhileCallsAreStillAnswered) {
  GrpcServer server("127.0.0.1:0", {&service_});
  server.ReportServing(name_);
  server.StopServing();
  EXPECT_EQ(Check(server.port(), ""), "not serving");
  EXPECT_EQ(Check(server.port(), name_), "not serving");
}

TEST_F(GrpcServerTest, TakenPortIsAnErrorNotAShare) {
  GrpcServer server("127.0.0.1:0", {&service_});
  EXPECT_THROW(GrpcServer("127.0.0.1:" + std::to_string(server.port()), {}), std::runtime_error);
}

TEST_F(GrpcServerTest, ShutdownTwiceIsHarmless) {
  GrpcServer server("127.0.0.1:0", {&service_});
  server.Shutdown(std::chrono::seconds(1));
  server.Shutdown(std::chrono::seconds(1));
}

TEST_F(GrpcServerTest, WhatProtobufComplainsOfGoesToTheLog) {
  const GrpcServer server("127.0.0.1:0", {});
  ::testing::internal::CaptureStderr();
  room::v1::GetRoomRequest request;
  EXPECT_FALSE(request.ParseFromString("\x0a\x01\xff"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace parley::rpc
