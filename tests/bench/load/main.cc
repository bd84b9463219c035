// Loads a running server with rooms of participants and measures it; see kUsage.
#include <cstdio>
#include <string_view>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/scenarios.h"

namespace parley::bench {
namespace {

struct Scenario {
  std::string_view name;
  Results (*run)(const Options&);
};

constexpr Scenario kScenarios[] = {
    {"room", &RunRoom}, {"events", &RunEvents}, {"rest", &RunRest},           {"open", &RunOpen},
    {"join", &RunJoin}, {"idle", &RunIdle},     {"endurance", &RunEndurance}, {"raw-limit", &RunRawLimit},
};

int Run(int argc, char** argv) {
  Options options;
  const Scenario* scenario = nullptr;
  try {
    options = ParseOptions(argc, argv);
    for (const Scenario& known : kScenarios) {
      if (known.name == options.scenario) scenario = &known;
    }
    if (scenario == nullptr) throw Failure("there is no scenario \"" + options.scenario + "\"");
  } catch (const Failure& failure) {
    std::fprintf(stderr, "parley_load: %s\n\n%s", failure.what(), kUsage);
    return 2;
  }
  RaiseDescriptorLimit();
  try {
    std::printf("%s\n", scenario->run(options).ToJson().c_str());
    return 0;
  } catch (const Failure& failure) {
    std::fprintf(stderr, "parley_load: %s: %s\n", options.scenario.c_str(), failure.what());
    return 1;
  }
}

}  // namespace
}  // namespace parley::bench

int main(int argc, char** argv) { return parley::bench::Run(argc, argv); }
