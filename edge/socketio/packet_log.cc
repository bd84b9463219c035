#include "edge/socketio/packet_log.h"

#include <algorithm>
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
  const std::uint64_t number = first_ + kept_.size() - 1;
  const std::size_t size = SizeOf(kept_.back());
  const std::size_t most =
      bytes_.MayKeep(size) ? max_bytes_ : std::min(max_bytes_, limits::QueueBudget::kShortQueue);
  std::size_t bytes = bytes_.get() + size;
  while (!kept_.empty() && kept_.front().time < now - max_age_) bytes -= DropFirst();
  while (bytes > most) bytes -= DropFirst();
  bytes_.Set(bytes);
  return number;
}

std::size_t PacketLog::DropFirst() {
  const std::size_t size = SizeOf(kept_.front());
  kept_.pop_front();
  ++first_;
  return size;
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
