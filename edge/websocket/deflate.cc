#include "edge/websocket/deflate.h"

#include <zlib.h>

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

}  // namespace parley::websocket
