#pragma once

#include <stdexcept>

namespace parley::bench {

/// Ends the run: the server, or what it delivered, was not as it must be. Its text is for people.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace parley::bench
