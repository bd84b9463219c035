#include "edge/translate/json_text.h"

namespace parley::edge {
namespace {

/// Measured before parsing, because the parser's tree would be built, and torn down, at any depth. Text that
/// is no JSON may be measured wrongly, and is refused by the parser.
bool IsTooDeep(std::string_view text, std::size_t max_depth) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<nlohmann::json> ParseJson(std::string_view text, std::size_t max_depth) {
  if (IsTooDeep(text, max_depth)) return absl::InvalidArgumentError("is nested too deep");
  // The parser would take it for the end of the text, and whatever is behind it for nothing.
  if (text.find('\0') != std::string_view::npos) return absl::InvalidArgumentError("is not valid JSON");
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return absl::InvalidArgumentError("is not valid JSON");
  return parsed;
}

}  // namespace parley::edge
