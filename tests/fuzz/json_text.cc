// JSON as it is looked at before it is parsed, and as REST parses it. The input is the text.

#include "edge/translate/json_text.h"

#include <string>

#include "edge/socketio/json_scan.h"
#include "edge/websocket/utf8.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/json_depth.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using nlohmann::json;
using socketio::Defect;

constexpr std::size_t kMaxDepth = 4;
// No parser's tree may be as deep as a stack; ours is never asked for one.
constexpr std::size_t kMaxInput = 4096;

json Parse(std::string_view text) {
  // To the parser alone it is the end of the text.
  if (text.find('\0') != std::string_view::npos) return json(json::value_t::discarded);
  return json::parse(text, nullptr, /*allow_exceptions=*/false);
}

void CheckScan(std::string_view text, const json& parsed) {
  const socketio::JsonScan scan = socketio::ScanJson(text, kMaxDepth);
  if (parsed.is_discarded()) return;
  Require((scan.defect == Defect::kTooDeep) == (DepthOf(parsed) > kMaxDepth), "the scan measures the depth");
  Require(scan.defect != Defect::kLoneSurrogate, "what the parser takes has no half of a surrogate pair");
  if (text.starts_with('[') && !parsed.empty()) {
    Require(Parse(text.substr(1, scan.first_element_end - 1)) == parsed.front(),
            "the scan finds the first element's end");
  }
}

void CheckParse(std::string_view text, const json& parsed) {
  const auto taken = edge::ParseJson(text, kMaxDepth);
  const bool fit = !parsed.is_discarded() && DepthOf(parsed) <= kMaxDepth;
  Require(taken.ok() == fit, "what is JSON and not too deep is taken, and nothing else");
  if (!taken.ok()) return;
  Require(*taken == parsed, "it is taken as it is");
  Require(Parse(taken->dump()) == parsed, "it can be written again");
}

void Check(std::string_view text) {
  const json parsed = Parse(text);
  CheckParse(text, parsed);
  if (websocket::IsValidUtf8(text)) CheckScan(text, parsed);
}

}  // namespace
}  // namespace parley::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= parley::fuzz::kMaxInput) parley::fuzz::Check(parley::fuzz::AsText(data, size));
  return 0;
}
