#include "edge/websocket/outbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::websocket {
namespace {

constexpr unsigned char kCloseOpcode = 0x88;
constexpr std::uint16_t kNoCode = 1005;

/// The close code of a server's frame, nullopt if it is no close frame.
std::optional<std::uint16_t> CloseCodeOf(std::string_view frame) {
  if (frame.size() < 2 || static_cast<unsigned char>(frame[0]) != kCloseOpcode) return std::nullopt;
  if (frame.size() < 4) return kNoCode;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(frame[2]) << 8 |
                                    static_cast<unsigned char>(frame[3]));
}

}  // namespace

Outbox::Result Outbox::Push(SharedFrame frame) {
  if (shut_ || close_code_) return Result::kDropped;
  if (bytes_ + frame->bytes().size() > max_bytes_) return Result::kFull;
  bytes_ += frame->bytes().size();
  if (open_) {
    Append(std::move(frame));
  } else {
    early_.push_back(std::move(frame));
  }
  return Result::kQueued;
}

Outbox::Result Outbox::PushProtocol(std::string bytes) {
  if (shut_) return Result::kDropped;
  if (open_) {
    if (close_code_) return Result::kDropped;
    const std::optional<std::uint16_t> code = CloseCodeOf(bytes);
    // A close frame is taken whatever the limit: it is the last one.
    if (!code && bytes_ + bytes.size() > max_bytes_) return Result::kFull;
    close_code_ = code;
  }
  bytes_ += bytes.size();
  Append(Frame::Raw(std::move(bytes)));
  return Result::kQueued;
}

Outbox::Result Outbox::PushClose(std::uint16_t code, std::string_view reason) {
  if (shut_ || close_code_) return Result::kDropped;
  close_code_ = code;
  SharedFrame frame = Frame::Close(code, reason);
  bytes_ += frame->bytes().size();
  if (open_) {
    Append(std::move(frame));
  } else {
    early_.push_back(std::move(frame));
  }
  return Result::kQueued;
}

void Outbox::Open() {
  open_ = true;
  std::move(early_.begin(), early_.end(), std::back_inserter(frames_));
  early_ = {};
}

void Outbox::DropUnsent() {
  const std::size_t kept = head_ + (head_offset_ > 0 ? 1 : 0);
  // Before Open, what is in frames_ is the handshake, without which nothing else makes sense.
  if (open_) frames_.resize(kept);
  early_ = {};
  bytes_ = 0;
  for (std::size_t i = head_; i < frames_.size(); ++i) bytes_ += frames_[i]->bytes().size();
  bytes_ -= head_offset_;
}

void Outbox::Shut() {
  shut_ = true;
  frames_ = {};
  early_ = {};
  head_ = head_offset_ = bytes_ = 0;
}

std::size_t Outbox::Gather(std::span<boost::asio::const_buffer> buffers) const {
  const std::size_t count = std::min(buffers.size(), frames_.size() - head_);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view bytes = frames_[head_ + i]->bytes();
    buffers[i] = boost::asio::const_buffer(bytes.data(), bytes.size());
  }
  if (count > 0) buffers[0] += head_offset_;
  return count;
}

void Outbox::Consume(std::size_t size) {
  bytes_ -= size;
  head_offset_ += size;
  while (head_ < frames_.size() && head_offset_ >= frames_[head_]->bytes().size()) {
    head_offset_ -= frames_[head_]->bytes().size();
    frames_[head_].reset();
    ++head_;
  }
  constexpr std::size_t kKeptCapacity = 32;
  if (head_ == frames_.size()) {
    frames_.clear();
    head_ = 0;
    if (frames_.capacity() > kKeptCapacity) frames_.shrink_to_fit();
  } else if (head_ > kKeptCapacity && head_ > frames_.size() / 2) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void Outbox::Append(SharedFrame frame) { frames_.push_back(std::move(frame)); }

}  // namespace parley::websocket
