#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "edge/socketio/packet.h"

namespace parley::socketio {

/// Turns the messages of one connection into packets.
class Decoder {
 public:
  enum class Result {
    kPacket,      // `packet` is complete
    kIncomplete,  // attachments are still to come
    kInvalid,     // not what a client may send: the connection must be closed
  };

  /// `max_depth`: how deep an argument may be nested.
  explicit Decoder(std::size_t max_depth) : max_depth_(max_depth) {}

  /// `text` is valid UTF-8.
  Result AddText(std::string_view text, Packet& packet);
  Result AddBinary(std::string_view bytes, Packet& packet);

 private:
  bool Parse(std::string_view text, Packet& packet);
  bool ParsePayload(std::string_view text, Packet& packet) const;
  bool ParseAuth(std::string_view text, Packet& packet) const;
  bool ParseList(std::string_view text, Packet& packet) const;

  const std::size_t max_depth_;

  // A packet that waits for its attachments, `awaited_` in all.
  Packet pending_;
  std::size_t awaited_ = 0;
  std::vector<std::string> attachments_;
};

}  // namespace parley::socketio
