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
#ifdef __SANITIZE_THREAD__
  // Then protobuf's headers make maps larger than the library, which isn't compiled so, takes them for, and
  // those on an arena crash when they go.
  ArenaMessage() : message_(new Message) {}
  ~ArenaMessage() { delete message_; }
#else
  ArenaMessage()
      : arena_(bytes_.data(), bytes_.size()),
        message_(google::protobuf::Arena::CreateMessage<Message>(&arena_)) {}
#endif

  ArenaMessage(const ArenaMessage&) = delete;
  ArenaMessage& operator=(const ArenaMessage&) = delete;

  Message& operator*() { return *message_; }
  const Message& operator*() const { return *message_; }
  Message* operator->() { return message_; }
  const Message* operator->() const { return message_; }

 private:
#ifndef __SANITIZE_THREAD__
  alignas(std::max_align_t) std::array<char, kBytes> bytes_;
  google::protobuf::Arena arena_;
#endif
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
