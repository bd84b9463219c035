#pragma once

#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/room/domain/commands.h"
#include "services/room/domain/errors.h"
#include "services/room/domain/events.h"

namespace parley::room {

inline constexpr Time kNow{Duration{1'700'000'000'000}};
inline constexpr Duration kJoinTimeout{10'000};

/// The key digest that a participant of these tests has. Any string will do: the domain only compares.
inline std::string DigestOf(const std::string& participant_id) { return "digest of " + participant_id; }

inline Actor ActorOf(const std::string& participant_id) { return {participant_id, DigestOf(participant_id)}; }

inline CreateRoom CreateRoomCommand(std::optional<std::string> name = std::nullopt) {
  return {"123456789", std::move(name), kNow + kJoinTimeout};
}

inline JoinRoom JoinRoomCommand(const std::string& participant_id,
                                std::optional<std::string> name = std::nullopt) {
  return {participant_id, DigestOf(participant_id), std::move(name), 0, {}};
}

/// Decides on a command that has to be accepted, applies its events and returns them.
template <typename Command>
Events Do(Room& room, const Command& command, Time now = kNow) {
  absl::StatusOr<Events> events = Decide(room, command, now);
  EXPECT_TRUE(events.ok()) << events.status();
  if (!events.ok()) return {};
  for (const Event& event : *events) Apply(room, event);
  return *std::move(events);
}

/// Expects that a command is refused for `reason` and returns nothing.
template <typename Command>
void ExpectRefused(const Room& room, const Command& command, const ErrorReason& reason) {
  const absl::StatusOr<Events> events = Decide(room, command, kNow);
  EXPECT_TRUE(Is(events.status(), reason)) << events.status();
}

/// A room in which these have joined, in this order; the first is the host.
template <typename... Ids>
Room RoomWith(const Ids&... participant_ids) {
  Room room;
  Do(room, CreateRoomCommand());
  (Do(room, JoinRoomCommand(participant_ids)), ...);
  return room;
}

/// What the only event of a command says.
template <typename What>
What Only(const Events& events) {
  EXPECT_EQ(events.size(), 1u);
  if (events.empty() || !std::holds_alternative<What>(events.front().what)) {
    ADD_FAILURE() << "the command had no such event";
    return {};
  }
  return std::get<What>(events.front().what);
}

}  // namespace parley::room
