#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/storage/log_store.h"

namespace parley::edge {

/// All that any edge needs to let a client go on where it was: the client itself carries it
/// (Socket::SetBookmark), so that no edge has to remember anything that must survive it.
struct Bookmark {
  std::string room_id;
  std::string participant_id;
  /// Of the participant. In the text it is masked with the client's pid, which alone is a secret by which one
  /// comes back; events with their bookmarks are likelier to end up in somebody's log.
  std::string key;
  /// Where the client stands in the room's two sequences.
  storage::Position room;
  storage::Position messages;

  friend bool operator==(const Bookmark&, const Bookmark&) = default;
};

/// Letters, digits, dots and dashes. `pid` is Socket::pid.
std::string ToText(const Bookmark& bookmark, std::string_view pid);

/// nullopt when `text` is no bookmark. With another's pid the key is a wrong one.
std::optional<Bookmark> ParseBookmark(std::string_view text, std::string_view pid);

}  // namespace parley::edge
