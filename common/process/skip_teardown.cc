#include "common/process/skip_teardown.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace parley {

void SkipTeardown([[maybe_unused]] int exit_code) {
#ifndef __SANITIZE_ADDRESS__
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(exit_code);
#endif
}

}  // namespace parley
