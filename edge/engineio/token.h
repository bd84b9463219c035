#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parley::engineio {

/// 128 random bits as 22 characters of URL-safe base64. Any thread.
std::string RandomToken();

/// A session id: a RandomToken, then the index of the worker that holds the session, so that any worker can
/// tell where a request belongs without a shared table. Whoever knows it can use the session.
std::string MakeSid(std::size_t worker);

/// The worker's index in what may be a session id; nullopt: it is none. The session needn't exist.
std::optional<std::size_t> WorkerOf(std::string_view sid);

}  // namespace parley::engineio
