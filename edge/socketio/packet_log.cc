#include "edge/socketio/packet_log.h"

#include <utility>

namespace parley::socketio {
namespace {

// What a packet costs besides its bytes, so that a cap in bytes also bounds how many there are.
constexpr std::size_t kPacketOverhead = 64;

}  // namespace

std::size_t PacketLog::SizeOf(const Kept& kept) {
  std::size_t size = kPacketOverhead + kept.bookmark.size();
  for (const engineio::Message& message : kept.packet->messages()) {
    size += message.frame(engineio::Protocol::kV4)->payload().size();
  }
  return size;
}

std::uint64_t PacketLog::Append(SharedEvent packet, bool numbered, std::string bookmark,
                                Clock::time_point now) {
  kept_.push_back({std::move(packet), now, numbered, std::move(bookmark)});
  bytes_ += SizeOf(kept_.back());
  const std::uint64_t number = first_ + kept_.size() - 1;
  while (!kept_.empty() && (bytes_ > max_bytes_ || kept_.front().time < now - max_age_)) DropFirst();
  return number;
}

void PacketLog::DropFirst() {
  bytes_ -= SizeOf(kept_.front());
  kept_.pop_front();
  ++first_;
}

std::optional<std::vector<PacketLog::Entry>> PacketLog::After(std::uint64_t number) const {
  const std::uint64_t last = first_ + kept_.size() - 1;
  if (number + 1 < first_ || number > last) return std::nullopt;
  std::vector<Entry> entries;
  entries.reserve(last - number);
  for (std::uint64_t n = number + 1; n <= last; ++n) {
    const Kept& kept = kept_[n - first_];
    entries.push_back({n, kept.packet, kept.numbered, kept.bookmark});
  }
  return entries;
}

}  // namespace parley::socketio
