#include "tests/bench/load/delivery_check.h"

namespace parley::bench {

void DeliveryFaults::Add(const DeliveryFaults& other) {
  missing += other.missing;
  repeated += other.repeated;
  reordered += other.reordered;
  disordered += other.disordered;
  if (example.empty()) example = other.example;
}

DeliveryCheck::DeliveryCheck(std::uint32_t room, std::size_t participants)
    : room_(room), sent_(participants), receivers_(participants) {
  for (Receiver& receiver : receivers_) receiver.expected.resize(participants);
}

std::uint32_t DeliveryCheck::OnSent(std::uint32_t sender) { return sent_[sender]++; }

void DeliveryCheck::OnDelivered(std::uint32_t number, std::uint32_t sender, std::uint32_t sequence) {
  Receiver& receiver = receivers_[number];
  const Message message{sender, sequence};
  if (sender >= sent_.size() || sequence >= sent_[sender] || sender == number) {
    return Report(faults_.repeated, "was given what nobody else had sent it", number, message);
  }
  std::uint32_t& expected = receiver.expected[sender];
  if (sequence < expected) {
    const bool late = receiver.skipped.erase(message) > 0;
    if (!late) return Report(faults_.repeated, "was given once more", number, message);
    Report(faults_.reordered, "was given too late", number, message);
  } else {
    for (; expected < sequence; ++expected) receiver.skipped.emplace(sender, expected);
    ++expected;
  }
  if (number == 0) return order_.push_back(message);
  if (sent_[0] > 0) return;
  CompareAhead(number);
  if (!receiver.ahead.empty() || !Compare(number, message)) receiver.ahead.push_back(message);
}

bool DeliveryCheck::Compare(std::uint32_t number, const Message& message) {
  Receiver& receiver = receivers_[number];
  if (receiver.disordered) return true;
  while (receiver.place < order_.size() && order_[receiver.place].first == number) ++receiver.place;
  if (receiver.place == order_.size()) return false;
  if (message != order_[receiver.place]) {
    // What follows is out of step for the same reason.
    receiver.disordered = true;
    Report(faults_.disordered, "was given at another place than participant 0 was", number, message);
  }
  ++receiver.place;
  return true;
}

void DeliveryCheck::CompareAhead(std::uint32_t number) {
  Receiver& receiver = receivers_[number];
  for (; receiver.compared < receiver.ahead.size(); ++receiver.compared) {
    if (!Compare(number, receiver.ahead[receiver.compared])) return;
  }
  receiver.ahead.clear();
  receiver.compared = 0;
}

DeliveryFaults DeliveryCheck::Finish() {
  for (std::uint32_t number = 0; number < receivers_.size(); ++number) {
    const Receiver& receiver = receivers_[number];
    for (const Message& message : receiver.skipped) Report(faults_.missing, "was not given", number, message);
    for (std::uint32_t sender = 0; sender < sent_.size(); ++sender) {
      if (sender == number) continue;
      for (std::uint32_t sequence = receiver.expected[sender]; sequence < sent_[sender]; ++sequence) {
        Report(faults_.missing, "was not given", number, {sender, sequence});
      }
    }
    if (sent_[0] == 0) CompareAhead(number);
  }
  return faults_;
}

void DeliveryCheck::Report(std::uint64_t& count, const char* what, std::uint32_t receiver,
                           const Message& message) {
  ++count;
  if (!faults_.example.empty()) return;
  faults_.example = "in room " + std::to_string(room_) + ", participant " + std::to_string(receiver) + " " +
                    what + " message " + std::to_string(message.second) + " of participant " +
                    std::to_string(message.first);
}

}  // namespace parley::bench
