#include "edge/limits/trusted_proxies.h"

#include <algorithm>
#include <boost/system/error_code.hpp>

#include "absl/strings/ascii.h"

namespace parley::limits {

namespace ip = boost::asio::ip;

namespace {

std::string_view Trimmed(std::string_view text) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
  return {trimmed.data(), trimmed.size()};
}

}  // namespace

bool TrustedProxies::Add(std::string_view text) {
  std::string network(text);
  if (network.find('/') == std::string::npos) {
    const bool v6 = network.find(':') != std::string::npos;
    network += v6 ? "/128" : "/32";
  }
  boost::system::error_code ec;
  const ip::network_v4 v4 = ip::make_network_v4(network, ec);
  if (!ec) {
    v4_.push_back(v4);
    return true;
  }
  const ip::network_v6 v6 = ip::make_network_v6(network, ec);
  if (!ec) v6_.push_back(v6);
  return !ec;
}

bool TrustedProxies::Contains(const ip::address& address) const {
  const auto holds = [](const auto& network, const auto& member) {
    const std::remove_cvref_t<decltype(network)> around(member, network.prefix_length());
    return around.canonical() == network.canonical();
  };
  if (address.is_v4()) {
    return std::any_of(v4_.begin(), v4_.end(), [&](const auto& v4) { return holds(v4, address.to_v4()); });
  }
  return std::any_of(v6_.begin(), v6_.end(), [&](const auto& v6) { return holds(v6, address.to_v6()); });
}

std::string TrustedProxies::ClientOf(const std::string& peer, std::string_view forwarded_for) const {
  if (v4_.empty() && v6_.empty()) return peer;
  const std::optional<ip::address> proxy = ParseAddress(peer);
  if (!proxy || !Contains(*proxy)) return peer;
  std::string_view rest = forwarded_for;
  while (!rest.empty()) {
    const std::size_t comma = rest.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
    const std::optional<ip::address> hop = ParseAddress(Trimmed(last));
    if (!hop) break;
    if (!Contains(*hop)) return hop->to_string();
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
  }
  return peer;
}

}  // namespace parley::limits
