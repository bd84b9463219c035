#include "services/messaging/domain/message.h"

namespace parley::messaging {

std::size_t SizeOf(const Message& message) {
  // With its ids and its places in the indexes; measured with 64,000 messages in one room.
  constexpr std::size_t kMessageBytes = 560;
  // With the id of whoever made it.
  constexpr std::size_t kReactionBytes = sizeof(Reaction) + 48;
  return kMessageBytes + message.content.size() + message.reactions.size() * kReactionBytes;
}

const Message& MessageOf(const Event& event) {
  return std::visit([](const auto& what) -> const Message& { return what.message; }, event.what);
}

Audience AudienceOf(const Event& event) {
  const Message& message = MessageOf(event);
  if (message.to) return Participants{{*message.to}};
  return EveryoneExcept{message.from};
}

}  // namespace parley::messaging
