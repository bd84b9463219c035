// Thousands of random commands, sensible and senseless ones, with what must always be true checked after
// each. The seed is part of the test's name, so a failure can be had again.

#include <algorithm>
#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/room/store/room_codec.h"
#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

constexpr int kSteps = 2'000;
constexpr std::size_t kMaxParticipants = 6;
constexpr Duration kGrace{10'000};

/// A room and everything that ever happened in it.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  void Step() {
    now_ += Duration(Pick(2'000));
    switch (Pick(15)) {
      case 0:
        // Rarely, so that rooms have time to fill.
        if (Pick(10) == 0) return Try(ExpireDeadlines{});
        [[fallthrough]];
      case 1:
        return Try(CreateRoom{std::to_string(++last_id_), SomeName(), now_ + kJoinTimeout});
      case 2:
      case 3:
      case 4:
        return Join();
      case 5:
        // The host ends the room, which is to be rarer than others leaving.
        if (Pick(4) == 0) return Try(LeaveRoom{HostOrNobody()});
        return Try(LeaveRoom{Somebody()});
      case 6:
        // Mostly the connection it has, for others break for nobody.
        return Try(DisconnectParticipant{Somebody(), SomeConnection().id, now_ + kGrace});
      case 7:
        return Try(ReconnectParticipant{Somebody(), SomeConnection()});
      case 8:
        if (Pick(20) == 0) return Try(ExpireEdge{SomeConnection().edge_id});
        return Try(ExpireDeadlines{});
      case 9:
      case 10:
        return Try(UpdateName{Somebody(), SomeName().value_or("Ada")});
      default:
        return Try(UpdateMediaState{Somebody(), SomeFlag(), SomeFlag()});
    }
  }

  void ExpectInvariants() const {
    if (room_.exists()) {
      const auto hosts = std::count_if(room_.participants.begin(), room_.participants.end(),
                                       [](const Participant& p) { return p.role == Role::kHost; });
      EXPECT_EQ(hosts, room_.participants.empty() ? 0 : 1);
      EXPECT_EQ(room_.join_deadline.has_value(), room_.participants.empty());
      const bool waits =
          room_.join_deadline || std::any_of(room_.participants.begin(), room_.participants.end(),
                                             [](const Participant& p) { return p.return_deadline; });
      EXPECT_EQ(room_.NextDeadline().has_value(), waits);
      EXPECT_LE(room_.participants.size(), kMaxParticipants);
      EXPECT_FALSE(room_.name.empty());
    } else {
      EXPECT_TRUE(room_.participants.empty());
    }
    std::set<std::string> ids;
    for (const Participant& participant : room_.participants) {
      EXPECT_TRUE(ids.insert(participant.id).second) << "joined twice: " << participant.id;
      EXPECT_FALSE(participant.name.empty());
      EXPECT_EQ(participant.key_sha256, DigestOf(participant.id));
    }
    ExpectStateIsWhatTheRecordsGive();
    ExpectStateSurvivesTheStore();
  }

  std::size_t destroyed() const { return destroyed_; }
  std::size_t largest() const { return largest_; }

 private:
  unsigned Pick(unsigned count) { return std::uniform_int_distribution<unsigned>(0, count - 1)(random_); }

  Connection SomeConnection() {
    const std::string number = std::to_string(Pick(3));
    return {"edge-" + number, "connection-" + number};
  }

  std::optional<bool> SomeFlag() {
    const unsigned choice = Pick(3);
    return choice == 2 ? std::nullopt : std::optional(choice == 1);
  }

  std::optional<std::string> SomeName() {
    static const std::vector<std::optional<std::string>> names = {
        std::nullopt, "Ada", "Grace", "", std::string(64, 'x'), std::string(65, 'x'), "\xff", "日本語"};
    return names[Pick(static_cast<unsigned>(names.size()))];
  }

  /// Mostly somebody who is there; sometimes one who left, a stranger, or with the wrong key.
  Actor Somebody() {
    if (ever_joined_.empty() || Pick(10) == 0) return ActorOf("stranger");
    if (Pick(10) == 0) return {ever_joined_[Pick(static_cast<unsigned>(ever_joined_.size()))], "wrong"};
    if (room_.participants.empty() || Pick(5) == 0) {
      return ActorOf(ever_joined_[Pick(static_cast<unsigned>(ever_joined_.size()))]);
    }
    return ActorOf(room_.participants[Pick(static_cast<unsigned>(room_.participants.size()))].id);
  }

  Actor HostOrNobody() const {
    return ActorOf(room_.participants.empty() ? "nobody" : room_.participants[0].id);
  }

  void Join() {
    JoinRoom command = JoinRoomCommand(absl::StrCat("p", ++last_id_), SomeName());
    command.max_participants = kMaxParticipants;
    command.connection = SomeConnection();
    Try(command);
    if (room_.Find(command.participant_id) != nullptr) ever_joined_.push_back(command.participant_id);
  }

  template <typename Command>
  void Try(const Command& command) {
    const Room before = room_;
    const absl::StatusOr<Events> events = Decide(room_, command, now_);
    ASSERT_EQ(room_, before) << "a decision changed the room";
    if (!events.ok()) {
      EXPECT_TRUE(!ReasonOf(events.status()).empty() || absl::IsAlreadyExists(events.status()))
          << "refused without a reason: " << events.status();
      return;
    }
    for (const Event& event : *events) {
      if (std::holds_alternative<RoomCreated>(event.what)) {
        // The id is used again: another life, another sequence.
        records_.clear();
        position_ = {position_.incarnation + 1, 0};
      }
      ++position_.sequence;
      RoomCodec::FillRecord(event, position_, records_.emplace_back());
      Apply(room_, event);
      EXPECT_EQ(event.at, now_);
      EXPECT_EQ(RoomCodec::IsLast(event), !room_.exists());
    }
    if (before.exists() && !room_.exists()) ++destroyed_;
    largest_ = std::max(largest_, room_.participants.size());
  }

  void ExpectStateIsWhatTheRecordsGive() const {
    Room replayed;
    std::uint64_t sequence = 0;
    for (const v1::RoomEvent& record : records_) {
      EXPECT_EQ(record.position().sequence(), ++sequence) << "the sequence has a hole";
      const absl::StatusOr<Event> event = RoomCodec::FromRecord(record);
      ASSERT_TRUE(event.ok()) << event.status();
      Apply(replayed, *event);
    }
    EXPECT_EQ(replayed, room_);
  }

  void ExpectStateSurvivesTheStore() const {
    // A destroyed room is removed, not saved.
    if (!room_.exists()) return;
    const absl::StatusOr<Room> decoded = RoomCodec::DecodeState(RoomCodec::EncodeState(room_));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, room_);
  }

  std::mt19937 random_;
  Time now_ = kNow;
  Room room_;
  std::vector<v1::RoomEvent> records_;
  Position position_;
  std::vector<std::string> ever_joined_;
  int last_id_ = 0;
  std::size_t destroyed_ = 0;
  std::size_t largest_ = 0;
};

class RandomCommandTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomCommandTest, InvariantsHoldAfterEveryStep) {
  World world(GetParam());
  for (int step = 0; step < kSteps; ++step) {
    SCOPED_TRACE(step);
    world.Step();
    world.ExpectInvariants();
    if (::testing::Test::HasFailure()) return;
  }
  // A run in which nothing happens would prove nothing.
  EXPECT_GT(world.destroyed(), 5u);
  EXPECT_EQ(world.largest(), kMaxParticipants);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCommandTest, ::testing::Range(1u, 9u),
                         [](const auto& info) { return absl::StrCat("Seed", info.param); });

}  // namespace
}  // namespace parley::room
