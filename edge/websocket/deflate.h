#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parley::websocket {

/// How compressed bytes are wrapped.
enum class DeflateFormat {
  kMessage,  // not at all, and without the end of the last block: a message of permessage-deflate (RFC 7692)
  kZlib,     // what HTTP calls "deflate"
  kGzip,
};

/// `bytes` compressed, as fast as possible; nullopt when that makes them no shorter.
std::optional<std::string> Deflate(DeflateFormat format, std::string_view bytes);

/// Decompresses the messages of one connection that has agreed on permessage-deflate, each of which may refer
/// to what was in those before. One thread at a time.
class Inflater {
 public:
  enum class Result { kInflated, kTooBig, kInvalid };

  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Puts what `message` was into `inflated`, unless it was more than `max_bytes`: what has become of it is
  /// then no larger than that, and nothing else may be inflated.
  Result Inflate(std::string_view message, std::size_t max_bytes, std::string& inflated);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::websocket
