#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/messaging/domain/errors.h"
#include "services/messaging/store/messaging_codec.h"
#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

const std::vector<std::string> kPeople = {"ann", "bob", "cid", "dan", "eve"};
constexpr SendLimit kLimit{10, 5};

/// A room to which random commands are given, the simplest model of it, and what must always be true.
class RandomRoom {
 public:
  explicit RandomRoom(unsigned seed) : random_(seed) {}

  void Step() {
    now_ += Duration(random_() % 60);
    switch (random_() % 5) {
      case 0:
        TryEdit();
        break;
      case 1:
        TryDelete();
        break;
      default:
        TrySend();
    }
  }

  /// Replays the events of the log, in its records' form, from nothing or from a saved state.
  void CheckReplay() const {
    RoomMessages replayed;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      ASSERT_EQ(records_[i].position().sequence(), i + 1) << "sequences without holes";
      const auto event = MessagingCodec::FromRecord(records_[i]);
      ASSERT_TRUE(event.ok());
      replayed.Apply(*event);
    }
    ASSERT_EQ(replayed, state_);
    const auto decoded = MessagingCodec::DecodeState(MessagingCodec::EncodeState(state_));
    ASSERT_TRUE(decoded.ok());
    ASSERT_EQ(*decoded, state_);
    ASSERT_EQ(decoded->bytes(), state_.bytes());
    for (const std::string& who : kPeople) ASSERT_EQ(Visible(*decoded, who), Visible(state_, who));
  }

  void CheckHistories() const {
    ASSERT_EQ(state_.size(), model_.size());
    ASSERT_EQ(state_.bytes(),
              std::accumulate(model_.begin(), model_.end(), std::size_t{0},
                              [](std::size_t bytes, const Message& m) { return bytes + SizeOf(m); }));
    for (const std::string& who : kPeople) {
      std::vector<Message> expected;
      std::copy_if(model_.begin(), model_.end(), std::back_inserter(expected),
                   [&](const Message& m) { return !m.to || *m.to == who || m.from == who; });
      const std::size_t page = expected.size() > 3 ? expected.size() - 3 : 1;
      ASSERT_EQ(Visible(state_, who), expected);
      const MessagePage newest = state_.ListMessages(who, page);
      ASSERT_EQ(newest.has_more, expected.size() > page);
      const auto skipped = static_cast<std::ptrdiff_t>(expected.size() - newest.messages.size());
      ASSERT_EQ(newest.messages, std::vector<Message>(expected.begin() + skipped, expected.end()));
      const bool named = std::any_of(model_.begin(), model_.end(),
                                     [&](const Message& m) { return m.from == who || m.to == who; });
      ASSERT_EQ(state_.Mentions(who), named);
    }
  }

 private:
  static std::vector<Message> Visible(const RoomMessages& state, const std::string& who) {
    return state.ListMessages(who, 1'000'000).messages;
  }

  std::string Anybody() { return kPeople[random_() % kPeople.size()]; }

  Actor AnyActor() {
    const auto dice = random_() % 20;
    return dice == 0 ? Actor::kAbsent : dice == 1 ? Actor::kWrongKey : Actor::kPresent;
  }

  /// A message that is there, was there or never was.
  std::string AnyMessage() { return sent_ == 0 ? "none" : absl::StrCat("m", random_() % (sent_ + 1)); }

  void TrySend() {
    const SendMessageCommand command{absl::StrCat("m", sent_), Anybody(),
                                     random_() % 2 == 0 ? std::optional(Anybody()) : std::nullopt,
                                     absl::StrCat("content ", random_() % 100)};
    const Actor sender = AnyActor();
    const bool recipient_present = random_() % 10 != 0;
    // Everybody changes its name now and then.
    const std::string name = absl::StrCat(command.from, " ", random_() % 3);
    const auto event =
        SendMessage(state_, command, sender, recipient_present, kLimit, now_, {{command.from, name}});
    if (!event.ok()) return;
    ASSERT_EQ(sender, Actor::kPresent);
    ASSERT_TRUE(!command.to || recipient_present);
    ++sent_;
    model_.push_back(MessageOf(*event));
    ASSERT_EQ(model_.back().content, command.content);
    Fold(*event);
    ASSERT_EQ(state_.NameOf(command.from), name);
  }

  void TryEdit() {
    const EditMessageCommand command{Anybody(), AnyMessage(), absl::StrCat("edited ", random_() % 100)};
    const Actor editor = AnyActor();
    const auto event = EditMessage(state_, command, editor, {0, 1}, now_);
    const auto message = InModel(command.message_id);
    CheckMayChange(event, editor, message, command.from);
    if (!event.ok()) return;
    message->content = command.content;
    message->edit_time = now_;
    Fold(*event);
  }

  void TryDelete() {
    const DeleteMessageCommand command{Anybody(), AnyMessage()};
    const Actor deleter = AnyActor();
    const auto event = DeleteMessage(state_, command, deleter, now_);
    const auto message = InModel(command.message_id);
    CheckMayChange(event, deleter, message, command.from);
    if (!event.ok()) return;
    model_.erase(message);
    Fold(*event);
  }

  std::vector<Message>::iterator InModel(const std::string& id) {
    return std::find_if(model_.begin(), model_.end(), [&](const Message& m) { return m.id == id; });
  }

  /// Exactly the author, present and with its key, may change a message that is there.
  void CheckMayChange(const absl::StatusOr<Event>& event, Actor actor, std::vector<Message>::iterator message,
                      const std::string& who) {
    if (actor == Actor::kAbsent) {
      ASSERT_TRUE(Is(event.status(), kSenderNotFound));
    } else if (actor == Actor::kWrongKey) {
      ASSERT_TRUE(Is(event.status(), kKeyMismatch));
    } else if (message == model_.end()) {
      ASSERT_TRUE(Is(event.status(), kMessageNotFound));
    } else if (message->from != who) {
      ASSERT_TRUE(Is(event.status(), kNotAuthor));
    } else {
      ASSERT_TRUE(event.ok());
    }
  }

  void Fold(const Event& event) {
    const RoomMessages before = state_;
    state_.Apply(event);
    ASSERT_EQ(static_cast<std::ptrdiff_t>(state_.bytes() - before.bytes()), before.GrowthBy(event));
    CheckOthersAreDecidedAlike(before, MessageOf(event).from);
    const storage::Position position{7, records_.size() + 1};
    MessagingCodec::FillRecord(event, position, records_.emplace_back());
    CheckAudience(event, records_.back().audience());
  }

  /// What others do is decided as if this hadn't happened; so commands of different participants may be
  /// decided on one state.
  void CheckOthersAreDecidedAlike(const RoomMessages& before, const std::string& actor) {
    for (const std::string& who : kPeople) {
      if (who == actor) continue;
      const SendMessageCommand send{"next", who, std::nullopt, "content"};
      ASSERT_EQ(Made(SendMessage(before, send, Actor::kPresent, true, kLimit, now_)),
                Made(SendMessage(state_, send, Actor::kPresent, true, kLimit, now_)));
      const EditMessageCommand edit{who, AnyMessage(), "edited"};
      ASSERT_EQ(Made(EditMessage(before, edit, Actor::kPresent, kLimit, now_)),
                Made(EditMessage(state_, edit, Actor::kPresent, kLimit, now_)));
      const DeleteMessageCommand deletion{who, AnyMessage()};
      ASSERT_EQ(Made(DeleteMessage(before, deletion, Actor::kPresent, now_)),
                Made(DeleteMessage(state_, deletion, Actor::kPresent, now_)));
    }
  }

  /// The event that was decided on; nothing for a refusal, whatever its reason.
  static std::optional<Event> Made(absl::StatusOr<Event> decided) {
    if (!decided.ok()) return std::nullopt;
    return *std::move(decided);
  }

  /// No third party is told of a direct message; of a room message the one who acts isn't.
  static void CheckAudience(const Event& event, const parley::common::v1::Audience& audience) {
    const Message& message = MessageOf(event);
    if (!message.to) {
      ASSERT_EQ(audience.everyone_except().participant_id(), message.from);
      return;
    }
    ASSERT_EQ(audience.participants().participant_ids_size(), 1);
    ASSERT_EQ(audience.participants().participant_ids(0), *message.to);
  }

  std::mt19937 random_;
  Time now_ = At(0);
  RoomMessages state_;
  std::vector<v1::MessageEvent> records_;
  std::size_t sent_ = 0;
  /// What is there, in the order of sending.
  std::vector<Message> model_;
};

class RandomCommandsTest : public testing::TestWithParam<unsigned> {};

TEST_P(RandomCommandsTest, InvariantsHoldAfterEveryStep) {
  RandomRoom room(GetParam());
  for (int step = 0; step < 400; ++step) {
    ASSERT_NO_FATAL_FAILURE(room.Step()) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(room.CheckHistories()) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(room.CheckReplay()) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCommandsTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace parley::messaging
