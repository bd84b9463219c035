#include "edge/engineio/token.h"

#include <absl/strings/escaping.h>

#include "common/ids/random_bytes.h"

namespace parley::engineio {
namespace {

constexpr std::size_t kTokenLength = 22;
constexpr std::size_t kMaxIndexDigits = 4;

}  // namespace

std::string RandomToken() {
  const auto bytes = RandomBytes<16>();
  return absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string MakeSid(std::size_t worker) { return RandomToken() + std::to_string(worker); }

std::optional<std::size_t> WorkerOf(std::string_view sid) {
  if (sid.size() <= kTokenLength || sid.size() > kTokenLength + kMaxIndexDigits) return std::nullopt;
  std::size_t index = 0;
  for (const char c : sid.substr(kTokenLength)) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

}  // namespace parley::engineio
