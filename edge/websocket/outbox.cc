#include "edge/websocket/outbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::websocket {

Outbox::Result Outbox::Push(SharedFrame frame) {
  if (shut_ || close_code_) return Result::kDropped;
  const std::size_t frame_size = frame->bytes().size();
  if (size() + frame_size > max_bytes_) return Result::kFull;
  if (stalled_ && !waiting_.MayGrow(frame_size + kFrameBytes)) return Result::kFull;
  bytes_ += frame_size;
  if (open_) {
    Append(std::move(frame));
  } else {
    early_.push_back(std::move(frame));
  }
  Account();
  return Result::kQueued;
}

void Outbox::PushHandshake(std::string bytes) {
  if (shut_) return;
  bytes_ += bytes.size();
  handshake_waits_ = true;
  Append(Frame::Raw(std::move(bytes)));
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
  Account();
  return Result::kQueued;
}

void Outbox::Open() {
  open_ = true;
  std::move(early_.begin(), early_.end(), std::back_inserter(frames_));
  early_ = {};
}

void Outbox::DropUnsent() {
  frames_.resize(head_ + (handshake_waits_ || head_offset_ > 0 ? 1 : 0));
  early_ = {};
  bytes_ = 0;
  for (std::size_t i = head_; i < frames_.size(); ++i) bytes_ += frames_[i]->bytes().size();
  bytes_ -= head_offset_;
  Account();
}

void Outbox::Shut() {
  shut_ = true;
  handshake_waits_ = false;
  frames_ = {};
  early_ = {};
  head_ = head_offset_ = bytes_ = 0;
  Account();
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
    handshake_waits_ = false;
  }
  constexpr std::size_t kKeptCapacity = 32;
  if (head_ == frames_.size()) {
    stalled_ = false;
    frames_.clear();
    head_ = 0;
    if (frames_.capacity() > kKeptCapacity) frames_.shrink_to_fit();
  } else if (head_ > kKeptCapacity && head_ > frames_.size() / 2) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  Account();
}

Outbox::Result Outbox::Stall() {
  const bool may_wait = stalled_ || waiting_.MayGrow(size());
  stalled_ = true;
  Account();
  return may_wait ? Result::kQueued : Result::kFull;
}

void Outbox::Append(SharedFrame frame) { frames_.push_back(std::move(frame)); }

}  // namespace parley::websocket
