#include "common/turn/turn.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace parley {
namespace {

using Functions = std::vector<std::function<void()>>;

/// What one thread's turn has gathered.
struct Gathered {
  int depth = 0;
  /// In the order of Turn::Stage.
  std::array<Functions, 3> stages;
};

thread_local Gathered gathered;

}  // namespace

Turn::Turn() { ++gathered.depth; }

Turn::~Turn() {
  if (gathered.depth == 1) {
    const auto is_left = [](const Functions& stage) { return !stage.empty(); };
    auto& stages = gathered.stages;
    for (auto next = std::find_if(stages.begin(), stages.end(), is_left); next != stages.end();
         next = std::find_if(stages.begin(), stages.end(), is_left)) {
      for (const auto& fn : std::exchange(*next, {})) fn();
    }
  }
  --gathered.depth;
}

bool Turn::UnderWay() { return gathered.depth > 0; }

void Turn::AtEnd(Stage stage, std::function<void()> fn) {
  if (!UnderWay()) return fn();
  gathered.stages[static_cast<std::size_t>(stage)].push_back(std::move(fn));
}

}  // namespace parley
