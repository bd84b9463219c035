#include "services/messaging/domain/message.h"

namespace parley::messaging {

const Message& MessageOf(const Event& event) {
  return std::visit([](const auto& what) -> const Message& { return what.message; }, event.what);
}

Audience AudienceOf(const Event& event) {
  const Message& message = MessageOf(event);
  if (message.to) return Participants{{*message.to}};
  return EveryoneExcept{message.from};
}

}  // namespace parley::messaging
