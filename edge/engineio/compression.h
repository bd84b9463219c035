#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/server/http.h"

namespace parley::engineio {

enum class Coding { kIdentity, kGzip, kDeflate };

/// The coding that a client likes best by its Accept-Encoding: of those with the highest weight, the one that
/// is named first. kIdentity when it takes no other one, or likes none better.
Coding ChooseCoding(std::string_view accept_encoding);

/// `text` in this coding, which is not kIdentity; nullopt when that isn't shorter.
std::optional<std::string> Compress(Coding coding, std::string_view text);

/// Compresses an answer's body if it has 1 KiB or more, the client takes that, and it helps.
void CompressAnswer(const server::Request& request, server::Response& answer);

}  // namespace parley::engineio
