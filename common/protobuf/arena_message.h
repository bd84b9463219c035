#pragma once

#include <google/protobuf/arena.h>

#include <array>
#include <cstddef>
#include <memory>

namespace parley {

/// A protobuf message together with the memory that all its parts lie in. One with a dozen parts would take
/// as many allocations otherwise, and as many releases on its way out. The first `kBytes` of the parts take
/// none at all.
///
/// What is moved into it from outside is copied: it is best filled in place. What is cleared or replaced in
/// it keeps its memory until the whole is gone.
template <typename Message, std::size_t kBytes>
class ArenaMessage {
 public:
  ArenaMessage()
      : arena_(bytes_.data(), bytes_.size()),
        message_(google::protobuf::Arena::CreateMessage<Message>(&arena_)) {}

  ArenaMessage(const ArenaMessage&) = delete;
  ArenaMessage& operator=(const ArenaMessage&) = delete;

  Message& operator*() { return *message_; }
  const Message& operator*() const { return *message_; }
  Message* operator->() { return message_; }
  const Message* operator->() const { return message_; }

 private:
  alignas(std::max_align_t) std::array<char, kBytes> bytes_;
  google::protobuf::Arena arena_;
  Message* const message_;
};

/// A shared message that `fill` has filled, as ArenaMessage keeps it.
template <typename Message, std::size_t kBytes, typename Fill>
std::shared_ptr<const Message> MakeSharedMessage(Fill fill) {
  const auto owner = std::make_shared<ArenaMessage<Message, kBytes>>();
  fill(**owner);
  return {owner, &**owner};
}

}  // namespace parley
