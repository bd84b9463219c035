#pragma once

#include <cstddef>

#include "common/aggregate/decode.h"

namespace parley::rpc {

/// Fills `response`, which has events and has_more, with as much of `page` as goes well into one gRPC message
/// of at most 4 MB, but with one event at least if there is any.
template <typename Codec, typename Response>
void FillEventPage(const EventPage<Codec>& page, Response& response) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  response.set_has_more(page.has_more);
  std::size_t bytes = 0;
  for (const auto& record : page.records) {
    bytes += record->ByteSizeLong();
    if (bytes > kMaxBytes && response.events_size() > 0) return response.set_has_more(true);
    *response.add_events() = *record;
  }
}

}  // namespace parley::rpc
