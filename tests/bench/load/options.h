#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/load/process_usage.h"
#include "tests/bench/load/transport.h"

namespace parley::bench {

/// What is to be done to which server.
struct Options {
  std::string scenario;
  Endpoint server;
  std::vector<ServerProcess> processes;
  Transport::Options transport;

  std::uint32_t rooms = 10;
  /// Per room.
  std::uint32_t participants = 10;
  /// Messages per room that are on their way at the same time.
  std::uint32_t in_flight = 8;
  /// Rooms in which messages are on their way at the same time; 0: all.
  std::uint32_t active = 0;
  /// Deliveries per second, of the open loop.
  double rate = 5'000;
  /// Messages that are in a room's history before the joining is measured.
  std::uint32_t history = 0;
  /// Participants that are there before memory is read for the first time.
  std::uint32_t baseline = 2'000;
  /// For how long memory may not have changed before it is read.
  double still_seconds = 2;

  /// Messages that are sent in all until the end of the endurance.
  std::uint64_t messages = 500'000;
  /// Messages that are sent in a room before it is left for another one.
  std::uint32_t meeting = 500;
  /// How often it is read what the processes hold.
  std::uint32_t samples = 20;

  double warm_up_seconds = 3;
  double measured_seconds = 10;
};

/// Reads the command line; throws Failure with what is wrong with it.
Options ParseOptions(int argc, char** argv);

extern const char kUsage[];

}  // namespace parley::bench
