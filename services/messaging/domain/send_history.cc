#include "services/messaging/domain/send_history.h"

#include <algorithm>
#include <cmath>

namespace parley::messaging {
namespace {

/// Clocks of several processes differ by less; a time that lies further ahead comes from a clock that was put
/// back since, and must not keep anybody silent until it is reached again.
constexpr Duration kClockSkew{60'000};

/// Bounds the memory whatever the times are. Forgetting the oldest corner errs to the sender's advantage.
constexpr std::size_t kMaxCorners = 64;

/// Whether `middle` lies on or above the line from `first` to `last`.
bool IsNoCorner(const SendHistory::Send& first, const SendHistory::Send& middle,
                const SendHistory::Send& last) {
  return (middle.number - first.number) * (last.at - first.at).count() >=
         (last.number - first.number) * (middle.at - first.at).count();
}

}  // namespace

void SendHistory::Add(Time at) {
  std::int64_t number = 1;
  if (!corners_.empty()) {
    const Send& last = corners_.back();
    if (last.at - at > kClockSkew) {
      corners_.clear();
    } else {
      number = last.number + 1;
      at = std::max(at, last.at);
    }
  }
  const Send send{at, number};
  // Of messages at the same time the first is decisive, so it stays although the others lie above no line.
  while (corners_.size() > 1 && IsNoCorner(corners_[corners_.size() - 2], corners_.back(), send)) {
    corners_.pop_back();
  }
  corners_.push_back(send);
  if (corners_.size() > kMaxCorners) corners_.erase(corners_.begin());
}

std::optional<Duration> SendHistory::WaitFor(const SendLimit& limit, Time now) const {
  if (limit.rate <= 0 || corners_.empty()) return std::nullopt;
  const Send& last = corners_.back();
  if (last.at - now > kClockSkew) return std::nullopt;
  const double per_ms = limit.rate / 1000;
  double level = limit.burst;
  for (const Send& send : corners_) {
    const auto elapsed = static_cast<double>(std::max(now - send.at, Duration::zero()).count());
    level =
        std::min(level, limit.burst + per_ms * elapsed - static_cast<double>(last.number + 1 - send.number));
  }
  // What rounding takes away must not cost a millisecond of waiting.
  constexpr double kRounding = 1e-6;
  if (level >= 1 - kRounding) return std::nullopt;
  return Duration(std::max<std::int64_t>(1, std::llround(std::ceil((1 - level) / per_ms - kRounding))));
}

}  // namespace parley::messaging
