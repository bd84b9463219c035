#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/status/statusor.h"

namespace parley::edge {

/// Parses a text that a client sent. Refuses, with a message that continues the name of the field, what is
/// not JSON, is not UTF-8, holds half a surrogate pair, or is nested deeper than `max_depth`; [] and {} have
/// depth 1.
absl::StatusOr<nlohmann::json> ParseJson(std::string_view text, std::size_t max_depth);

}  // namespace parley::edge
