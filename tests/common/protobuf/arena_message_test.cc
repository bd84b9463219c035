#include "common/protobuf/arena_message.h"

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace parley {
namespace {

using google::protobuf::ListValue;

constexpr std::size_t kBytes = 1024;

TEST(ArenaMessageTest, FirstPartsLieWithinTheObject) {
  const auto list = std::make_unique<ArenaMessage<ListValue, kBytes>>();
  (*list)->add_values()->set_number_value(1);
  const auto* part = reinterpret_cast<const char*>(&(*list)->values(0));
  const auto* begin = reinterpret_cast<const char*>(list.get());
  EXPECT_GE(part, begin);
  EXPECT_LT(part, begin + sizeof(*list));
}

TEST(ArenaMessageTest, HoldsMoreThanWhatItWasMadeFor) {
  ArenaMessage<ListValue, kBytes> list;
  constexpr int kValues = 10'000;
  for (int i = 0; i < kValues; ++i) list->add_values()->set_string_value(std::to_string(i));
  ASSERT_EQ(list->values_size(), kValues);
  for (int i = 0; i < kValues; ++i) EXPECT_EQ(list->values(i).string_value(), std::to_string(i));
}

TEST(ArenaMessageTest, SharedMessageLivesAsLongAsItIsShared) {
  std::shared_ptr<const ListValue> shared = MakeSharedMessage<ListValue, kBytes>(
      [](ListValue& list) { list.add_values()->set_string_value(std::string(100, 'x')); });
  const std::shared_ptr<const ListValue> copy = shared;
  shared = nullptr;
  EXPECT_EQ(copy->values(0).string_value(), std::string(100, 'x'));
}

}  // namespace
}  // namespace parley
