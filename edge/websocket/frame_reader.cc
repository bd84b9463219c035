#include "edge/websocket/frame_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "edge/websocket/utf8.h"

namespace parley::websocket {
namespace {

constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kText = 1;
constexpr std::uint8_t kBinary = 2;
constexpr std::uint8_t kClose = 8;
constexpr std::uint8_t kPing = 9;
constexpr std::uint8_t kPong = 10;

constexpr unsigned char kFinalBit = 0x80;
constexpr unsigned char kCompressedBit = 0x40;
constexpr unsigned char kReservedBits = 0x70;
constexpr unsigned char kMaskedBit = 0x80;
constexpr std::uint64_t kMaxControlPayload = 125;

constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kNoText = 1007;
constexpr std::uint16_t kTooBig = 1009;

/// How many bytes give the length, besides the second.
std::size_t LengthBytes(unsigned char second) {
  const int length = second & ~kMaskedBit;
  if (length == 126) return 2;
  return length == 127 ? 8 : 0;
}

std::size_t HeaderBytes(unsigned char second) {
  return 2 + LengthBytes(second) + ((second & kMaskedBit) != 0 ? 4 : 0);
}

std::uint64_t BigEndian(std::span<const unsigned char> bytes) {
  std::uint64_t number = 0;
  for (const unsigned char byte : bytes) number = number << 8 | byte;
  return number;
}

void Unmask(std::span<char> bytes, std::array<unsigned char, 4>& mask) {
  std::uint64_t wide = 0;
  std::memcpy(&wide, mask.data(), mask.size());
  std::memcpy(reinterpret_cast<char*>(&wide) + mask.size(), mask.data(), mask.size());
  std::size_t i = 0;
  for (; i + sizeof wide <= bytes.size(); i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    word ^= wide;
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  for (std::size_t rest = i; rest < bytes.size(); ++rest) {
    bytes[rest] = static_cast<char>(bytes[rest] ^ static_cast<char>(mask[rest % mask.size()]));
  }
  std::rotate(mask.begin(), mask.begin() + static_cast<std::ptrdiff_t>(bytes.size() % mask.size()),
              mask.end());
}

/// Whether a close frame may name it (RFC 6455, 7.4): not what is kept for what no frame says.
bool MayBeSent(std::uint16_t code) {
  if (code < 1000 || code == 1004 || code == kNoCloseCode || code == 1006) return false;
  return code <= 1013 || (code >= 3000 && code < 5000);
}

}  // namespace

std::optional<Violation> FrameReader::Read(std::span<char> bytes, Sink& sink) {
  Step step = Step::kGoesOn;
  while (step == Step::kGoesOn) step = in_payload_ ? ReadPayload(bytes, sink) : ReadHeader(bytes);
  return violation_;
}

FrameReader::Step FrameReader::ReadHeader(std::span<char>& bytes) {
  for (;;) {
    const std::size_t wanted = header_size_ < 2 ? 2 : HeaderBytes(header_[1]);
    const std::size_t taken = std::min(wanted - header_size_, bytes.size());
    std::memcpy(header_.data() + header_size_, bytes.data(), taken);
    header_size_ = static_cast<std::uint8_t>(header_size_ + taken);
    bytes = bytes.subspan(taken);
    if (header_size_ < wanted) return Step::kNeedsMore;
    if (header_size_ == HeaderBytes(header_[1])) break;
  }
  violation_ = CheckHeader();
  if (violation_) return Step::kStops;
  header_size_ = 0;
  in_payload_ = true;
  return Step::kGoesOn;
}

std::optional<Violation> FrameReader::CheckHeader() {
  final_ = (header_[0] & kFinalBit) != 0;
  opcode_ = header_[0] & 0x0f;
  const std::size_t length_bytes = LengthBytes(header_[1]);
  payload_left_ =
      length_bytes == 0 ? header_[1] & ~kMaskedBit : BigEndian(std::span(header_).subspan(2, length_bytes));
  const bool begins_message = opcode_ == kText || opcode_ == kBinary;
  const unsigned char allowed_bits = inflates_ && begins_message ? kCompressedBit : 0;
  if ((header_[0] & kReservedBits & ~allowed_bits) != 0)
    return Violation{kProtocolError, "reserved bits are set"};
  if (opcode_ > kPong || (opcode_ > kBinary && opcode_ < kClose)) {
    return Violation{kProtocolError, "the opcode is reserved"};
  }
  if ((header_[1] & kMaskedBit) == 0) return Violation{kProtocolError, "the frame is not masked"};
  const std::uint64_t least = length_bytes == 8 ? 0x10000 : length_bytes == 2 ? kMaxControlPayload + 1 : 0;
  if (payload_left_ < least || payload_left_ >> 63 != 0) {
    return Violation{kProtocolError, "the length is not in its only form"};
  }
  std::copy_n(header_.begin() + 2 + static_cast<std::ptrdiff_t>(length_bytes), mask_.size(), mask_.begin());

  if (control()) {
    if (!final_ || payload_left_ > kMaxControlPayload) {
      return Violation{kProtocolError, "a control frame is in pieces, or too long"};
    }
    return std::nullopt;
  }
  if (begins_message == (message_opcode_ != 0)) {
    return Violation{kProtocolError, "a message begins within another, or goes on without having begun"};
  }
  if (begins_message) {
    message_opcode_ = opcode_;
    compressed_ = (header_[0] & kCompressedBit) != 0;
  }
  if (payload_left_ > max_message_bytes_ - message_.size()) {
    return Violation{kTooBig, "the message is too big"};
  }
  return std::nullopt;
}

FrameReader::Step FrameReader::ReadPayload(std::span<char>& bytes, Sink& sink) {
  const std::span<char> taken = bytes.first(std::min<std::uint64_t>(payload_left_, bytes.size()));
  bytes = bytes.subspan(taken.size());
  payload_left_ -= taken.size();
  Unmask(taken, mask_);
  std::string_view payload(taken.data(), taken.size());
  std::string& before = control() ? control_payload_ : message_;
  // What has come at once is not copied.
  const bool ends = payload_left_ == 0 && (control() || final_);
  if (!before.empty() || !ends) payload = before.append(payload);
  if (payload_left_ > 0) return Step::kNeedsMore;
  in_payload_ = false;
  if (control()) return EndControlFrame(payload, sink);
  return final_ ? EndMessage(payload, sink) : Step::kGoesOn;
}

FrameReader::Step FrameReader::EndControlFrame(std::string_view payload, Sink& sink) {
  const std::string kept = std::exchange(control_payload_, {});
  if (!kept.empty()) payload = kept;
  if (opcode_ == kPong) return Step::kGoesOn;
  if (opcode_ == kPing) return sink.OnPing(payload) ? Step::kGoesOn : Step::kStops;
  if (payload.empty()) {
    sink.OnClose(kNoCloseCode, {});
    return Step::kStops;
  }
  if (payload.size() < 2) return Fail(kProtocolError, "a close frame with half a code");
  const auto* bytes = reinterpret_cast<const unsigned char*>(payload.data());
  const auto code = static_cast<std::uint16_t>(BigEndian(std::span(bytes, 2)));
  const std::string_view reason = payload.substr(2);
  if (!MayBeSent(code)) return Fail(kProtocolError, "a close frame with a code that no frame may name");
  if (!IsValidUtf8(reason)) return Fail(kProtocolError, "a close frame with a reason that is no text");
  sink.OnClose(code, reason);
  return Step::kStops;
}

FrameReader::Step FrameReader::EndMessage(std::string_view payload, Sink& sink) {
  const bool binary = std::exchange(message_opcode_, kContinuation) == kBinary;
  const std::string kept = std::exchange(message_, {});
  if (!kept.empty()) payload = kept;
  std::string inflated;
  if (compressed_) {
    if (inflater_ == nullptr) inflater_ = std::make_unique<Inflater>();
    switch (inflater_->Inflate(payload, max_message_bytes_, inflated)) {
      case Inflater::Result::kTooBig:
        return Fail(kTooBig, "the message is too big");
      case Inflater::Result::kInvalid:
        return Fail(kNoText, "the message is not compressed as agreed");
      case Inflater::Result::kInflated:
        payload = inflated;
    }
  }
  if (!binary && !IsValidUtf8(payload)) return Fail(kNoText, "a text message that is no text");
  return sink.OnMessage(payload, binary) ? Step::kGoesOn : Step::kStops;
}

FrameReader::Step FrameReader::Fail(std::uint16_t code, std::string_view text) {
  violation_ = Violation{code, text};
  return Step::kStops;
}

}  // namespace parley::websocket
