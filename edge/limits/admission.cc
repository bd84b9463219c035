#include "edge/limits/admission.h"

#include <utility>

namespace parley::limits {
namespace {

Admitted Refused(Limit limit) {
  CountRefused(limit);
  return {nullptr, limit};
}

/// `in_all`, together with what the address was given, if it is counted; it isn't refused.
Admitted Together(Permit in_all, Admitted by_address) {
  if (by_address.permit == nullptr) return {std::move(in_all), std::nullopt};
  using Both = std::pair<Permit, Permit>;
  return {std::make_shared<Both>(std::move(in_all), std::move(by_address.permit)), std::nullopt};
}

}  // namespace

Permit Admission::Quota::Enter() {
  if (size_.fetch_add(1, std::memory_order_relaxed) >= most_ && most_ > 0) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  return {this, [this](void*) { size_.fetch_sub(1, std::memory_order_relaxed); }};
}

Admission::Admission(Options options)
    : options_(std::move(options)),
      by_address_(options_.per_address),
      connections_(options_.max_connections),
      polling_sessions_(options_.max_polling_sessions) {}

Admitted Admission::AdmitConnection(const std::string& peer) {
  Permit in_all = connections_.Enter();
  if (in_all == nullptr) return InReserve(Limit::kConnections);
  Admitted by_address = ByAddress(peer);
  if (by_address.refused_by) return InReserve(*by_address.refused_by);
  return Together(std::move(in_all), std::move(by_address));
}

Admitted Admission::AdmitForwarded(const std::string& client) {
  Admitted admitted = ByAddress(client);
  if (admitted.refused_by) CountRefused(*admitted.refused_by);
  return admitted;
}

Admitted Admission::ByAddress(const std::string& client) {
  if (options_.per_address.max_connections == 0) return {};
  const std::optional<AddressKey> key = CountedAs(client);
  if (!key) return {};
  Permit permit = by_address_.EnterConnection(*key, Clock::now());
  if (permit == nullptr) return {nullptr, Limit::kConnectionsPerAddress};
  return {std::move(permit), std::nullopt};
}

Admitted Admission::InReserve(Limit limit) {
  Permit permit = reserve_.Enter();
  if (permit == nullptr) CountRefused(limit);
  return {std::move(permit), limit};
}

std::optional<Limit> Admission::AdmitHandshake(const std::string& client) {
  if (options_.per_address.handshakes.per_second <= 0) return std::nullopt;
  const std::optional<AddressKey> key = CountedAs(client);
  if (!key || by_address_.TakeHandshake(*key, Clock::now())) return std::nullopt;
  CountRefused(Limit::kHandshakeRatePerAddress);
  return Limit::kHandshakeRatePerAddress;
}

Admitted Admission::AdmitPollingSession(const std::string& client) {
  Permit in_all = polling_sessions_.Enter();
  if (in_all == nullptr) return Refused(Limit::kPollingSessions);
  const std::optional<AddressKey> key =
      options_.per_address.max_polling_sessions > 0 ? CountedAs(client) : std::nullopt;
  if (!key) return {std::move(in_all), std::nullopt};
  Permit by_address = by_address_.EnterPollingSession(*key, Clock::now());
  if (by_address == nullptr) return Refused(Limit::kPollingSessionsPerAddress);
  return Together(std::move(in_all), {std::move(by_address), std::nullopt});
}

std::optional<AddressKey> Admission::CountedAs(const std::string& address) const {
  const std::optional<boost::asio::ip::address> parsed = ParseAddress(address);
  if (!parsed || options_.trusted_proxies.Contains(*parsed)) return std::nullopt;
  return KeyOf(*parsed);
}

}  // namespace parley::limits
