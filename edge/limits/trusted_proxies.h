#pragma once

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "edge/limits/address.h"

namespace parley::limits {

/// The proxies in front of this server whose word is taken for whom they speak for. Any thread.
class TrustedProxies {
 public:
  TrustedProxies() = default;

  /// Adds an address or a network, such as 10.0.0.0/8 or fd00::1; false when it is neither.
  bool Add(std::string_view text);

  bool Contains(const boost::asio::ip::address& address) const;

  /// The address of the client behind a connection from `peer`: its own, or if it is a trusted proxy's, the
  /// one that the proxy has put last into `X-Forwarded-For` (`forwarded_for`, all such headers together,
  /// separated by commas). What stands before an address that isn't trusted could be anybody's invention.
  /// A proxy that names no client, or only trusted ones, is the client itself.
  std::string ClientOf(const std::string& peer, std::string_view forwarded_for) const;

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace parley::limits
