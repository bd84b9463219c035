#include "edge/websocket/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace parley::websocket {
namespace {

// What else there is on the worker waits meanwhile, and the higher levels take several times as long to save
// a little more.
constexpr int kLevel = Z_BEST_SPEED;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kEndOfBlockBytes = 4;

int WindowBits(DeflateFormat format) {
  constexpr int kLargest = 15;
  switch (format) {
    case DeflateFormat::kMessage:
      return -kLargest;
    case DeflateFormat::kZlib:
      return kLargest;
    case DeflateFormat::kGzip:
      return kLargest + 16;
  }
  return kLargest;
}

}  // namespace

std::optional<std::string> Deflate(DeflateFormat format, std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, WindowBits(format), kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
  // There is no room for more than would be of use, so that zlib gives up early.
  std::string compressed(bytes.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const bool message = format == DeflateFormat::kMessage;
  const int result = deflate(&stream, message ? Z_SYNC_FLUSH : Z_FINISH);
  const bool complete = message ? result == Z_OK && stream.avail_in == 0 : result == Z_STREAM_END;
  const bool shorter = stream.avail_out > 0;
  const std::size_t size = stream.total_out;
  deflateEnd(&stream);
  // Where room is left, nothing is held back.
  if (!complete || !shorter) return std::nullopt;
  compressed.resize(message ? size - kEndOfBlockBytes : size);
  compressed.shrink_to_fit();
  return compressed;
}

struct Inflater::State {
  z_stream stream{};
};

Inflater::Inflater() : state_(std::make_unique<State>()) {
  if (inflateInit2(&state_->stream, WindowBits(DeflateFormat::kMessage)) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(&state_->stream); }

Inflater::Result Inflater::Inflate(std::string_view message, std::size_t max_bytes, std::string& inflated) {
  // What Deflate, and every peer, leaves out.
  constexpr std::string_view kEndOfBlock("\x00\x00\xff\xff", kEndOfBlockBytes);
  z_stream& stream = state_->stream;
  std::array<char, 16384> piece;
  inflated.clear();
  for (const std::string_view input : {message, kEndOfBlock}) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      const int result = inflate(&stream, Z_SYNC_FLUSH);
      const std::size_t size = piece.size() - stream.avail_out;
      if (size > max_bytes - inflated.size()) return Result::kTooBig;
      inflated.append(piece.data(), size);
      // A peer may end a message with a last block; what follows begins anew.
      if (result == Z_STREAM_END) {
        inflateReset(&stream);
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return Result::kInvalid;
      }
    } while (stream.avail_in > 0 || stream.avail_out == 0);
  }
  return Result::kInflated;
}

}  // namespace parley::websocket
