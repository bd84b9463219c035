#pragma once

#include <string_view>

namespace parley::server {

/// Counts a request that was refused before anybody looked at what it asks. `code` is one of the few words
/// that refusals have, never anything a client made up. Any thread.
void CountRefusedRequest(std::string_view code);

}  // namespace parley::server
