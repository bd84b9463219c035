#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// What libFuzzer, or a replay of inputs, calls with each input. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace parley::fuzz {

inline std::string_view AsText(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes what is in front of the first `end` off `text`, and `end` with it; all of it when there is none.
inline std::string_view TakeUntil(std::string_view& text, char end) {
  const std::size_t position = text.find(end);
  const std::string_view taken = text.substr(0, position);
  text.remove_prefix(position == std::string_view::npos ? text.size() : position + 1);
  return taken;
}

}  // namespace parley::fuzz
