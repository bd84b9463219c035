#include "common/grpc/status_conversion.h"

#include <map>
#include <string>

#include "common/grpc/rpc_status.pb.h"
#include "common/status/error.h"
#include "gtest/gtest.h"

namespace parley::rpc {
namespace {

TEST(StatusConversionTest, EverythingComesBack) {
  const std::map<std::string, std::string> metadata = {{"retry_after_ms", "250"}};
  const absl::Status status =
      MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY", "Too fast", metadata);
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(back.code(), status.code());
  EXPECT_EQ(back.message(), status.message());
  EXPECT_EQ(ReasonOf(back), "TOO_MANY");
  EXPECT_EQ(MetadataOf(back), metadata);
}

TEST(StatusConversionTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(StatusConversionTest, ReasonTravelsAsOneErrorInfoOfOurDomain) {
  const grpc::Status status = ToGrpcStatus(MakeError(kRoomNotFound));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "The room doesn't exist");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(grpc::StatusCode::NOT_FOUND));
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "ROOM_NOT_FOUND");
  EXPECT_EQ(info.domain(), "parley");
}

TEST(StatusConversionTest, TextOfAnUnexpectedErrorStaysInside) {
  const grpc::Status status = ToGrpcStatus(absl::DataLossError("/var/lib/secret is broken"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message().find("secret"), std::string::npos);
  EXPECT_EQ(status.error_details().find("secret"), std::string::npos);
}

TEST(StatusConversionTest, WhatTheNetworkReportsIsAServiceThatIsAway) {
  for (const auto code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::CANCELLED}) {
    const absl::Status status = FromGrpcStatus(grpc::Status(code, "socket closed"));
    EXPECT_TRUE(Is(status, kServiceUnavailable)) << code;
    EXPECT_EQ(std::string(status.message()), kServiceUnavailable.message);
    EXPECT_NE(status.ToString().find("socket closed"), std::string::npos) << status;
  }
}

TEST(StatusConversionTest, AServiceThatTheRequestReachedTooLateIsAway) {
  const grpc::Status late = ToGrpcStatus(
      MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "The request came too late"));
  EXPECT_EQ(late.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Is(FromGrpcStatus(late), kServiceUnavailable));
}

TEST(StatusConversionTest, WhatNobodyExpectsIsInternal) {
  EXPECT_TRUE(Is(FromGrpcStatus(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "")), kInternal));
  EXPECT_TRUE(Is(FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "", "garbage")), kInternal));
}

TEST(StatusConversionTest, ReasonOfAnotherDomainIsNotOurs) {
  google::rpc::ErrorInfo info;
  info.set_reason("ROOM_NOT_FOUND");
  info.set_domain("googleapis.com");
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  EXPECT_TRUE(Is(FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "", details.SerializeAsString())),
                 kInternal));
}

}  // namespace
}  // namespace parley::rpc
