#include "edge/engineio/compression.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/types/span.h>
#include <zlib.h>

#include <new>
#include <vector>

namespace parley::engineio {

namespace http = server::http;

namespace {

// The reference's threshold: what fits into one network packet gains nothing.
constexpr std::size_t kThreshold = 1024;
// What else there is on the worker waits meanwhile, and the higher levels take several times as long to save
// a little more.
constexpr int kLevel = Z_BEST_SPEED;

constexpr int kWindowBits = 15;
constexpr int kGzipWrapper = 16;  // added to the window's bits; without it zlib's own wrapper is "deflate"
constexpr int kMemoryLevel = 8;

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
  z_stream stream{};
  const int window_bits = coding == Coding::kGzip ? kWindowBits + kGzipWrapper : kWindowBits;
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, window_bits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  // No longer than the text, so that there is no more to do when it doesn't fit.
  std::string compressed(text.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const bool fits = deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out > 0;
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  if (!fits) return std::nullopt;
  return compressed;
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
