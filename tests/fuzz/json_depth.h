#pragma once

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

namespace parley::fuzz {

/// How deep a value is nested: a scalar has depth 0, [] and {} have depth 1.
inline std::size_t DepthOf(const nlohmann::json& value) {
  if (!value.is_structured()) return 0;
  std::size_t deepest = 0;
  for (const nlohmann::json& element : value) deepest = std::max(deepest, DepthOf(element));
  return deepest + 1;
}

}  // namespace parley::fuzz
