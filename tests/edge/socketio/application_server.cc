#include "tests/edge/socketio/application_server.h"

#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "edge/socketio/socket.h"

namespace parley::socketio {

using nlohmann::json;

class ApplicationServer::App final : public Application {
 public:
  explicit App(engineio::HandlerLog& log) : log_(log) {}

  std::shared_ptr<SocketHandler> OnConnect(std::shared_ptr<Socket> socket, const json& auth) override {
    log_.Add("connect " + auth.dump());
    if (auth.contains("unwelcome")) socket->Disconnect(true);
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    return std::make_shared<Client>(*this, std::move(socket));
  }

 private:
  class Client final : public SocketHandler {
   public:
    Client(App& app, std::shared_ptr<Socket> socket) : app_(app), socket_(std::move(socket)) {}

    void OnEvent(Event event) override {
      if (event.name == "echo") {
        socket_->Emit("echo", event.args);
      } else if (event.name == "answer") {
        event.ack(event.args);
        event.ack(json::array({"again"}));
      } else if (event.name == "answer-later") {
        later_ = std::move(event.ack);
      } else if (event.name == "now") {
        later_(json::array({"later"}));
      } else if (event.name == "answer-at-broadcast") {
        app_.AwaitBroadcast(socket_, std::move(event.ack));
      } else if (event.name == "ask") {
        socket_->EmitWithAck("question", event.args,
                             [socket = socket_](const json& args) { socket->Emit("answered", args); });
      } else if (event.name == "broadcast") {
        app_.Broadcast(EncodeEvent("news", event.args));
      } else if (event.name == "bye") {
        socket_->Disconnect(event.args.at(0));
        if (later_) later_(json::array({"too late"}));
        socket_->Emit("too late");
      } else if (event.name == "close") {
        socket_->CloseConnection();
        app_.log_.Add("closed");
      } else {
        app_.log_.Add(event.name + " " + event.args.dump() +
                      (event.defect == Defect::kNone ? "" : " with a defect"));
        if (event.ack) event.ack(json::array({event.args.size()}));
      }
    }

    void OnDisconnect(std::string_view reason) override {
      app_.log_.Add("disconnect " + std::string(reason));
    }

   private:
    App& app_;
    const std::shared_ptr<Socket> socket_;
    Ack later_;
  };

  void AwaitBroadcast(const std::shared_ptr<Socket>& socket, Ack ack) {
    std::lock_guard lock(mutex_);
    waiting_.emplace_back(socket, std::move(ack));
  }

  void Broadcast(const SharedEvent& event) {
    std::lock_guard lock(mutex_);
    for (auto& [socket, ack] : std::exchange(waiting_, {})) {
      boost::asio::post(socket->worker().executor(),
                        [ack = std::move(ack)] { ack(json::array({"at last"})); });
    }
    for (const std::shared_ptr<Socket>& socket : sockets_) {
      boost::asio::post(socket->worker().executor(), [socket, event] { socket->Emit(event); });
    }
  }

  engineio::HandlerLog& log_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::vector<std::pair<std::shared_ptr<Socket>, Ack>> waiting_;
};

ApplicationServer::ApplicationServer(Options options, std::size_t workers)
    : pool_(workers),
      app_(std::make_unique<App>(log_)),
      server_(std::make_unique<Server>(pool_, *app_, std::move(options))),
      http_(pool_, server::Limits(), *server_) {
  server_->AddNamespace("/other", *app_);
  pool_.Start();
  port_ = http_.Listen("127.0.0.1", 0);
}

ApplicationServer::~ApplicationServer() {
  http_.Close();
  pool_.Stop();
}

}  // namespace parley::socketio
