#include "edge/socketio/offset.h"

#include <absl/strings/numbers.h>

namespace parley::socketio {

std::string ToText(const Offset& offset) {
  std::string text = std::to_string(offset.number);
  text.append(".").append(offset.life);
  if (!offset.bookmark.empty()) text.append(".").append(offset.bookmark);
  return text;
}

std::optional<Offset> FindOffset(const nlohmann::json& auth) {
  const auto found = auth.find("offset");
  Offset offset;
  if (found == auth.end()) return offset;
  if (!found->is_string()) return std::nullopt;
  const std::string_view text = found->get_ref<const std::string&>();
  const std::size_t life = text.find('.');
  if (life == std::string_view::npos) return std::nullopt;
  if (!absl::SimpleAtoi(absl::string_view(text.data(), life), &offset.number)) return std::nullopt;
  const std::size_t bookmark = text.find('.', life + 1);
  offset.life = text.substr(life + 1, bookmark - life - 1);
  if (offset.life.empty()) return std::nullopt;
  if (bookmark != std::string_view::npos) offset.bookmark = text.substr(bookmark + 1);
  return offset;
}

}  // namespace parley::socketio
