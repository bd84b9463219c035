#include "edge/limits/address.h"

#include <boost/system/error_code.hpp>
#include <string>

namespace parley::limits {

namespace ip = boost::asio::ip;

AddressKey KeyOf(const ip::address& address) {
  // Of IPv6, ::/32 is reserved, so that no network's upper half looks like an IPv4 address.
  if (address.is_v4()) return address.to_v4().to_uint();
  AddressKey network = 0;
  const ip::address_v6::bytes_type bytes = address.to_v6().to_bytes();
  for (std::size_t i = 0; i < 8; ++i) network = network << 8 | bytes[i];
  return network;
}

std::optional<ip::address> ParseAddress(std::string_view text) {
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (text.find(':') == text.rfind(':')) {
    text = text.substr(0, text.find(':'));  // IPv4, perhaps with a port
  }
  boost::system::error_code ec;
  const ip::address address = ip::make_address(std::string(text), ec);
  if (ec) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

}  // namespace parley::limits
