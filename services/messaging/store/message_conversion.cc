#include "services/messaging/store/message_conversion.h"

#include "common/grpc/position_conversion.h"

namespace parley::messaging {
namespace {

// The proto keeps 0 for a type that isn't set.
v1::ReactionType ToProto(ReactionType type) {
  return static_cast<v1::ReactionType>(static_cast<int>(type) + 1);
}

std::optional<ReactionType> FromProto(v1::ReactionType type) {
  if (type < v1::REACTION_TYPE_THUMBS_UP || type > v1::REACTION_TYPE_CLAP) return std::nullopt;
  return static_cast<ReactionType>(static_cast<int>(type) - 1);
}

static_assert(static_cast<int>(ReactionType::kThumbsUp) + 1 == v1::REACTION_TYPE_THUMBS_UP);
static_assert(static_cast<int>(ReactionType::kClap) + 1 == v1::REACTION_TYPE_CLAP);

}  // namespace

void Fill(const Message& message, v1::Message& proto) {
  proto.set_id(message.id);
  proto.set_from(message.from);
  if (message.to) {
    proto.mutable_to()->set_participant_id(*message.to);
  } else {
    proto.mutable_to()->mutable_everyone();
  }
  proto.set_content(message.content);
  for (const Reaction& reaction : message.reactions) {
    v1::Reaction& added = *proto.add_reactions();
    added.set_type(ToProto(reaction.type));
    added.set_participant_id(reaction.participant_id);
  }
  *proto.mutable_create_time() = rpc::ToProto(message.create_time);
  if (message.edit_time) *proto.mutable_edit_time() = rpc::ToProto(*message.edit_time);
}

Message FromProto(const v1::Message& proto) {
  Message message;
  message.id = proto.id();
  message.from = proto.from();
  if (proto.to().has_participant_id()) message.to = proto.to().participant_id();
  message.content = proto.content();
  for (const v1::Reaction& reaction : proto.reactions()) {
    if (const auto type = FromProto(reaction.type())) {
      message.reactions.push_back({*type, reaction.participant_id()});
    }
  }
  message.create_time = rpc::FromProto(proto.create_time());
  if (proto.has_edit_time()) message.edit_time = rpc::FromProto(proto.edit_time());
  return message;
}

void Fill(const std::vector<ParticipantName>& names, ParticipantNames& protos) {
  for (const ParticipantName& known : names) {
    v1::ParticipantName& added = *protos.Add();
    added.set_id(known.id);
    added.set_name(known.name);
  }
}

std::vector<ParticipantName> FromProto(const ParticipantNames& protos) {
  std::vector<ParticipantName> names;
  for (const v1::ParticipantName& known : protos) names.push_back({known.id(), known.name()});
  return names;
}

void Fill(const Audience& audience, parley::common::v1::Audience& proto) {
  if (const auto* except = std::get_if<EveryoneExcept>(&audience)) {
    proto.mutable_everyone_except()->set_participant_id(except->participant_id);
  } else {
    auto& participants = *proto.mutable_participants();
    for (const std::string& id : std::get<Participants>(audience).participant_ids) {
      participants.add_participant_ids(id);
    }
  }
}

}  // namespace parley::messaging
