#include "edge/events/bookmark.h"

#include <cstddef>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/ids/digest.h"
#include "common/ids/ids.h"

namespace parley::edge {
namespace {

/// A key, masked or unmasked: both are 32 hexadecimal digits. The mask is used for this key only.
std::string Mask(const std::string& key, std::string_view participant_id, std::string_view pid) {
  const std::string mask = Sha256(std::string(pid).append(participant_id));
  std::string bytes = absl::HexStringToBytes(key);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i]);
  return absl::BytesToHexString(bytes);
}

std::string ToText(const storage::Position& position) {
  return std::to_string(position.incarnation) + '.' + std::to_string(position.sequence);
}

bool ParsePosition(absl::string_view incarnation, absl::string_view sequence, storage::Position& position) {
  return absl::SimpleAtoi(incarnation, &position.incarnation) &&
         absl::SimpleAtoi(sequence, &position.sequence);
}

}  // namespace

std::string ToText(const Bookmark& bookmark, std::string_view pid) {
  std::string text = bookmark.room_id;
  text.append(".").append(bookmark.participant_id);
  text.append(".").append(Mask(bookmark.key, bookmark.participant_id, pid));
  text.append(".").append(ToText(bookmark.room));
  return text.append(".").append(ToText(bookmark.messages));
}

std::optional<Bookmark> ParseBookmark(std::string_view text, std::string_view pid) {
  const std::vector<std::string> parts = absl::StrSplit(absl::string_view(text.data(), text.size()), '.');
  if (parts.size() != 7 || parts[0].empty() || !IsUuid(parts[1]) || !IsKey(parts[2])) return std::nullopt;
  Bookmark bookmark{parts[0], parts[1], Mask(parts[2], parts[1], pid), {}, {}};
  if (!ParsePosition(parts[3], parts[4], bookmark.room)) return std::nullopt;
  if (!ParsePosition(parts[5], parts[6], bookmark.messages)) return std::nullopt;
  return bookmark;
}

}  // namespace parley::edge
