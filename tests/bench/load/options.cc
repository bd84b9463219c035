#include "tests/bench/load/options.h"

#include <charconv>

#include "tests/bench/load/failure.h"

namespace parley::bench {
namespace {

template <typename Number>
void ReadNumber(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw Failure("\"" + text + "\" is no such number");
}

ServerProcess ReadProcess(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw Failure("\"" + text + "\" is not NAME=PID");
  ServerProcess process{text.substr(0, equals)};
  ReadNumber(text.substr(equals + 1), process.pid);
  return process;
}

}  // namespace

const char kUsage[] =
    "Usage: parley_load SCENARIO [--FLAG=VALUE ...]\n"
    "Loads a running server and prints what was measured as one JSON object. Fails when a delivery was "
    "missing,\n"
    "repeated or out of order.\n"
    "\n"
    "  room       messages by event to many; each room keeps --in-flight of them on their way\n"
    "  events     messages by event with an acknowledgement; everybody waits for each\n"
    "  rest       messages by POST; everybody waits for each\n"
    "  open       messages at --rate, whatever the server does\n"
    "  join       clients connect and join\n"
    "  idle       memory of those who do nothing\n"
    "  endurance  messages as of room, in rooms that are left for new ones again and again\n"
    "  raw-limit  no server: what sending frames costs the kernel alone\n"
    "\n"
    "  --server=127.0.0.1:3000\n"
    "  --process=NAME=PID   of the server, to be measured; may be repeated\n"
    "  --transport=websocket|polling, --engineio=4|3\n"
    "  --rooms, --participants (per room), --in-flight (per room)\n"
    "  --active             of room: rooms in which messages are on their way, in turns; 0: all\n"
    "  --rate               of open: deliveries per second\n"
    "  --history            of join: messages that each room has before, but for those of the warm-up\n"
    "  --baseline           of idle: participants before memory is read for the first time\n"
    "  --still              of idle: seconds for which memory may not have changed before it is read\n"
    "  --messages           of endurance: in all\n"
    "  --meeting            of endurance: messages in a room before it is left\n"
    "  --samples            of endurance: how often memory and files are read, at equal steps\n"
    "  --warm-up, --measure in seconds\n";

Options ParseOptions(int argc, char** argv) {
  Options options;
  if (argc < 2) throw Failure("a scenario is missing");
  options.scenario = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (name == "--server") {
      options.server = ParseEndpoint(value);
    } else if (name == "--process") {
      options.processes.push_back(ReadProcess(value));
    } else if (name == "--transport" && (value == "websocket" || value == "polling")) {
      options.transport.kind = value == "polling" ? Transport::Kind::kPolling : Transport::Kind::kWebSocket;
    } else if (name == "--engineio" && (value == "3" || value == "4")) {
      options.transport.version = value == "3" ? 3 : 4;
    } else if (name == "--rooms") {
      ReadNumber(value, options.rooms);
    } else if (name == "--participants") {
      ReadNumber(value, options.participants);
    } else if (name == "--in-flight") {
      ReadNumber(value, options.in_flight);
    } else if (name == "--active") {
      ReadNumber(value, options.active);
    } else if (name == "--rate") {
      ReadNumber(value, options.rate);
    } else if (name == "--history") {
      ReadNumber(value, options.history);
    } else if (name == "--baseline") {
      ReadNumber(value, options.baseline);
    } else if (name == "--still") {
      ReadNumber(value, options.still_seconds);
    } else if (name == "--messages") {
      ReadNumber(value, options.messages);
    } else if (name == "--meeting") {
      ReadNumber(value, options.meeting);
    } else if (name == "--samples") {
      ReadNumber(value, options.samples);
    } else if (name == "--warm-up") {
      ReadNumber(value, options.warm_up_seconds);
    } else if (name == "--measure") {
      ReadNumber(value, options.measured_seconds);
    } else {
      throw Failure("\"" + argument + "\" is no flag");
    }
  }
  return options;
}

}  // namespace parley::bench
