#include "tests/bench/load/socketio_client.h"

#include <charconv>

#include "tests/bench/load/failure.h"

namespace parley::bench {
namespace {

/// What stands between the first two quotes.
std::string_view EventName(std::string_view array) {
  const std::size_t begin = array.find('"') + 1;
  return array.substr(begin, array.find('"', begin) - begin);
}

}  // namespace

SocketIoClient::SocketIoClient(EventLoop& loop, const Endpoint& endpoint, const Transport::Options& options,
                               Listener& listener)
    : version_(options.version),
      listener_(listener),
      transport_(Transport::Connect(loop, endpoint, options, *this)) {}

void SocketIoClient::Emit(std::string_view event) { transport_->Send(std::string("42").append(event)); }

void SocketIoClient::Emit(std::string_view event, std::uint64_t id) {
  transport_->Send(std::string("42").append(std::to_string(id)).append(event));
}

void SocketIoClient::Ping() {
  if (version_ == 3) transport_->Send("2");
}

void SocketIoClient::OnPacket(std::string_view packet) {
  if (packet.empty()) throw Failure("a packet is empty");
  switch (packet.front()) {
    case '0':
      if (version_ == 4) transport_->Send("40");
      return;
    case '1':
      return listener_.OnDisconnected("the server has closed the session");
    case '2':
      return transport_->Send("3");
    case '4':
      return OnMessage(packet.substr(1));
    case '3':
    case '6':
      return;
    default:
      throw Failure("unexpected packet: " + std::string(packet));
  }
}

void SocketIoClient::OnMessage(std::string_view message) {
  const char type = message.empty() ? '\0' : message.front();
  message.remove_prefix(type != '\0');
  switch (type) {
    case '0':
      return listener_.OnConnected();
    case '1':
      return listener_.OnDisconnected("the server has disconnected the client");
    case '2':
      return listener_.OnEvent(EventName(message), message);
    case '3': {
      std::uint64_t id = 0;
      std::from_chars(message.data(), message.data() + message.size(), id);
      return listener_.OnAcknowledged(id, message);
    }
    default:
      throw Failure("unexpected message: " + std::string(message));
  }
}

}  // namespace parley::bench
