#include "tests/edge/engineio/echo_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "edge/engineio/session.h"

namespace parley::engineio {
namespace {

class EchoHandler final : public Handler {
 public:
  EchoHandler(Session& session, HandlerLog& log) : session_(session), log_(log) {}

  void OnOpen() override {}

  void OnMessage(std::string_view text) override {
    if (text == "close") {
      session_.Close();
    } else if (text.starts_with("many ")) {
      const int count = std::stoi(std::string(text.substr(5)));
      for (int i = 0; i < count; ++i) session_.Send(Message::Text(std::to_string(i)));
    } else if (text.starts_with("fill ")) {
      session_.Send(Message::Text(std::string(std::stoul(std::string(text.substr(5))), 'x')));
    } else {
      session_.Send(Message::Text(text));
    }
  }

  void OnBinary(std::string_view bytes) override { session_.Send(Message::Binary(bytes)); }

  void OnClose(CloseReason reason) override { log_.Add(std::string(ToString(reason))); }

 private:
  Session& session_;
  HandlerLog& log_;
};

}  // namespace

void HandlerLog::Add(std::string line) {
  // Who waits may destroy this as soon as it has the line, so it is woken under the lock.
  std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  added_.notify_one();
}

std::string HandlerLog::Next() {
  std::unique_lock lock(mutex_);
  if (!added_.wait_for(lock, std::chrono::seconds(30), [this] { return !lines_.empty(); })) {
    ADD_FAILURE() << "what was waited for did not happen";
    return "";
  }
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

class EchoServer::Factory final : public HandlerFactory {
 public:
  explicit Factory(HandlerLog& log) : log_(log) {}

  std::shared_ptr<Handler> CreateHandler(Session& session, std::string_view /*query*/) override {
    return std::make_shared<EchoHandler>(session, log_);
  }

 private:
  HandlerLog& log_;
};

EchoServer::EchoServer(Options options, std::size_t workers)
    : pool_(workers),
      factory_(std::make_unique<Factory>(log_)),
      engine_(pool_, *factory_, std::move(options)),
      http_(pool_, server::Limits(), engine_) {
  pool_.Start();
  port_ = http_.Listen("127.0.0.1", 0);
}

EchoServer::~EchoServer() {
  http_.Close();
  pool_.Stop();
}

PollingClient::PollingClient(std::uint16_t port, std::string query)
    : port_(port),
      query_(std::move(query)),
      polls_(std::make_unique<server::LoopbackClient>(port)),
      posts_(std::make_unique<server::LoopbackClient>(port)) {}

std::string PollingClient::Target() const {
  return "/socket.io/?" + query_ + (sid_.empty() ? "" : "&sid=" + sid_);
}

std::string PollingClient::Handshake() {
  std::string body = Poll().body();
  sid_ = SidIn(body);
  return body;
}

void PollingClient::BeginPoll() {
  polls_->Send("GET " + Target() + " HTTP/1.1\r\nHost: x\r\n" + poll_headers_ + "\r\n");
}

server::Response PollingClient::EndPoll() { return polls_->ReadResponse(); }

server::Response PollingClient::Poll() {
  BeginPoll();
  return EndPoll();
}

server::Response PollingClient::Post(std::string_view body, std::string_view content_type) {
  posts_->Send("POST " + Target() + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + std::string(content_type) +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  return posts_->ReadResponse();
}

std::string SidIn(std::string_view open_packet) {
  // In JSONP the quotes are escaped.
  constexpr std::string_view kKey = "sid";
  const std::size_t key = open_packet.find(kKey);
  if (key == std::string_view::npos) {
    ADD_FAILURE() << "no open packet: " << open_packet;
    return "";
  }
  const std::size_t begin = open_packet.find_first_not_of("\\\":", key + kKey.size());
  return std::string(open_packet.substr(begin, open_packet.find_first_of("\\\"", begin) - begin));
}

}  // namespace parley::engineio
