#pragma once

#include <cstddef>
#include <string_view>

#include "edge/socketio/application.h"

namespace parley::socketio {

/// What can be said about JSON text before it is parsed.
struct JsonScan {
  Defect defect = Defect::kNone;
  /// Of an array: where its first element ends. Of anything else, and of an empty one: meaningless.
  std::size_t first_element_end = 0;
};

/// Looks for what must not get as far as the parser's result: nesting beyond `max_depth` (a scalar has depth
/// 0) and halves of surrogate pairs, which JavaScript's strings may hold and text may not. `text` is valid
/// UTF-8 and need not be valid JSON. Takes linear time and no memory.
JsonScan ScanJson(std::string_view text, std::size_t max_depth);

}  // namespace parley::socketio
