#include "edge/engineio/compression.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/types/span.h>

#include <vector>

#include "edge/websocket/deflate.h"

namespace parley::engineio {

namespace http = server::http;

namespace {

// The reference's threshold: what fits into one network packet gains nothing.
constexpr std::size_t kThreshold = 1024;

/// The weight among the parameters of a coding, from 0 (not at all) to 1; nullopt: it can't be told.
std::optional<double> WeightOf(const std::vector<absl::string_view>& parts) {
  for (absl::string_view part : absl::MakeSpan(parts).subspan(1)) {
    part = absl::StripAsciiWhitespace(part);
    if (!absl::StartsWithIgnoreCase(part, "q=")) continue;
    double weight = 0;
    if (!absl::SimpleAtod(part.substr(2), &weight)) return std::nullopt;
    return weight >= 0 && weight <= 1 ? std::optional(weight) : std::nullopt;
  }
  return 1;
}

/// What a client says of one coding.
struct Wish {
  double weight = 0;
  int place = -1;  // in the header; -1: it isn't mentioned
};

}  // namespace

Coding ChooseCoding(std::string_view accept_encoding) {
  Wish gzip, deflate, identity, any;
  int place = 0;
  const absl::string_view header(accept_encoding.data(), accept_encoding.size());
  for (const absl::string_view element : absl::StrSplit(header, ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(element, ';');
    const std::optional<double> weight = WeightOf(parts);
    const std::string coding = absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts.front()));
    Wish* const wish = coding == "gzip"       ? &gzip
                       : coding == "deflate"  ? &deflate
                       : coding == "identity" ? &identity
                       : coding == "*"        ? &any
                                              : nullptr;
    if (wish != nullptr && weight.has_value()) *wish = {*weight, place++};
  }
  // The asterisk stands for what isn't mentioned.
  for (Wish* const wish : {&gzip, &deflate}) {
    if (wish->place < 0) *wish = any;
  }
  const bool deflate_first =
      deflate.weight > gzip.weight || (deflate.weight == gzip.weight && deflate.place < gzip.place);
  const Wish& best = deflate_first ? deflate : gzip;
  if (best.weight == 0 || best.weight < identity.weight) return Coding::kIdentity;
  return deflate_first ? Coding::kDeflate : Coding::kGzip;
}

std::optional<std::string> Compress(Coding coding, std::string_view text) {
  using websocket::DeflateFormat;
  return websocket::Deflate(coding == Coding::kGzip ? DeflateFormat::kGzip : DeflateFormat::kZlib, text);
}

void CompressAnswer(const server::Request& request, server::Response& answer) {
  if (answer.body().size() < kThreshold) return;
  std::string accepted;
  const auto [begin, end] = request.equal_range(http::field::accept_encoding);
  for (auto field = begin; field != end; ++field) {
    if (!accepted.empty()) accepted += ',';
    accepted += field->value();
  }
  const Coding coding = ChooseCoding(accepted);
  if (coding == Coding::kIdentity) return;
  std::optional<std::string> compressed = Compress(coding, answer.body());
  if (!compressed.has_value()) return;
  answer.body() = *std::move(compressed);
  answer.set(http::field::content_encoding, coding == Coding::kGzip ? "gzip" : "deflate");
}

}  // namespace parley::engineio
