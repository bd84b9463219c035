#pragma once

#include <string_view>

namespace parley::edge {

/// Counts an event that was handled. `name` is one of event_table.cc, or "unknown", so that clients can't
/// make up metrics. Any thread.
void CountEvent(std::string_view name, bool success);

}  // namespace parley::edge
