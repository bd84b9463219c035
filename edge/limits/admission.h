#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "edge/limits/address_limiter.h"
#include "edge/limits/limit.h"
#include "edge/limits/trusted_proxies.h"

namespace parley::limits {

/// A permit, or the limit that stands against it, which has been counted then. With both, a connection is
/// over the limit and has a place in the reserve: whoever refuses it then counts that.
struct Admitted {
  Permit permit;
  std::optional<Limit> refused_by;
};

/// Decides who is let in: into the server, into a session. The trusted proxies themselves are one client's
/// address as little as the other's, so limits per address pass them over. Any thread. Outlives its permits.
class Admission {
 public:
  using Clock = TokenBucket::Clock;

  /// Connections over a limit that are heard all the same, for one of them may be an operator's.
  static constexpr std::size_t kReserve = 32;

  /// 0 turns a limit off.
  struct Options {
    std::size_t max_connections = 0;
    std::size_t max_polling_sessions = 0;
    AddressLimiter::Options per_address;
    TrustedProxies trusted_proxies;
  };

  explicit Admission(Options options);

  /// The address that a request counts for. `peer` is the connection's; see TrustedProxies::ClientOf.
  std::string ClientOf(const std::string& peer, std::string_view forwarded_for) const {
    return options_.trusted_proxies.ClientOf(peer, forwarded_for);
  }

  /// A connection, counted in all and by address; or if it is over one of these limits, in the reserve.
  Admitted AdmitConnection(const std::string& peer);

  /// A proxy's connection that has become one client's for good: counted by that client's address too.
  Admitted AdmitForwarded(const std::string& client);

  /// A new session, whatever its transport; nothing when it may begin.
  std::optional<Limit> AdmitHandshake(const std::string& client);

  /// A session that lives without a connection, counted in all and by address.
  Admitted AdmitPollingSession(const std::string& client);

 private:
  /// How many there are, at most.
  class Quota {
   public:
    explicit Quota(std::size_t most) : most_(most) {}
    /// nullptr when there are too many.
    Permit Enter();

   private:
    const std::size_t most_;
    std::atomic<std::size_t> size_ = 0;
  };

  /// By address, without counting a refusal.
  Admitted ByAddress(const std::string& client);
  /// For a connection that is over `limit`.
  Admitted InReserve(Limit limit);
  /// Nothing for those who aren't counted.
  std::optional<AddressKey> CountedAs(const std::string& address) const;

  const Options options_;
  AddressLimiter by_address_;
  Quota connections_;
  Quota reserve_{kReserve};
  Quota polling_sessions_;
};

}  // namespace parley::limits
