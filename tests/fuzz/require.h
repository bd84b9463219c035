#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace parley::fuzz {

/// Insists on what must hold for every input, in every build: a fuzzer keeps the input for which it doesn't.
inline void Require(bool holds, std::string_view invariant) {
  if (holds) return;
  std::fprintf(stderr, "not so: %.*s\n", static_cast<int>(invariant.size()), invariant.data());
  std::abort();
}

}  // namespace parley::fuzz
