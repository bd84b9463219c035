#include "edge/engineio/payload.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <optional>

#include "edge/websocket/utf8.h"

namespace parley::engineio {
namespace {

constexpr char kSeparator = '\x1e';
constexpr char kBinaryLengthEnd = '\xff';
// More digits than the largest body needs; fewer than overflow.
constexpr std::size_t kMaxLengthDigits = 15;

std::string EncodeV4(const std::vector<websocket::SharedFrame>& frames) {
  std::string body;
  for (const websocket::SharedFrame& frame : frames) {
    if (&frame != &frames.front()) body += kSeparator;
    if (frame->binary()) {
      body += EncodeBase64(Protocol::kV4, *frame);
    } else {
      body += frame->payload();
    }
  }
  return body;
}

std::string EncodeV3Text(const std::vector<websocket::SharedFrame>& frames) {
  std::string body;
  for (const websocket::SharedFrame& frame : frames) {
    const std::string base64 = frame->binary() ? EncodeBase64(Protocol::kV3, *frame) : std::string();
    const std::string_view packet = frame->binary() ? base64 : frame->payload();
    body += std::to_string(websocket::Utf16Length(packet));
    body += ':';
    body += packet;
  }
  return body;
}

std::string EncodeV3Binary(const std::vector<websocket::SharedFrame>& frames) {
  std::string body;
  for (const websocket::SharedFrame& frame : frames) {
    body += frame->binary() ? '\x01' : '\x00';
    for (const char digit : std::to_string(frame->payload().size())) body += static_cast<char>(digit - '0');
    body += kBinaryLengthEnd;
    body += frame->payload();
  }
  return body;
}

/// Takes decimal digits and the `end` behind them off the front; each digit is `zero` or up to nine above it.
std::optional<std::size_t> TakeLength(std::string_view& body, char zero, char end) {
  std::size_t length = 0;
  std::size_t digits = 0;
  for (; digits < body.size() && body[digits] != end; ++digits) {
    const int digit = body[digits] - zero;
    if (digits == kMaxLengthDigits || digit < 0 || digit > 9) return std::nullopt;
    length = length * 10 + static_cast<std::size_t>(digit);
  }
  if (digits == 0 || digits == body.size()) return std::nullopt;
  body.remove_prefix(digits + 1);
  return length;
}

PayloadResult DecodeV4(std::string_view body, absl::FunctionRef<bool(const Packet&)> visit) {
  std::string storage;
  while (true) {
    const std::size_t end = body.find(kSeparator);
    const std::optional<Packet> packet = DecodeText(Protocol::kV4, body.substr(0, end), storage);
    if (!packet.has_value()) return PayloadResult::kMalformed;
    if (!visit(*packet)) return PayloadResult::kStopped;
    if (end == std::string_view::npos) return PayloadResult::kComplete;
    body.remove_prefix(end + 1);
  }
}

PayloadResult DecodeV3Text(std::string_view body, absl::FunctionRef<bool(const Packet&)> visit) {
  std::string storage;
  if (body.empty()) return PayloadResult::kMalformed;
  while (!body.empty()) {
    const std::optional<std::size_t> units = TakeLength(body, '0', ':');
    if (!units.has_value()) return PayloadResult::kMalformed;
    const std::size_t bytes = websocket::Utf16Prefix(body, *units);
    if (bytes == std::string_view::npos) return PayloadResult::kMalformed;
    if (bytes == 0) continue;
    const std::optional<Packet> packet = DecodeText(Protocol::kV3, body.substr(0, bytes), storage);
    if (!packet.has_value()) return PayloadResult::kMalformed;
    if (!visit(*packet)) return PayloadResult::kStopped;
    body.remove_prefix(bytes);
  }
  return PayloadResult::kComplete;
}

PayloadResult DecodeV3Binary(std::string_view body, absl::FunctionRef<bool(const Packet&)> visit) {
  std::string storage;
  if (body.empty()) return PayloadResult::kMalformed;
  while (!body.empty()) {
    const char kind = body.front();
    if (kind != '\x00' && kind != '\x01') return PayloadResult::kMalformed;
    body.remove_prefix(1);
    const std::optional<std::size_t> length = TakeLength(body, '\x00', kBinaryLengthEnd);
    if (!length.has_value() || *length > body.size()) return PayloadResult::kMalformed;
    const std::string_view content = body.substr(0, *length);
    if (kind == '\x00' && !websocket::IsValidUtf8(content)) return PayloadResult::kMalformed;
    const std::optional<Packet> packet =
        kind == '\x00' ? DecodeText(Protocol::kV3, content, storage) : DecodeBinary(Protocol::kV3, content);
    if (!packet.has_value()) return PayloadResult::kMalformed;
    if (!visit(*packet)) return PayloadResult::kStopped;
    body.remove_prefix(*length);
  }
  return PayloadResult::kComplete;
}

}  // namespace

std::string EncodeBase64(Protocol protocol, const websocket::Frame& frame) {
  const std::string_view bytes = protocol == Protocol::kV3 ? frame.payload().substr(1) : frame.payload();
  return (protocol == Protocol::kV3 ? "b4" : "b") +
         absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
}

Payload EncodePayload(Protocol protocol, bool base64, const std::vector<websocket::SharedFrame>& frames) {
  if (protocol == Protocol::kV4) return {EncodeV4(frames), false};
  const bool binary =
      !base64 && std::any_of(frames.begin(), frames.end(), [](const auto& frame) { return frame->binary(); });
  if (binary) return {EncodeV3Binary(frames), true};
  return {EncodeV3Text(frames), false};
}

PayloadResult DecodePayload(Protocol protocol, bool binary, std::string_view body,
                            absl::FunctionRef<bool(const Packet&)> visit) {
  if (binary) {
    return protocol == Protocol::kV3 ? DecodeV3Binary(body, visit) : PayloadResult::kMalformed;
  }
  if (!websocket::IsValidUtf8(body)) return PayloadResult::kMalformed;
  return protocol == Protocol::kV3 ? DecodeV3Text(body, visit) : DecodeV4(body, visit);
}

}  // namespace parley::engineio
