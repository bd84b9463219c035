#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace parley::rpc {

/// A channel to a service of ours, which connects when it is first used and again whenever that is needed.
/// `target` is HOST:PORT; a name with several addresses is balanced over them.
/// By default nothing is encrypted.
std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& target,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials = grpc::InsecureChannelCredentials());

}  // namespace parley::rpc
