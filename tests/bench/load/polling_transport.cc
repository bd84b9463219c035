#include "tests/bench/load/polling_transport.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/text_scan.h"

namespace parley::bench {
namespace {

constexpr char kSeparator = '\x1e';

}  // namespace

PollingTransport::PollingTransport(EventLoop& loop, const Endpoint& endpoint, const Options& options,
                                   Transport::Listener& listener)
    : loop_(loop),
      endpoint_(endpoint),
      version_(options.version),
      sparing_(options.sparing),
      listener_(listener),
      path_("/socket.io/?EIO=" + std::to_string(options.version) + "&transport=polling"),
      receiver_(loop, endpoint, *this) {
  Poll();
}

void PollingTransport::Send(std::string_view packet) {
  if (version_ == 3) {
    // Lengths are of characters; ours are ASCII.
    unsent_.append(std::to_string(packet.size())).push_back(':');
  } else if (!unsent_.empty()) {
    unsent_.push_back(kSeparator);
  }
  unsent_.append(packet);
  if (!posting_) Post();
}

void PollingTransport::Poll() { receiver_.Get(path_); }

void PollingTransport::Post() {
  HttpClient::Listener& listener = *this;
  if (!sender_) sender_ = std::make_unique<HttpClient>(loop_, endpoint_, listener);
  posting_ = true;
  sender_->Post(path_, "text/plain;charset=UTF-8", unsent_);
  unsent_.clear();
}

void PollingTransport::OnResponse(HttpClient& client, int status, std::string_view body) {
  if (status != 200) throw Failure("a poll was refused: " + std::to_string(status) + " " + std::string(body));
  if (&client == sender_.get()) {
    posting_ = false;
    if (!unsent_.empty()) {
      Post();
    } else if (sparing_) {
      loop_.Retire(std::move(sender_));
    }
    return;
  }
  OnPayload(body);
  Poll();
}

void PollingTransport::OnHttpClosed(const std::string& reason) { listener_.OnTransportClosed(reason); }

void PollingTransport::OnPayload(std::string_view payload) {
  while (!payload.empty()) {
    std::size_t length = payload.find(kSeparator);
    std::size_t skipped = 1;
    if (version_ == 3) {
      const std::size_t colon = payload.find(':');
      std::from_chars(payload.data(), payload.data() + colon, length);
      payload.remove_prefix(colon + 1);
      skipped = 0;
    }
    const std::string_view packet = payload.substr(0, length);
    if (packet.starts_with('0')) path_.append("&sid=").append(FindText(packet, "\"sid\":\""));
    listener_.OnPacket(packet);
    payload.remove_prefix(std::min(payload.size(), packet.size() + skipped));
  }
}

}  // namespace parley::bench
