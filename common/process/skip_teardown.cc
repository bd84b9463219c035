#include "common/process/skip_teardown.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace parley {

void SkipTeardown() {
#ifndef __SANITIZE_ADDRESS__
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(EXIT_SUCCESS);
#endif
}

}  // namespace parley
