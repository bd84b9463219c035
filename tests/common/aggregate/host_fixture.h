#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/common/aggregate/tally.h"

namespace parley {

/// A host with one room, "room" of incarnation 7, whose total is 1.
class AggregateHostTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Create(host_, "room", 7, Add({1})).ok()); }

  /// The total, or -1 when the room can't be read.
  int Total(TallyHost& host, const std::string& room_id = "room") {
    int total = -1;
    host.Read(room_id, [&](const TallyCodec::State& state, Position) { total = state.total; }).IgnoreError();
    return total;
  }

  std::shared_ptr<Witness> Subscribe(TallyHost& host, std::optional<Position> after = std::nullopt,
                                     const std::string& room_id = "room") {
    auto witness = std::make_shared<Witness>();
    host.Subscribe(room_id, after, witness);
    return witness;
  }

  /// Calls `fn` on so many threads at once, with the number of each from 0, and waits for all.
  static void OnThreads(int count, const std::function<void(int)>& fn) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(fn, i);
    for (std::thread& thread : threads) thread.join();
  }

  storage::MemoryLogStore memory_;
  StoreDouble store_{memory_};
  TallyHost host_{store_};
};

}  // namespace parley
