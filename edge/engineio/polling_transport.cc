#include "edge/engineio/polling_transport.h"

#include <utility>

#include "edge/engineio/answers.h"
#include "edge/engineio/compression.h"
#include "edge/engineio/jsonp.h"

namespace parley::engineio {
namespace {

namespace http = server::http;

constexpr std::string_view kText = "text/plain; charset=UTF-8";
constexpr std::string_view kOctets = "application/octet-stream";

}  // namespace

PollingTransport::PollingTransport(Protocol protocol, bool base64, std::optional<std::string> jsonp,
                                   bool compress, const Cors& cors)
    : protocol_(protocol),
      base64_(base64 || jsonp.has_value()),
      jsonp_(std::move(jsonp)),
      compress_(compress),
      cors_(cors) {}

void PollingTransport::Park(std::shared_ptr<server::Exchange> poll, std::function<void()> on_aborted) {
  poll_ = std::move(poll);
  poll_->OnAborted(std::move(on_aborted));
}

void PollingTransport::Answer(const std::vector<websocket::SharedFrame>& frames,
                              std::string_view set_cookie) {
  const std::shared_ptr<server::Exchange> poll = std::exchange(poll_, nullptr);
  Payload payload = EncodePayload(protocol_, base64_, frames);
  if (jsonp_.has_value()) payload.body = WrapJsonp(*jsonp_, payload.body);
  server::Response response = MakeAnswer(payload.binary ? kOctets : kText, std::move(payload.body));
  if (compress_) CompressAnswer(poll->request(), response);
  if (!set_cookie.empty()) response.set(http::field::set_cookie, set_cookie);
  cors_.Apply(poll->request(), response);
  poll->Respond(std::move(response));
}

PayloadResult PollingTransport::Decode(const server::Request& request,
                                       absl::FunctionRef<bool(const Packet&)> visit) const {
  if (jsonp_.has_value()) {
    const std::optional<std::string> data = UnwrapJsonp(request.body());
    return data.has_value() ? DecodePayload(protocol_, false, *data, visit) : PayloadResult::kMalformed;
  }
  return DecodePayload(protocol_, request[http::field::content_type] == kOctets, request.body(), visit);
}

void PollingTransport::Acknowledge(server::Exchange& post) const {
  // Not text/plain, which some browsers offer for download.
  server::Response response = MakeAnswer("text/html", "ok");
  cors_.Apply(post.request(), response);
  post.Respond(std::move(response));
}

void PollingTransport::Refuse(server::Exchange& exchange) const {
  server::Response response = MakeError(ErrorCode::kBadRequest, false);
  cors_.Apply(exchange.request(), response);
  exchange.Respond(std::move(response));
}

}  // namespace parley::engineio
