#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::bench {

/// What was wrong with deliveries.
struct DeliveryFaults {
  std::uint64_t missing = 0;
  std::uint64_t repeated = 0;
  /// Later than a message that the same participant has sent afterwards.
  std::uint64_t reordered = 0;
  /// At another place in the room's order than where another participant has seen it.
  std::uint64_t disordered = 0;
  /// The first fault, for people.
  std::string example;

  bool Any() const { return missing + repeated + reordered + disordered > 0; }
  void Add(const DeliveryFaults& other);
};

/// Holds what the participants of one room are delivered against what was sent there: everybody gets each
/// message of the others once, in its sender's order. If participant 0 sends nothing, what it gets is the
/// room's order, and the others must get the same, without their own messages.
class DeliveryCheck {
 public:
  DeliveryCheck(std::uint32_t room, std::size_t participants);

  /// Returns the message's sequence.
  std::uint32_t OnSent(std::uint32_t sender);
  void OnDelivered(std::uint32_t receiver, std::uint32_t sender, std::uint32_t sequence);

  /// Counts what hasn't arrived. To be called once, at the end.
  DeliveryFaults Finish();

 private:
  using Message = std::pair<std::uint32_t, std::uint32_t>;

  struct Receiver {
    /// The next sequence of each sender.
    std::vector<std::uint32_t> expected;
    /// What was passed over, by sender and sequence.
    std::set<Message> skipped;
    /// What was given before the room's order was known so far, how many of it were compared since then, and
    /// how far in the room's order the comparison is.
    std::vector<Message> ahead;
    std::size_t compared = 0;
    std::size_t place = 0;
    bool disordered = false;
  };

  /// False: the room's order isn't known so far.
  bool Compare(std::uint32_t number, const Message& message);
  void CompareAhead(std::uint32_t number);
  void Report(std::uint64_t& count, const char* what, std::uint32_t receiver, const Message& message);

  std::uint32_t room_;
  std::vector<std::uint32_t> sent_;
  std::vector<Receiver> receivers_;
  /// As participant 0 was told.
  std::vector<Message> order_;
  DeliveryFaults faults_;
};

}  // namespace parley::bench
