#include "services/messaging/store/messaging_codec.h"

#include <utility>
#include <vector>

#include "common/grpc/position_conversion.h"
#include "services/messaging/store/message_conversion.h"
#include "services/messaging/store/messaging_state.pb.h"

namespace parley::messaging {

void MessagingCodec::FillRecord(const Event& event, storage::Position position, Record& record) {
  *record.mutable_position() = rpc::ToProto(position);
  *record.mutable_event_time() = rpc::ToProto(event.at);
  Fill(AudienceOf(event), *record.mutable_audience());
  v1::Message* message = nullptr;
  if (const auto* sent = std::get_if<MessageSent>(&event.what)) {
    message = record.mutable_message_sent()->mutable_message();
    Fill(sent->names, *record.mutable_message_sent()->mutable_names());
  } else if (std::holds_alternative<MessageEdited>(event.what)) {
    message = record.mutable_message_edited()->mutable_message();
  } else {
    message = record.mutable_message_deleted()->mutable_message();
  }
  Fill(MessageOf(event), *message);
}

absl::StatusOr<Event> MessagingCodec::FromRecord(const Record& record) {
  const Time at = rpc::FromProto(record.event_time());
  switch (record.event_case()) {
    case Record::kMessageSent:
      return Event{at, MessageSent{FromProto(record.message_sent().message()),
                                   FromProto(record.message_sent().names())}};
    case Record::kMessageEdited:
      return Event{at, MessageEdited{FromProto(record.message_edited().message())}};
    case Record::kMessageDeleted:
      return Event{at, MessageDeleted{FromProto(record.message_deleted().message())}};
    case Record::EVENT_NOT_SET:
      break;
  }
  return absl::DataLossError("an event of an unknown kind");
}

std::string MessagingCodec::EncodeState(const State& state) {
  store::v1::RoomState proto;
  for (const Message* message : state.AllMessages()) Fill(*message, *proto.add_messages());
  for (const auto& [participant_id, history] : state.send_histories()) {
    store::v1::SendHistory& added = *proto.add_send_histories();
    added.set_participant_id(participant_id);
    for (const SendHistory::Send& send : history.corners()) {
      store::v1::Send& kept = *added.add_sends();
      kept.set_time_ms(send.at.time_since_epoch().count());
      kept.set_number(send.number);
    }
  }
  Fill(state.AllNames(), *proto.mutable_names());
  return proto.SerializeAsString();
}

absl::StatusOr<RoomMessages> MessagingCodec::DecodeState(const std::string& bytes) {
  store::v1::RoomState proto;
  if (!proto.ParseFromString(bytes)) return absl::DataLossError("a state can't be parsed");
  std::vector<Message> messages;
  messages.reserve(static_cast<std::size_t>(proto.messages_size()));
  for (const v1::Message& message : proto.messages()) messages.push_back(FromProto(message));
  absl::btree_map<std::string, SendHistory> histories;
  for (const store::v1::SendHistory& history : proto.send_histories()) {
    std::vector<SendHistory::Send> corners;
    for (const store::v1::Send& send : history.sends()) {
      corners.push_back({Time(Duration(send.time_ms())), send.number()});
    }
    histories.emplace(history.participant_id(), SendHistory(std::move(corners)));
  }
  return RoomMessages::Restore(std::move(messages), std::move(histories), FromProto(proto.names()));
}

MessagingCodec::Reply MessagingCodec::ReplyTo(const Event& event) {
  if (std::holds_alternative<MessageDeleted>(event.what)) return std::nullopt;
  return MessageOf(event);
}

absl::StatusOr<MessagingCodec::Reply> MessagingCodec::DecodeReply(const std::string&,
                                                                  const std::vector<Event>& events) {
  if (events.size() != 1) return absl::DataLossError("a reply without its event");
  return ReplyTo(events.front());
}

}  // namespace parley::messaging
