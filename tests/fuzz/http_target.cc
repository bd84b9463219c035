// The target of an HTTP request, and the parameters in its query. The input is the target.

#include <algorithm>
#include <optional>
#include <string>

#include "edge/engineio/query.h"
#include "edge/server/target.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using engineio::FindParameter;
using server::ParseTarget;
using server::PercentDecode;
using server::Target;

std::string Encode(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string encoded;
  for (const char c : bytes) {
    encoded += '%';
    encoded += kHex[static_cast<unsigned char>(c) >> 4];
    encoded += kHex[c & 0xF];
  }
  return encoded;
}

void CheckPath(std::string_view text, const Target& target) {
  Require(!target.path.empty(), "there is always a path");
  Require(target.path.size() <= std::max<std::size_t>(text.size(), 1), "decoding lengthens nothing");
  Require(target.query.empty() || text.ends_with("?" + std::string(target.query)),
          "the query is what stands behind a question mark, as it is");
  Require(PercentDecode(Encode(target.path)) == target.path, "every path can be written in escapes");
  if (!text.starts_with('/')) return;
  for (const char* proxied : {"http://example.com", "https://user@[::1]:8443"}) {
    const std::string absolute = proxied + std::string(text);
    const Target same = ParseTarget(absolute);
    Require(same.path == target.path && same.query == target.query, "scheme and host change nothing");
  }
  const std::string escaped = "/" + Encode(target.path.substr(1)) + "?" + std::string(target.query);
  const Target same = ParseTarget(escaped);
  Require(same.path == target.path && same.query == target.query, "escapes in the path change nothing");
}

/// As FindParameter, but from the other end, and one parameter at a time.
std::optional<std::string> LastParameter(std::string_view query, std::string_view name) {
  while (true) {
    const std::size_t separator = query.rfind('&');
    std::string pair(separator == std::string_view::npos ? query : query.substr(separator + 1));
    for (char& c : pair) c = c == '+' ? ' ' : c;
    const std::size_t equals = pair.find('=');
    if (PercentDecode(pair.substr(0, equals)) == name) {
      return equals == std::string::npos ? std::string() : PercentDecode(pair.substr(equals + 1));
    }
    if (separator == std::string_view::npos) return std::nullopt;
    query = query.substr(0, separator);
  }
}

void CheckQuery(std::string_view query, const std::string& value) {
  for (const char* name : {"EIO", "transport", "sid", "j", "b64", "d"}) {
    Require(FindParameter(query, name) == LastParameter(query, name),
            "the last of repeated parameters counts");
    const std::string added = std::string(query) + "&" + name + "=" + Encode(value);
    Require(FindParameter(added, name) == value, "every value can be written in escapes");
  }
}

void Check(std::string_view text) {
  const Target target = ParseTarget(text);
  CheckPath(text, target);
  CheckQuery(target.query, target.path);
}

}  // namespace
}  // namespace parley::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parley::fuzz::Check(parley::fuzz::AsText(data, size));
  return 0;
}
