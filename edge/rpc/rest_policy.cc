#include "edge/rpc/rest_policy.h"

#include <utility>

namespace parley::edge {
namespace {

/// Since `before`, which may be never.
Duration Since(Time before, Time now) { return before == Time::min() ? Duration::max() : now - before; }

}  // namespace

void RestPolicy::OnWritten(Time now, bool calls, bool watch_requests) {
  if (calls) between_calls_ = Since(std::exchange(called_at_, now), now);
  if (watch_requests) news_due_ = true;
}

void RestPolicy::OnRead(Time now, bool answers, bool news) {
  answered_ = answers;
  if (!news) return;
  news_due_ = false;
  if (!answers) others_talked_at_ = now;
}

bool RestPolicy::MayRest(Time now) const {
  return answered_ && !news_due_ && between_calls_ <= longest_rest_ &&
         Since(others_talked_at_, now) > kOthersTalk;
}

}  // namespace parley::edge
