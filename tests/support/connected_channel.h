#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/grpc/channel.h"

namespace parley::testing {

/// A channel to a port of this machine that is connected: of what is called before it is, a busy machine
/// fails some.
inline std::shared_ptr<grpc::Channel> ConnectedChannel(int port) {
  auto channel = rpc::MakeChannel(absl::StrCat("127.0.0.1:", port));
  EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(60)));
  return channel;
}

}  // namespace parley::testing
