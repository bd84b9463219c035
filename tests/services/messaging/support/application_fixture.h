#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/storage/memory_log_store.h"
#include "services/messaging/application/messaging_application.h"
#include "tests/common/storage/store_double.h"
#include "tests/services/messaging/support/fake_rooms.h"
#include "tests/services/messaging/support/manual_clock.h"

namespace parley::messaging {

inline constexpr char kRoom[] = "123456789";

/// What a call came to; nothing while it waits.
template <typename T>
using Answer = std::shared_ptr<std::optional<T>>;

/// Notes what it is told, as "snapshot 0", "sent 1 m", "ended destroyed" and so on.
class NotingWatcher final : public MessagingApplication::Watcher {
 public:
  void OnSnapshot(const std::string&, const RoomMessages&, storage::Position position) override {
    notes.push_back(absl::StrCat("snapshot ", position.sequence));
  }
  void OnRecord(const std::string&, const std::shared_ptr<const v1::MessageEvent>& record) override {
    const auto event = MessagingCodec::FromRecord(*record);
    notes.push_back(
        absl::StrCat("event ", record->position().sequence(), " ", MessageOf(event.value()).content));
  }
  void OnEnded(const std::string&, EndReason reason) override {
    notes.emplace_back(reason == EndReason::kDestroyed  ? "destroyed"
                       : reason == EndReason::kNotFound ? "not found"
                                                        : "unavailable");
  }
  bool cancelled() const override { return is_cancelled; }

  bool is_cancelled = false;
  std::vector<std::string> notes;
};

class MessagingApplicationTest : public testing::Test {
 protected:
  using Settings = MessagingApplication::Settings;

  explicit MessagingApplicationTest(Settings settings = {.send_limit = {10, 3}})
      : application_(store_, rooms_, clock_.schedule(), clock_, ids_, Noting(std::move(settings))) {
    rooms_.set_observer(&application_.room_observer());
  }

  /// The settings, with which the totals are noted.
  Settings Noting(Settings settings) {
    settings.on_totals = [this](const MessagingApplication::Totals& totals) { totals_ = totals; };
    return settings;
  }

  /// A room with ann and bob in it.
  void RoomOfTwo() {
    rooms_.Create(kRoom, 7);
    rooms_.Join(kRoom, "ann");
    rooms_.Join(kRoom, "bob");
  }

  Call CallOf(const std::string& who, const std::string& request_id = {}) {
    return {{kRoom, {}}, who, KeyOf(who), request_id, clock_.Now() + Duration(10'000)};
  }

  template <typename T>
  static std::function<void(T)> Into(const Answer<T>& answer) {
    return [answer](T value) {
      EXPECT_FALSE(answer->has_value()) << "answered twice";
      *answer = std::move(value);
    };
  }

  /// Each makes a call; news that it brings up arrive.
  Answer<absl::StatusOr<Message>> Send(const Call& call, std::optional<std::string> to,
                                       const std::string& content = "hello") {
    auto answer = std::make_shared<std::optional<absl::StatusOr<Message>>>();
    application_.SendMessage(call, std::move(to), content, Into(answer));
    rooms_.Deliver();
    return answer;
  }
  Answer<absl::StatusOr<Message>> Edit(const Call& call, const std::string& id, const std::string& content) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<Message>>>();
    application_.EditMessage(call, id, content, Into(answer));
    rooms_.Deliver();
    return answer;
  }
  Answer<absl::Status> Delete(const Call& call, const std::string& id) {
    auto answer = std::make_shared<std::optional<absl::Status>>();
    application_.DeleteMessage(call, id, Into(answer));
    rooms_.Deliver();
    return answer;
  }
  Answer<absl::StatusOr<MessageListing>> List(const Call& call,
                                              std::optional<storage::Position> membership_position = {}) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<MessageListing>>>();
    application_.ListMessages(call, 50, membership_position, Into(answer));
    return answer;
  }
  Answer<absl::Status> AwaitMembership(storage::Position position) {
    auto answer = std::make_shared<std::optional<absl::Status>>();
    application_.AwaitMembership(kRoom, position, clock_.Now() + Duration(10'000), Into(answer));
    return answer;
  }

  static const absl::Status& StatusOf(const Answer<absl::Status>& answer) { return answer->value(); }
  template <typename T>
  static absl::Status StatusOf(const Answer<absl::StatusOr<T>>& answer) {
    return answer->value().status();
  }
  template <typename T>
  static bool IsRefused(const Answer<T>& answer, const ErrorReason& reason) {
    return answer->has_value() && Is(StatusOf(answer), reason) &&
           std::string(StatusOf(answer).message()) == reason.message;
  }
  template <typename T>
  static bool IsDone(const Answer<T>& answer) {
    return answer->has_value() && StatusOf(answer).ok();
  }

  std::vector<std::string> ContentsFor(const std::string& who) {
    std::vector<std::string> contents;
    const auto listing = List(CallOf(who));
    for (const Message& message : listing->value().value().page.messages) contents.push_back(message.content);
    return contents;
  }

  ManualClock clock_;
  CountingIds ids_;
  // With the epoch 0 messages have their room's incarnation.
  storage::MemoryLogStore memory_{{}, 0};
  storage::StoreDouble store_{memory_};
  FakeRooms rooms_;
  MessagingApplication::Totals totals_;
  MessagingApplication application_;
};

}  // namespace parley::messaging
