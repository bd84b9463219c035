#pragma once

#include <cstddef>
#include <string_view>

namespace parley::websocket {

/// Well-formed as RFC 3629 says: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

/// The length of valid UTF-8 in UTF-16 code units, which is what JavaScript counts.
std::size_t Utf16Length(std::string_view text);

/// How many bytes of valid UTF-8 make up its first `units` UTF-16 code units; npos when there are fewer, or
/// when the last would be half of a surrogate pair.
std::size_t Utf16Prefix(std::string_view text, std::size_t units);

}  // namespace parley::websocket
