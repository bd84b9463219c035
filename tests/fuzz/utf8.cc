// What is text, and how long JavaScript thinks it is. The input is the text.

#include "edge/websocket/utf8.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/ids/text.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

/// Whether JSON takes `text` as a string; nullopt when it would have to be escaped.
std::optional<bool> JsonTakes(std::string_view text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  });
  if (!plain) return std::nullopt;
  return nlohmann::json::accept('"' + std::string(text) + '"');
}

void Check(std::string_view text) {
  const std::optional<std::size_t> characters = CountCharacters(text);
  const bool valid = websocket::IsValidUtf8(text);
  Require(valid == characters.has_value(), "the edge and the services agree on what is text");
  Require(JsonTakes(text).value_or(valid) == valid, "and so does the JSON parser");
  if (!valid) return;

  const auto pairs = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xF0; }));
  const std::size_t units = websocket::Utf16Length(text);
  Require(units == *characters + pairs, "characters beyond the BMP count twice, all others once");
  Require(websocket::Utf16Prefix(text, units + 1) == kNone, "a prefix is no longer than its text");
  Require(websocket::Utf16Prefix(text, units) == text.size(), "all code units are all bytes");
  for (std::size_t length = 0; length < std::min<std::size_t>(units, 64); ++length) {
    const std::size_t bytes = websocket::Utf16Prefix(text, length);
    if (bytes == kNone) {
      Require(websocket::Utf16Prefix(text, length + 1) != kNone, "a pair is halved at one place only");
    } else {
      const std::string_view prefix = text.substr(0, bytes);
      Require(websocket::IsValidUtf8(prefix) && websocket::Utf16Length(prefix) == length,
              "a prefix is text of the length asked for");
    }
  }
}

}  // namespace
}  // namespace parley::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parley::fuzz::Check(parley::fuzz::AsText(data, size));
  return 0;
}
