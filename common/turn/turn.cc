#include "common/turn/turn.h"

#include <array>
#include <utility>
#include <vector>

namespace parley {
namespace {

/// What one thread's turn has gathered.
struct Gathered {
  int depth = 0;
  std::array<std::vector<std::function<void()>>, 2> stages;

  std::vector<std::function<void()>>& at(Turn::Stage stage) {
    return stages[static_cast<std::size_t>(stage)];
  }

  void CallAll(Turn::Stage stage) {
    for (const auto& fn : std::exchange(at(stage), {})) fn();
  }
};

thread_local Gathered gathered;

}  // namespace

Turn::Turn() { ++gathered.depth; }

Turn::~Turn() {
  if (gathered.depth == 1) {
    while (!gathered.at(Stage::kStore).empty() || !gathered.at(Stage::kSend).empty()) {
      while (!gathered.at(Stage::kStore).empty()) gathered.CallAll(Stage::kStore);
      gathered.CallAll(Stage::kSend);
    }
  }
  --gathered.depth;
}

bool Turn::UnderWay() { return gathered.depth > 0; }

void Turn::AtEnd(Stage stage, std::function<void()> fn) {
  if (!UnderWay()) return fn();
  gathered.at(stage).push_back(std::move(fn));
}

}  // namespace parley
