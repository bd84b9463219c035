#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/load/event_loop.h"

namespace parley::bench {

/// How long the text of every message is, in bytes.
constexpr std::size_t kContentSize = 64;

/// What the text of a message says.
struct Content {
  std::uint32_t room = 0;
  /// Number of the participant in its room.
  std::uint32_t sender = 0;
  /// Of the sender's messages, from 0.
  std::uint32_t sequence = 0;
  /// When it was to be sent.
  Nanoseconds intended = 0;
};

std::string WriteContent(const Content& content);

/// nullopt: this text was not made by WriteContent.
std::optional<Content> ReadContent(std::string_view text);

}  // namespace parley::bench
