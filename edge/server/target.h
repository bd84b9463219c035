#pragma once

#include <string>
#include <string_view>

namespace parley::server {

/// What a request asks for, however its target is written: `/path?query`, as everybody sends it, or with
/// scheme and host in front, as to a proxy.
struct Target {
  /// Without scheme, host and query; percent-decoded, once. "/" when there is none.
  std::string path;
  /// Raw, without '?'; empty when there is none. A view of what was parsed.
  std::string_view query;
};

Target ParseTarget(std::string_view target);

/// `text` with each percent sign and the two hex digits behind it replaced by the byte they stand for. A
/// percent sign that two hex digits don't follow stands for itself.
std::string PercentDecode(std::string_view text);

}  // namespace parley::server
