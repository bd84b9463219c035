#pragma once

#include <string>
#include <string_view>

namespace parley {

/// MD5 of `text` as 32 lower-case hexadecimal digits. Names things, protects nothing.
std::string Md5Hex(std::string_view text);

/// SHA-256 of `text`, 32 raw bytes.
std::string Sha256(std::string_view text);

/// Whether both are equal, in a time that depends on their lengths only.
bool ConstantTimeEquals(std::string_view left, std::string_view right);

}  // namespace parley
