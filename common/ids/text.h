#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace parley {

/// Number of characters (Unicode code points) in `text`, or nothing when it isn't valid UTF-8. Overlong
/// forms, surrogates and code points above U+10FFFF are not valid.
std::optional<std::size_t> CountCharacters(std::string_view text);

}  // namespace parley
