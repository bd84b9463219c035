#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::limits {

/// Whom limits per address count: an IPv4 address, or the /64 network of an IPv6 address, which is what one
/// household or host is given to choose its addresses from.
using AddressKey = std::uint64_t;

AddressKey KeyOf(const boost::asio::ip::address& address);

/// An address as headers and people write it: also with a port, and in brackets. IPv4 mapped into IPv6 is
/// IPv4.
std::optional<boost::asio::ip::address> ParseAddress(std::string_view text);

}  // namespace parley::limits
