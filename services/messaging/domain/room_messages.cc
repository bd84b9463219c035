#include "services/messaging/domain/room_messages.h"

#include <algorithm>
#include <utility>

namespace parley::messaging {
namespace {

/// Those who may see a direct message: one, when it is to oneself.
std::vector<std::string> PartiesOf(const Message& message) {
  if (*message.to == message.from) return {message.from};
  return {message.from, *message.to};
}

}  // namespace

std::set<std::string> MessagePage::NamedParticipants() const {
  std::set<std::string> named;
  for (const Message& message : messages) {
    named.insert(message.from);
    if (message.to) named.insert(*message.to);
    for (const Reaction& reaction : message.reactions) named.insert(reaction.participant_id);
  }
  return named;
}

const Message* RoomMessages::Find(const std::string& message_id) const {
  const auto ordinal = ordinals_.find(message_id);
  return ordinal == ordinals_.end() ? nullptr : &messages_.find(ordinal->second)->second;
}

MessagePage RoomMessages::ListMessages(const std::string& participant_id, std::size_t page_size) const {
  // Both sets are walked from their ends, always taking the newer message.
  static const absl::btree_set<Ordinal> kNone;
  const auto found = direct_.find(participant_id);
  const absl::btree_set<Ordinal>& direct = found == direct_.end() ? kNone : found->second;
  auto from_everyone = to_everyone_.rbegin();
  auto from_direct = direct.rbegin();

  MessagePage page;
  page.messages.reserve(std::min(page_size, to_everyone_.size() + direct.size()));
  while (from_everyone != to_everyone_.rend() || from_direct != direct.rend()) {
    if (page.messages.size() == page_size) {
      page.has_more = true;
      break;
    }
    const bool take_direct = from_everyone == to_everyone_.rend() ||
                             (from_direct != direct.rend() && *from_direct > *from_everyone);
    const Ordinal ordinal = take_direct ? *from_direct++ : *from_everyone++;
    page.messages.push_back(messages_.find(ordinal)->second);
  }
  std::reverse(page.messages.begin(), page.messages.end());
  return page;
}

std::optional<Duration> RoomMessages::WaitBeforeSending(const std::string& participant_id,
                                                        const SendLimit& limit, Time now) const {
  const auto found = send_histories_.find(participant_id);
  return found == send_histories_.end() ? std::nullopt : found->second.WaitFor(limit, now);
}

std::ptrdiff_t RoomMessages::GrowthBy(const Event& event) const {
  if (const auto* sent = std::get_if<MessageSent>(&event.what)) {
    return static_cast<std::ptrdiff_t>(SizeOf(sent->message));
  }
  const Message* before = Find(MessageOf(event).id);
  const bool deleted = std::holds_alternative<MessageDeleted>(event.what);
  const std::size_t size_before = before == nullptr ? 0 : SizeOf(*before);
  const std::size_t size_after = deleted ? 0 : SizeOf(MessageOf(event));
  return static_cast<std::ptrdiff_t>(size_after) - static_cast<std::ptrdiff_t>(size_before);
}

void RoomMessages::Apply(Event event) {
  if (auto* sent = std::get_if<MessageSent>(&event.what)) {
    send_histories_[sent->message.from].Add(event.at);
    Add(std::move(sent->message));
    SetNames(std::move(sent->names));
  } else if (auto* edited = std::get_if<MessageEdited>(&event.what)) {
    send_histories_[edited->message.from].Add(event.at);
    Replace(std::move(edited->message));
  } else if (const auto* deleted = std::get_if<MessageDeleted>(&event.what)) {
    Remove(deleted->message.id);
  }
}

void RoomMessages::Add(Message message) {
  const Ordinal ordinal = next_ordinal_++;
  if (!ordinals_.try_emplace(message.id, ordinal).second) return;
  if (message.to) {
    for (const std::string& party : PartiesOf(message)) direct_[party].insert(ordinal);
  } else {
    to_everyone_.insert(ordinal);
  }
  CountMentions(message, 1);
  bytes_ += SizeOf(message);
  messages_.emplace(ordinal, std::move(message));
}

void RoomMessages::Remove(const std::string& message_id) {
  const auto found = ordinals_.find(message_id);
  if (found == ordinals_.end()) return;
  const Ordinal ordinal = found->second;
  const auto message = messages_.find(ordinal);
  CountMentions(message->second, -1);
  bytes_ -= SizeOf(message->second);
  if (message->second.to) {
    for (const std::string& party : PartiesOf(message->second)) {
      const auto direct = direct_.find(party);
      direct->second.erase(ordinal);
      if (direct->second.empty()) direct_.erase(direct);
    }
  } else {
    to_everyone_.erase(ordinal);
  }
  ordinals_.erase(found);
  messages_.erase(message);
}

void RoomMessages::Replace(Message message) {
  const auto found = ordinals_.find(message.id);
  if (found == ordinals_.end()) return;
  Message& current = messages_.find(found->second)->second;
  // First, or those who are named once would lose their names.
  CountMentions(message, 1);
  CountMentions(current, -1);
  bytes_ -= SizeOf(current);
  current = std::move(message);
  // Or a text that has become shorter would go on taking as much as the longer one did, and not be counted.
  current.content.shrink_to_fit();
  bytes_ += SizeOf(current);
}

void RoomMessages::CountMentions(const Message& message, int change) {
  const auto count = [this, change](const std::string& participant_id) {
    const auto mention = mentions_.try_emplace(participant_id).first;
    mention->second.count += static_cast<std::size_t>(change);
    if (mention->second.count == 0) mentions_.erase(mention);
  };
  count(message.from);
  if (message.to) count(*message.to);
  for (const Reaction& reaction : message.reactions) count(reaction.participant_id);
}

void RoomMessages::SetNames(std::vector<ParticipantName> names) {
  for (ParticipantName& known : names) {
    const auto mention = mentions_.find(known.id);
    if (mention != mentions_.end()) mention->second.name = std::move(known.name);
  }
}

std::string_view RoomMessages::NameOf(const std::string& participant_id) const {
  const auto mention = mentions_.find(participant_id);
  return mention == mentions_.end() ? std::string_view() : mention->second.name;
}

std::vector<ParticipantName> RoomMessages::AllNames() const {
  std::vector<ParticipantName> names;
  for (const auto& [participant_id, mention] : mentions_) {
    if (!mention.name.empty()) names.push_back({participant_id, mention.name});
  }
  return names;
}

std::vector<const Message*> RoomMessages::AllMessages() const {
  std::vector<const Message*> all;
  all.reserve(messages_.size());
  for (const auto& [ordinal, message] : messages_) all.push_back(&message);
  return all;
}

RoomMessages RoomMessages::Restore(std::vector<Message> messages,
                                   absl::btree_map<std::string, SendHistory> send_histories,
                                   std::vector<ParticipantName> names) {
  RoomMessages restored;
  for (Message& message : messages) restored.Add(std::move(message));
  restored.send_histories_ = std::move(send_histories);
  restored.SetNames(std::move(names));
  return restored;
}

bool operator==(const RoomMessages& left, const RoomMessages& right) {
  return left.send_histories_ == right.send_histories_ && left.mentions_ == right.mentions_ &&
         std::equal(left.messages_.begin(), left.messages_.end(), right.messages_.begin(),
                    right.messages_.end(), [](const auto& l, const auto& r) { return l.second == r.second; });
}

}  // namespace parley::messaging
