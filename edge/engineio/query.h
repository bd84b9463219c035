#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::engineio {

/// The value of `name` in a query string or a form, decoded; the last one when it is repeated, as the
/// reference has it. A percent sign that two hex digits don't follow stands for itself.
std::optional<std::string> FindParameter(std::string_view query, std::string_view name);

}  // namespace parley::engineio
