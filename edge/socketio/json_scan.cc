#include "edge/socketio/json_scan.h"

#include <cstdint>
#include <optional>

namespace parley::socketio {
namespace {

/// The code unit of the escape `\uXXXX` at the front of `text`.
std::optional<std::uint32_t> UnicodeEscape(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  for (const char c : text.substr(2, 4)) {
    std::uint32_t digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    unit = unit * 16 + digit;
  }
  return unit;
}

bool IsHigh(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLow(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// Takes a string's content and its closing quote off the front of `text`. Returns whether all its surrogates
/// are paired.
bool TakeString(std::string_view text, std::size_t& position) {
  bool paired = true;
  while (position < text.size()) {
    const char c = text[position];
    if (c == '"') {
      ++position;
      return paired;
    }
    if (c != '\\') {
      ++position;
      continue;
    }
    const std::optional<std::uint32_t> unit = UnicodeEscape(text.substr(position));
    if (!unit.has_value()) {
      position += 2;
      continue;
    }
    position += 6;
    if (IsHigh(*unit)) {
      const std::optional<std::uint32_t> next =
          position < text.size() ? UnicodeEscape(text.substr(position)) : std::nullopt;
      if (next.has_value() && IsLow(*next)) {
        position += 6;
      } else {
        paired = false;
      }
    } else if (IsLow(*unit)) {
      paired = false;
    }
  }
  return paired;
}

}  // namespace

JsonScan ScanJson(std::string_view text, std::size_t max_depth) {
  JsonScan scan;
  std::size_t depth = 0;
  std::size_t position = 0;
  while (position < text.size()) {
    const char c = text[position++];
    switch (c) {
      case '"':
        if (!TakeString(text, position) && scan.defect == Defect::kNone) scan.defect = Defect::kLoneSurrogate;
        break;
      case '[':
      case '{':
        if (++depth > max_depth) scan.defect = Defect::kTooDeep;
        break;
      case ',':
      case ']':
      case '}':
        if (depth == 1 && scan.first_element_end == 0) scan.first_element_end = position - 1;
        if (c != ',' && depth > 0) --depth;
        break;
      default:
        break;
    }
  }
  return scan;
}

}  // namespace parley::socketio
