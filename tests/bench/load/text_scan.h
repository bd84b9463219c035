#pragma once

#include <cstddef>
#include <string_view>

namespace parley::bench {

/// What stands between `key`, such as `"id":"`, and the next quote; empty when there is no such key. Does for
/// JSON as servers write it, without spaces, and for strings without escapes.
std::string_view FindText(std::string_view json, std::string_view key);

/// Likewise; looks at first where such a text had the key before, which is `place`.
std::string_view FindText(std::string_view json, std::string_view key, std::size_t& place);

/// How often `part` occurs.
std::size_t CountOf(std::string_view text, std::string_view part);

}  // namespace parley::bench
