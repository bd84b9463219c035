// What a client sends after the handshake. The input's first byte says whether permessage-deflate was agreed
// on (its lowest bit), its second in pieces of how many bytes the rest arrives.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "edge/websocket/frame_reader.h"
#include "edge/websocket/utf8.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using websocket::FrameReader;

constexpr std::size_t kMaxMessage = 1'000;
constexpr std::size_t kMaxControlPayload = 125;

class Sink final : public FrameReader::Sink {
 public:
  bool OnMessage(std::string_view payload, bool binary) override {
    Require(!closed_, "nothing is read after a close frame");
    Require(payload.size() <= kMaxMessage, "no message is larger than the limit");
    Require(binary || websocket::IsValidUtf8(payload), "what is given out as text is text");
    Note(binary ? 'b' : 't', payload);
    return true;
  }

  bool OnPing(std::string_view payload) override {
    Require(!closed_, "nothing is read after a close frame");
    Require(payload.size() <= kMaxControlPayload, "a ping can be answered in kind");
    Note('p', payload);
    return true;
  }

  void OnClose(std::uint16_t code, std::string_view reason) override {
    Require(!closed_, "a connection is closed once");
    Require(code >= 1000 && code != 1006, "a code that may be on the wire, or 1005 for none");
    Require(websocket::IsValidUtf8(reason), "a reason is text");
    closed_ = true;
    Note('c', reason);
  }

  bool closed() const { return closed_; }
  const std::string& notes() const { return notes_; }

 private:
  void Note(char kind, std::string_view payload) {
    notes_ += kind;
    notes_ += std::to_string(payload.size());
    notes_ += ' ';
    notes_ += payload;
  }

  bool closed_ = false;
  std::string notes_;
};

/// What comes of it, as text.
std::string Read(std::string bytes, bool inflates, std::size_t step) {
  FrameReader reader(kMaxMessage, inflates);
  Sink sink;
  for (std::size_t i = 0; i < bytes.size() && !sink.closed(); i += step) {
    const auto violation = reader.Read(std::span(bytes).subspan(i, std::min(step, bytes.size() - i)), sink);
    if (!violation) continue;
    Require(!sink.closed(), "who has closed breaks nothing any more");
    Require(violation->code == 1002 || violation->code == 1007 || violation->code == 1009,
            "a violation has the code of one");
    return sink.notes() + "!" + std::to_string(violation->code);
  }
  return sink.notes();
}

void Check(std::string_view input) {
  if (input.size() < 3) return;
  const bool inflates = (input[0] & 1) != 0;
  const auto step = static_cast<std::size_t>(static_cast<unsigned char>(input[1])) + 1;
  const std::string bytes(input.substr(2));
  Require(Read(bytes, inflates, bytes.size()) == Read(bytes, inflates, step),
          "it doesn't matter in which pieces bytes arrive");
}

}  // namespace
}  // namespace parley::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parley::fuzz::Check(parley::fuzz::AsText(data, size));
  return 0;
}
