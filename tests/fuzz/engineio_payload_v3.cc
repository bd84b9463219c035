#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/payload_invariants.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parley::fuzz::CheckPayload(parley::engineio::Protocol::kV3, parley::fuzz::AsText(data, size));
  return 0;
}
