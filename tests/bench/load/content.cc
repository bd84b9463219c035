#include "tests/bench/load/content.h"

#include <charconv>
#include <cstdio>

namespace parley::bench {
namespace {

constexpr char kFormat[] = "%08x %08x %08x %016llx ";

template <typename Number>
bool TakeHex(std::string_view& text, std::size_t digits, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number, 16);
  const bool complete = error == std::errc() && end == text.data() + digits && *end == ' ';
  text.remove_prefix(digits + 1);
  return complete;
}

}  // namespace

std::string WriteContent(const Content& content) {
  char text[kContentSize + 1];
  const int length = std::snprintf(text, sizeof text, kFormat, content.room, content.sender, content.sequence,
                                   static_cast<unsigned long long>(content.intended));
  std::string padded(text, length);
  padded.resize(kContentSize, '.');
  return padded;
}

std::optional<Content> ReadContent(std::string_view text) {
  Content content;
  if (text.size() != kContentSize) return std::nullopt;
  if (TakeHex(text, 8, content.room) && TakeHex(text, 8, content.sender) &&
      TakeHex(text, 8, content.sequence) && TakeHex(text, 16, content.intended) &&
      text.find_first_not_of('.') == std::string_view::npos) {
    return content;
  }
  return std::nullopt;
}

}  // namespace parley::bench
