#include "common/ids/text.h"

#include <cstdint>

namespace parley {
namespace {

struct Sequence {
  std::size_t length;
  std::uint32_t first_bits;
  std::uint32_t least;
};

std::optional<Sequence> SequenceOf(unsigned char lead) {
  if (lead < 0x80) return Sequence{1, lead, 0};
  if (lead >= 0xc2 && lead <= 0xdf) return Sequence{2, lead & 0x1fu, 0x80};
  if (lead >= 0xe0 && lead <= 0xef) return Sequence{3, lead & 0x0fu, 0x800};
  if (lead >= 0xf0 && lead <= 0xf4) return Sequence{4, lead & 0x07u, 0x10000};
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> CountCharacters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const auto sequence = SequenceOf(static_cast<unsigned char>(text[at]));
    if (!sequence || text.size() - at < sequence->length) return std::nullopt;
    std::uint32_t code_point = sequence->first_bits;
    for (std::size_t i = 1; i < sequence->length; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if ((byte & 0xc0) != 0x80) return std::nullopt;
      code_point = (code_point << 6) | (byte & 0x3fu);
    }
    const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point < sequence->least || code_point > 0x10ffff || surrogate) return std::nullopt;
    at += sequence->length;
  }
  return count;
}

}  // namespace parley
