#include "edge/engineio/query.h"

#include <algorithm>

#include "edge/server/target.h"

namespace parley::engineio {
namespace {

/// As forms escape: a space may come as a plus sign.
std::string FormDecode(std::string_view text) {
  std::string with_spaces(text);
  std::replace(with_spaces.begin(), with_spaces.end(), '+', ' ');
  return server::PercentDecode(with_spaces);
}

}  // namespace

std::optional<std::string> FindParameter(std::string_view query, std::string_view name) {
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    // The names looked for have nothing to escape, but a client may escape them all the same.
    if (key == name || (key.find('%') != std::string_view::npos && FormDecode(key) == name)) {
      found = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  if (!found.has_value()) return std::nullopt;
  return FormDecode(*found);
}

}  // namespace parley::engineio
