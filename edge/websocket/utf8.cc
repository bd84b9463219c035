#include "edge/websocket/utf8.h"

#include <cstdint>
#include <cstring>

namespace parley::websocket {
namespace {

using Byte = unsigned char;

bool InRange(Byte byte, Byte low, Byte high) { return byte >= low && byte <= high; }

/// The length of the sequence that `lead` begins, in valid UTF-8.
std::size_t SequenceLength(Byte lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const Byte*>(text.data());
  const Byte* const end = p + text.size();
  while (p != end) {
    // Eight ASCII bytes at a time: most of what arrives is nothing else.
    while (end - p >= 8) {
      std::uint64_t word;
      std::memcpy(&word, p, sizeof word);
      if ((word & 0x8080808080808080u) != 0) break;
      p += 8;
    }
    if (p == end) break;
    const Byte lead = *p;
    if (lead < 0x80) {
      ++p;
      continue;
    }
    // The second byte's range rules out overlong forms, surrogates and what lies above U+10FFFF.
    std::ptrdiff_t length;
    Byte low = 0x80;
    Byte high = 0xBF;
    if (InRange(lead, 0xC2, 0xDF)) {
      length = 2;
    } else if (InRange(lead, 0xE0, 0xEF)) {
      length = 3;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (InRange(lead, 0xF0, 0xF4)) {
      length = 4;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (end - p < length || !InRange(p[1], low, high)) return false;
    for (std::ptrdiff_t i = 2; i < length; ++i) {
      if (!InRange(p[i], 0x80, 0xBF)) return false;
    }
    p += length;
  }
  return true;
}

std::size_t Utf16Length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const Byte byte = static_cast<Byte>(c);
    if ((byte & 0xC0) != 0x80) ++units;  // every sequence is one unit,
    if (byte >= 0xF0) ++units;           // and a surrogate pair is two
  }
  return units;
}

std::size_t Utf16Prefix(std::string_view text, std::size_t units) {
  std::size_t bytes = 0;
  while (units > 0) {
    if (bytes >= text.size()) return std::string_view::npos;
    const std::size_t length = SequenceLength(static_cast<Byte>(text[bytes]));
    const std::size_t width = length == 4 ? 2 : 1;
    if (width > units) return std::string_view::npos;
    units -= width;
    bytes += length;
  }
  return bytes;
}

}  // namespace parley::websocket
