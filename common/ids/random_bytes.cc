#include "common/ids/random_bytes.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>

namespace parley {
namespace {

/// Random bytes are drawn for several ids at once: a draw takes a microsecond whatever its size.
constexpr std::size_t kDrawnBytes = 512;

void Draw(std::span<unsigned char> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
}

}  // namespace

void FillRandom(std::span<unsigned char> bytes) {
  thread_local std::array<unsigned char, kDrawnBytes> drawn;
  thread_local std::size_t used = kDrawnBytes;
  if (bytes.size() > kDrawnBytes) return Draw(bytes);
  if (used + bytes.size() > kDrawnBytes) {
    Draw(drawn);
    used = 0;
  }
  std::memcpy(bytes.data(), drawn.data() + used, bytes.size());
  // What has been given out is nowhere else from now on.
  OPENSSL_cleanse(drawn.data() + used, bytes.size());
  used += bytes.size();
}

}  // namespace parley
