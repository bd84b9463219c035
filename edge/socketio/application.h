#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace parley::socketio {

class Socket;

/// The text of a JSON array.
struct JsonText {
  explicit JsonText(std::string array) : text(std::move(array)) {}
  std::string text;
};

/// The arguments of an event or an answer: a JSON array, in which binary values become attachments, or its
/// text.
using ArgumentList = std::variant<nlohmann::json, JsonText>;

/// Answers an event. Takes effect once, at any time, on the socket's worker thread; after
/// the socket is disconnected it does nothing.
using Ack = std::function<void(const ArgumentList& args)>;

/// Why an event is delivered without its arguments, or a CONNECT refused. The connection stays: the client
/// meant no harm, or none was done.
enum class Defect {
  kNone,
  kTooDeep,        // the arguments are nested deeper than Options::max_json_depth
  kLoneSurrogate,  // a string holds half a surrogate pair, which is no text
};

/// What a client sent.
struct Event {
  std::string name;
  /// An array. Attachments appear in it as JSON binary values. Empty when there is a defect.
  nlohmann::json args = nlohmann::json::array();
  /// Empty when the client asked for no answer.
  Ack ack;
  /// An event that has one must be refused whatever its name.
  Defect defect = Defect::kNone;
};

/// What the application does with one socket. Called on the socket's worker thread only.
class SocketHandler {
 public:
  virtual ~SocketHandler() = default;

  /// In the order in which the client sent them.
  virtual void OnEvent(Event event) = 0;

  /// The client has lost its connection, and may come back; what is emitted meanwhile is kept for it. Either
  /// OnConnectionRecovered follows or OnDisconnect.
  virtual void OnConnectionLost() {}

  /// The client is back, and has got what it missed. Also called, alone, when it has come back by another
  /// connection before the loss of the first was noticed.
  virtual void OnConnectionRecovered() {}

  /// The last call, exactly once, never from within Socket::Emit. `reason` is the reference's word:
  /// "client namespace disconnect" (the client said goodbye), "server namespace disconnect", "forced server
  /// close", "server shutting down", "transport close", "transport error", "ping timeout", "parse error",
  /// "forced close"; or "slow consumer", which the reference lacks.
  virtual void OnDisconnect(std::string_view reason) = 0;
};

/// What stands behind a namespace.
class Application {
 public:
  virtual ~Application() = default;

  /// A client has connected, and has been told so; one that comes back to its socket hasn't, in this sense.
  /// `auth` is what it sent along, an object. Called on the
  /// socket's worker thread, which may be any. Must neither return null nor throw.
  virtual std::shared_ptr<SocketHandler> OnConnect(std::shared_ptr<Socket> socket,
                                                   const nlohmann::json& auth) = 0;

  /// What OnRecover comes to: what handles the socket from now on, or null: the client connects as a new one.
  using Recovered = std::function<void(std::shared_ptr<SocketHandler>)>;

  /// A client that had connected to another process, or to one that isn't there any more, wants to be who it
  /// was, and shows the bookmark that came with the last event it received (Socket::SetBookmark). Neither the
  /// bookmark nor Socket::pid is proven: it is up to the application to find out whether they belong
  /// together. What it emits to `socket` reaches the client before it is told that it is back; `recovered` is
  /// to be called once, on the socket's worker thread, on which this is called too.
  virtual void OnRecover(std::shared_ptr<Socket> socket, std::string bookmark, Recovered recovered) {
    static_cast<void>(socket);
    static_cast<void>(bookmark);
    recovered(nullptr);
  }
};

}  // namespace parley::socketio
