#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::engineio {

/// A polling response as the script `___eio[index]("…");`. `index` is the client's `j` parameter, of which
/// only the digits are taken, so that nobody can have a script of his own choice run.
std::string WrapJsonp(std::string_view index, std::string_view payload);

/// The payload in the body of a JSONP client's POST, the form field `d`; nullopt when there is none.
std::optional<std::string> UnwrapJsonp(std::string_view form);

}  // namespace parley::engineio
