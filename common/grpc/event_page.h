#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace parley::rpc {

/// Fills `response`, which has events and has_more, with as many of `records` as go well into one gRPC
/// message of at most 4 MB, but with one at least.
template <typename Record, typename Response>
void FillEventPage(const std::vector<std::shared_ptr<const Record>>& records, Response& response) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  std::size_t bytes = 0;
  for (const auto& record : records) {
    bytes += record->ByteSizeLong();
    if (bytes > kMaxBytes && response.events_size() > 0) return response.set_has_more(true);
    *response.add_events() = *record;
  }
}

}  // namespace parley::rpc
