#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/load/content.h"
#include "tests/bench/load/delivery_check.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/socketio_client.h"

namespace parley::bench {

class Crowd;
struct Room;

/// One client, which joins one room as soon as it is connected. The first one of a room creates it.
class Participant final : private SocketIoClient::Listener {
 public:
  Participant(Crowd& crowd, Room& room, std::uint32_t number, const Endpoint& endpoint);

  /// Sends a message to everyone, whose intended time is `intended`.
  void SendMessage(Nanoseconds intended);
  /// Likewise, asking for an acknowledgement.
  void SendAcknowledgedMessage(Nanoseconds intended);
  /// Sends a message, asking for an acknowledgement, while nobody else is in the room. It isn't checked.
  void SendUnheardMessage();

  /// Joins the room, or creates it when it has no id yet.
  void Enter();
  void Leave() { client_.Emit("[\"leave\"]"); }

  Room& room() { return room_; }
  std::uint32_t number() const { return number_; }
  /// By which REST knows the participant.
  const std::string& id() const { return id_; }
  const std::string& key() const { return key_; }

  void Ping() { client_.Ping(); }

 private:
  void OnConnected() override { Enter(); }
  void OnEvent(std::string_view name, std::string_view packet) override;
  void OnAcknowledged(std::uint64_t id, std::string_view packet) override;
  void OnDisconnected(const std::string& reason) override;
  void OnSummary(std::string_view packet);

  Crowd& crowd_;
  Room& room_;
  const std::uint32_t number_;
  std::string id_;
  std::string key_;
  std::uint64_t last_request_ = 0;
  /// A client's requests are answered in its order.
  std::uint64_t last_answered_ = 0;
  /// Of the message that waits for its acknowledgement.
  Nanoseconds intended_ = 0;
  SocketIoClient client_;
};

/// A room, and those who are to be in it. When it is no more, they go on to another one.
struct Room {
  Room(std::uint32_t number, std::size_t capacity)
      : number(number), capacity(capacity), check(number, capacity), undelivered(capacity) {}

  /// Turns into a room that nobody has created yet, for the same participants.
  void Renew(std::uint32_t new_number);
  /// Everybody who is to be there has seen everybody.
  bool complete() const { return acquaintances == participants.size() * participants.size(); }

  std::uint32_t number;
  const std::size_t capacity;
  std::string id;
  /// By which REST names the room.
  std::string id_hash;
  std::vector<std::unique_ptr<Participant>> participants;
  /// Sums, over the participants, how many each has heard of, itself included.
  std::size_t acquaintances = 0;
  DeliveryCheck check;
  /// How many deliveries each message still lacks, by sender and sequence.
  std::vector<std::vector<std::uint32_t>> undelivered;
  /// Messages, and those of them that everybody has got.
  std::uint32_t sent = 0;
  std::uint32_t completed = 0;
  /// How many have yet to hear that the room is no more.
  std::size_t unaware = 0;
  /// Who sends next.
  std::uint32_t turn = 0;
};

/// Rooms, everybody in them, and what they were delivered.
class Crowd {
 public:
  /// Creates no room yet; all rooms have `options.participants`. `loop` must outlive the crowd.
  Crowd(EventLoop& loop, const Options& options);

  /// Called when everybody has got a message.
  std::function<void(Room&)> on_complete;
  /// Called when a message was acknowledged.
  std::function<void(Participant&)> on_acknowledged;
  /// Called when everybody has seen everybody after Reconvene.
  std::function<void(Room&)> on_reconvened;

  /// Connects and joins participants until each of the first `rooms` rooms has `participants`, several at a
  /// time, and returns when all have seen each other. Throws Failure when nothing happens for a while.
  void Fill(std::uint32_t rooms, std::uint32_t participants);

  /// Has the host leave, upon which the room is destroyed, with its messages, and everybody meet in a new
  /// one. All that was sent must have been delivered; throws Failure when a delivery was not as it must be.
  void Reconvene(Room& room);

  /// Has things happen until `until`.
  void Poll(Nanoseconds until);
  /// Has things happen until `done()`. Throws Failure, which says that it was waited for `what`, when neither
  /// that nor any delivery comes for a while.
  void PollUntil(const char* what, const std::function<bool()>& done);

  /// What a participant is about to send: counts it as sent.
  std::string Compose(Participant& sender, Nanoseconds intended);
  /// Who sends next in a room: everyone in turn, but participant 0 in rooms of more than two, so that the
  /// room's order can be checked.
  Participant& NextSender(Room& room);

  /// Waits until everything that was sent has been delivered, and acknowledged where that was asked for, and
  /// checks all deliveries. Throws Failure when one was missing, repeated or out of order. At the very end.
  void Finish();

  /// Everything that was asked for an acknowledgement has one.
  bool AllAcknowledged() const { return acknowledged_ == to_be_acknowledged_; }

  EventLoop& loop() { return loop_; }
  const Options& options() const { return options_; }
  std::deque<Room>& rooms() { return rooms_; }
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t sent() const { return sent_; }
  /// From the intended time of sending to each delivery, and to each acknowledgement.
  std::vector<Nanoseconds>& latencies() { return latencies_; }
  std::vector<Nanoseconds>& acknowledgement_latencies() { return acknowledgement_latencies_; }
  void ExpectAcknowledgement() { ++to_be_acknowledged_; }
  /// A message whose intended time was `intended` was acknowledged, by whatever way.
  void OnAcknowledgement(Participant& sender, Nanoseconds intended);

 private:
  friend class Participant;

  void Connect(Room& room);
  void CheckDeliveries();
  void Insist(const DeliveryFaults& faults) const;
  void OnAcquaintances(Room& room, std::size_t more);
  void OnDestroyed(Room& room);
  void OnDelivery(Participant& receiver, std::string_view packet);

  EventLoop& loop_;
  const Options& options_;
  std::deque<Room> rooms_;
  std::size_t connected_ = 0;
  std::size_t joined_ = 0;
  std::uint32_t reconvened_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t owed_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t to_be_acknowledged_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::vector<Nanoseconds> latencies_;
  std::vector<Nanoseconds> acknowledgement_latencies_;
  /// Where the last delivery's content was in its packet.
  std::size_t content_at_ = 0;
  Nanoseconds last_ping_ = Now();
};

}  // namespace parley::bench
