#include "common/ids/ids.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "common/ids/random_bytes.h"

namespace parley {
namespace {

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

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

constexpr std::size_t kDashes[] = {8, 13, 18, 23};

}  // namespace

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = std::find(std::begin(kDashes), std::end(kDashes), i) != std::end(kDashes);
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

bool IsKey(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), IsHex);
}

std::string RandomIdSource::RoomId() {
  // The bias of the remainder is 1e9 / 2^64, which nobody can use.
  return absl::StrFormat("%09d", RandomNumber() % 1'000'000'000);
}

std::string RandomIdSource::Uuid() {
  auto bytes = RandomBytes<16>();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string uuid = Hex(bytes);
  for (const std::size_t dash : kDashes) uuid.insert(dash, 1, '-');
  return uuid;
}

std::string RandomIdSource::Key() { return Hex(RandomBytes<16>()); }

std::uint64_t RandomIdSource::Incarnation() {
  // 53 bits survive a reader that keeps numbers as doubles, as JavaScript tools do.
  const std::uint64_t number = RandomNumber() >> 11;
  return number == 0 ? 1 : number;
}

}  // namespace parley
