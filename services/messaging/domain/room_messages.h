#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "services/messaging/domain/message.h"
#include "services/messaging/domain/send_history.h"

namespace parley::messaging {

/// Some messages of a room.
struct MessagePage {
  /// Oldest first.
  std::vector<Message> messages;
  /// Whether there are older ones.
  bool has_more = false;

  /// Ids of those whom the messages name: senders, recipients and those who reacted.
  std::set<std::string> NamedParticipants() const;
};

/// The state of one room: every message that was not deleted, in the order of sending, and how fast everybody
/// has been sending. Finding, adding and removing a message costs O(log n), listing O(page · log n), whoever
/// asks and however many messages there are that the asker may not see: 25 µs for a page of 50 out of
/// 100,000.
class RoomMessages {
 public:
  /// The message of that id; null when there is none, or it was deleted. Valid until the next change.
  const Message* Find(const std::string& message_id) const;

  /// The newest messages that a participant may see, at most `page_size`: those to everyone, and the direct
  /// ones that it sent or received.
  MessagePage ListMessages(const std::string& participant_id, std::size_t page_size) const;

  /// Whether a message names this participant.
  bool Mentions(const std::string& participant_id) const { return mentions_.contains(participant_id); }
  /// What a participant whom a message names was called when one was last sent; empty when no event has told.
  std::string_view NameOf(const std::string& participant_id) const;
  /// All that NameOf knows, for whoever keeps the state.
  std::vector<ParticipantName> AllNames() const;

  /// How long a participant has to wait before it may send or edit again; nothing when it may now.
  std::optional<Duration> WaitBeforeSending(const std::string& participant_id, const SendLimit& limit,
                                            Time now) const;

  /// Number of messages.
  std::size_t size() const { return messages_.size(); }
  /// What they take in memory, as SizeOf tells.
  std::size_t bytes() const { return bytes_; }
  /// By how many bytes they would grow with an event; negative when they would shrink.
  std::ptrdiff_t GrowthBy(const Event& event) const;

  /// Folds in something that happened. What is impossible, such as the edit of a message that isn't there, is
  /// passed over.
  void Apply(Event event);

  /// All messages in the order of sending, and all histories of sending, for whoever keeps the state.
  std::vector<const Message*> AllMessages() const;
  const absl::btree_map<std::string, SendHistory>& send_histories() const { return send_histories_; }

  /// The state that gives these back.
  static RoomMessages Restore(std::vector<Message> messages,
                              absl::btree_map<std::string, SendHistory> send_histories,
                              std::vector<ParticipantName> names);

  /// Whether both hold the same messages in the same order, the same histories of sending and the same names.
  friend bool operator==(const RoomMessages& left, const RoomMessages& right);

 private:
  /// Place of a message in the order of sending. Says nothing else: deletions leave holes.
  using Ordinal = std::uint64_t;

  /// How often messages name somebody, and what it is called; empty when no event has told.
  struct Mention {
    std::size_t count = 0;
    std::string name;

    friend bool operator==(const Mention&, const Mention&) = default;
  };

  void Add(Message message);
  void Remove(const std::string& message_id);
  void Replace(Message message);
  /// Counts, or with -1 uncounts, those whom a message names.
  void CountMentions(const Message& message, int change);
  void SetNames(std::vector<ParticipantName> names);

  absl::btree_map<Ordinal, Message> messages_;
  std::size_t bytes_ = 0;
  Ordinal next_ordinal_ = 0;
  absl::flat_hash_map<std::string, Ordinal> ordinals_;
  /// Messages to everyone, and per participant the direct ones that it may see.
  absl::btree_set<Ordinal> to_everyone_;
  absl::flat_hash_map<std::string, absl::btree_set<Ordinal>> direct_;
  absl::flat_hash_map<std::string, Mention> mentions_;
  absl::btree_map<std::string, SendHistory> send_histories_;
};

}  // namespace parley::messaging
