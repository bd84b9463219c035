#include "common/ids/ids.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace parley {
namespace {

template <std::size_t kSize>
std::array<unsigned char, kSize> RandomBytes() {
  std::array<unsigned char, kSize> bytes;
  // Without random numbers every key would be guessable: better no service than that one.
  if (RAND_bytes(bytes.data(), kSize) != 1) std::abort();
  return bytes;
}

std::uint64_t RandomNumber() {
  const auto bytes = RandomBytes<sizeof(std::uint64_t)>();
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

template <std::size_t kSize>
std::string Hex(const std::array<unsigned char, kSize>& bytes) {
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize));
}

}  // namespace

std::string RandomIdSource::RoomId() {
  // The bias of the remainder is 1e9 / 2^64, which nobody can use.
  return absl::StrFormat("%09d", RandomNumber() % 1'000'000'000);
}

std::string RandomIdSource::Uuid() {
  auto bytes = RandomBytes<16>();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string uuid = Hex(bytes);
  for (const std::size_t dash : {8, 13, 18, 23}) uuid.insert(dash, 1, '-');
  return uuid;
}

std::string RandomIdSource::Key() { return Hex(RandomBytes<16>()); }

std::uint64_t RandomIdSource::Incarnation() {
  // 53 bits survive a reader that keeps numbers as doubles, as JavaScript tools do.
  const std::uint64_t number = RandomNumber() >> 11;
  return number == 0 ? 1 : number;
}

}  // namespace parley
