#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace parley {

/// Fills `bytes` with random ones that nobody can guess. Any thread. Without them every key would be
/// guessable, so the process ends when the system has none.
void FillRandom(std::span<unsigned char> bytes);

template <std::size_t kSize>
std::array<unsigned char, kSize> RandomBytes() {
  std::array<unsigned char, kSize> bytes;
  FillRandom(bytes);
  return bytes;
}

}  // namespace parley
