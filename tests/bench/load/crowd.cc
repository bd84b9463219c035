#include "tests/bench/load/crowd.h"

#include <algorithm>
#include <utility>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/text_scan.h"

namespace parley::bench {
namespace {

/// How long nothing may happen before the run fails; nothing that is measured depends on it.
constexpr Nanoseconds kPatience = 30 * kSecond;

/// How many clients connect at the same time.
constexpr std::size_t kConnecting = 32;

/// Well within what servers of Engine.IO 3 wait for, which is 20 seconds and more.
constexpr Nanoseconds kPingInterval = 10 * kSecond;

std::string SendEvent(const std::string& text) { return "[\"send-message\",\"everyone\",\"" + text + "\"]"; }

}  // namespace

Participant::Participant(Crowd& crowd, Room& room, std::uint32_t number, const Endpoint& endpoint)
    : crowd_(crowd),
      room_(room),
      number_(number),
      client_(crowd.loop(), endpoint, crowd.options().transport, *this) {}

void Participant::SendMessage(Nanoseconds intended) {
  client_.Emit(SendEvent(crowd_.Compose(*this, intended)));
}

void Participant::SendAcknowledgedMessage(Nanoseconds intended) {
  intended_ = intended;
  crowd_.ExpectAcknowledgement();
  client_.Emit(SendEvent(crowd_.Compose(*this, intended)), ++last_request_);
}

void Participant::SendUnheardMessage() {
  intended_ = Now();
  crowd_.ExpectAcknowledgement();
  client_.Emit(SendEvent(std::string(kContentSize, '.')), ++last_request_);
}

void Participant::Enter() {
  if (room_.id.empty()) {
    client_.Emit("[\"create-room\",\"Bench\"]");
  } else {
    client_.Emit("[\"join-room\",\"" + room_.id + "\",\"Guest\"]");
  }
}

void Participant::OnEvent(std::string_view name, std::string_view packet) {
  if (name == "new-room-message") {
    crowd_.OnDelivery(*this, packet);
  } else if (name == "new-participant") {
    crowd_.OnAcquaintances(room_, 1);
  } else if (name == "room-summary") {
    OnSummary(packet);
  } else if (name == "join-room") {
    room_.id = FindText(packet, "[\"join-room\",\"");
    client_.Emit("[\"join-room\",\"" + room_.id + "\",\"Host\"]");
  } else if (name == "destory" && room_.unaware > 0) {
    crowd_.OnDestroyed(room_);
  } else if (room_.unaware == 0 || (name != "participant-left" && name != "destroy")) {
    throw Failure("unexpected event: " + std::string(packet.substr(0, 400)));
  }
}

void Participant::OnSummary(std::string_view packet) {
  id_ = FindText(packet, "\"myId\":\"");
  key_ = FindText(packet, "\"key\":\"");
  room_.id_hash = FindText(packet, "\"idHash\":\"");
  if (id_.empty() || key_.empty() || room_.id_hash.empty()) {
    throw Failure("a summary lacks something: " + std::string(packet.substr(0, 400)));
  }
  ++crowd_.joined_;
  crowd_.OnAcquaintances(room_, CountOf(packet, "\"isMe\":"));
  if (number_ > 0) return;
  for (std::size_t other = 1; other < room_.participants.size(); ++other) room_.participants[other]->Enter();
}

void Participant::OnAcknowledged(std::uint64_t id, std::string_view packet) {
  if (id != ++last_answered_ || id > last_request_ ||
      packet.find("\"success\":true") == std::string_view::npos) {
    throw Failure("unexpected acknowledgement: " + std::string(packet.substr(0, 400)));
  }
  crowd_.OnAcknowledgement(*this, intended_);
}

void Participant::OnDisconnected(const std::string& reason) {
  throw Failure("participant " + std::to_string(number_) + " of room " + std::to_string(room_.number) +
                " was disconnected: " + reason);
}

void Room::Renew(std::uint32_t new_number) {
  number = new_number;
  id.clear();
  id_hash.clear();
  acquaintances = 0;
  check = DeliveryCheck(number, capacity);
  undelivered.assign(capacity, {});
  sent = 0;
  completed = 0;
}

Crowd::Crowd(EventLoop& loop, const Options& options) : loop_(loop), options_(options) {}

void Crowd::Fill(std::uint32_t rooms, std::uint32_t participants) {
  while (rooms_.size() < rooms) rooms_.emplace_back(rooms_.size(), options_.participants);
  // A room must be there before others can join it, so the hosts go first.
  for (std::uint32_t number = 0; number < participants; ++number) {
    for (std::uint32_t room = 0; room < rooms; ++room) {
      if (rooms_[room].participants.size() > number) continue;
      PollUntil("a client to join", [&] { return connected_ - joined_ < kConnecting; });
      if (number > 0) PollUntil("a room", [&] { return !rooms_[room].id_hash.empty(); });
      Connect(rooms_[room]);
    }
  }
  PollUntil("everybody to see everybody", [this] {
    return joined_ == connected_ &&
           std::all_of(rooms_.begin(), rooms_.end(), [](const Room& room) { return room.complete(); });
  });
}

void Crowd::Connect(Room& room) {
  const Endpoint endpoint = WithSource(options_.server, connected_++);
  const auto number = static_cast<std::uint32_t>(room.participants.size());
  room.participants.push_back(std::make_unique<Participant>(*this, room, number, endpoint));
}

void Crowd::Reconvene(Room& room) {
  Insist(room.check.Finish());
  room.Renew(rooms_.size() + reconvened_++);
  room.unaware = room.participants.size() - 1;
  room.participants.front()->Leave();
}

void Crowd::OnDestroyed(Room& room) {
  if (--room.unaware == 0) room.participants.front()->Enter();
}

void Crowd::OnAcquaintances(Room& room, std::size_t more) {
  room.acquaintances += more;
  if (on_reconvened && room.complete()) on_reconvened(room);
}

void Crowd::Poll(Nanoseconds until) {
  loop_.Poll(until);
  if (options_.transport.version != 3 || Now() - last_ping_ < kPingInterval) return;
  last_ping_ = Now();
  for (Room& room : rooms_) {
    for (const auto& participant : room.participants) participant->Ping();
  }
}

void Crowd::PollUntil(const char* what, const std::function<bool()>& done) {
  const auto progress = [this] { return delivered_ + acknowledged_ + joined_; };
  std::uint64_t before = progress();
  Nanoseconds deadline = Now() + kPatience;
  while (!done()) {
    if (progress() != before) {
      before = progress();
      deadline = Now() + kPatience;
    }
    if (Now() > deadline) throw Failure(std::string("waited in vain for ") + what);
    Poll(deadline);
  }
}

std::string Crowd::Compose(Participant& sender, Nanoseconds intended) {
  Room& room = sender.room();
  const Content content{room.number, sender.number(), room.check.OnSent(sender.number()), intended};
  const std::size_t others = room.participants.size() - 1;
  ++sent_;
  ++room.sent;
  owed_ += others;
  if (on_complete) room.undelivered[sender.number()].push_back(others);
  return WriteContent(content);
}

Participant& Crowd::NextSender(Room& room) {
  const std::uint32_t first = room.participants.size() > 2 ? 1 : 0;
  room.turn = room.turn + 1 < room.participants.size() ? std::max(room.turn + 1, first) : first;
  return *room.participants[room.turn];
}

void Crowd::OnDelivery(Participant& receiver, std::string_view packet) {
  Room& room = receiver.room();
  const std::optional<Content> content = ReadContent(FindText(packet, "\"content\":\"", content_at_));
  if (!content || content->room != room.number) {
    throw Failure("a message that was not sent to room " + std::to_string(room.number) + ": " +
                  std::string(packet));
  }
  ++delivered_;
  latencies_.push_back(loop_.arrived() - content->intended);
  room.check.OnDelivered(receiver.number(), content->sender, content->sequence);
  if (!on_complete) return;
  if (content->sender >= room.undelivered.size()) return;
  std::vector<std::uint32_t>& undelivered = room.undelivered[content->sender];
  if (content->sequence >= undelivered.size() || undelivered[content->sequence] == 0) return;
  if (--undelivered[content->sequence] > 0) return;
  ++room.completed;
  on_complete(room);
}

void Crowd::OnAcknowledgement(Participant& sender, Nanoseconds intended) {
  ++acknowledged_;
  acknowledgement_latencies_.push_back(loop_.arrived() - intended);
  if (on_acknowledged) on_acknowledged(sender);
}

void Crowd::Finish() {
  try {
    // Repeated deliveries may be more than were owed.
    PollUntil("what was sent", [this] { return delivered_ >= owed_ && AllAcknowledged(); });
  } catch (const Failure&) {
    // Which deliveries are missing says more.
    CheckDeliveries();
    throw;
  }
  CheckDeliveries();
}

void Crowd::CheckDeliveries() {
  DeliveryFaults faults;
  for (Room& room : rooms_) faults.Add(room.check.Finish());
  Insist(faults);
}

void Crowd::Insist(const DeliveryFaults& faults) const {
  if (!faults.Any()) return;
  throw Failure("of " + std::to_string(owed_) + " deliveries, " + std::to_string(faults.missing) +
                " were missing, " + std::to_string(faults.repeated) + " repeated, " +
                std::to_string(faults.reordered) + " out of their sender's order, " +
                std::to_string(faults.disordered) + " out of the room's order; first, " + faults.example);
}

}  // namespace parley::bench
