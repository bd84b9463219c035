#include "edge/server/target.h"

namespace parley::server {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The path and query of a target, which a client of a proxy gives with scheme and host in front.
std::string_view OriginForm(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t end = target.find_first_of("/?", scheme + 3);
  return end == std::string_view::npos ? std::string_view() : target.substr(end);
}

}  // namespace

Target ParseTarget(std::string_view target) {
  const std::string_view origin_form = OriginForm(target);
  const std::size_t mark = origin_form.find('?');
  const std::string_view path = origin_form.substr(0, mark);
  return {path.empty() ? "/" : PercentDecode(path),
          mark == std::string_view::npos ? std::string_view() : origin_form.substr(mark + 1)};
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high << 4 | low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

}  // namespace parley::server
