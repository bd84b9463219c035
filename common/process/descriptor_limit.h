#pragma once

#include <cstddef>

namespace parley {

/// Raises the number of descriptors that this process may have as far as it is allowed to; returns it. Many
/// systems allow far more than they give, for the sake of programs that can't deal with so many.
std::size_t RaiseDescriptorLimit();

}  // namespace parley
