#include "tests/bench/load/text_scan.h"

#include <string.h>

namespace parley::bench {

std::string_view FindText(std::string_view json, std::string_view key) {
  std::size_t place = 0;
  return FindText(json, key, place);
}

std::string_view FindText(std::string_view json, std::string_view key, std::size_t& place) {
  if (place > json.size() || !json.substr(place).starts_with(key)) {
    const void* const found = memmem(json.data(), json.size(), key.data(), key.size());
    if (found == nullptr) return {};
    place = static_cast<const char*>(found) - json.data();
  }
  const std::string_view value = json.substr(place + key.size());
  return value.substr(0, value.find('"'));
}

std::size_t CountOf(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

}  // namespace parley::bench
