#include "edge/events/event_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "edge/events/client_session.h"

namespace parley::edge {
namespace {

/// Everything that a client may ask over Socket.IO.
constexpr std::pair<std::string_view, EventFunction> kEvents[] = {
    {"create-room", &ClientSession::CreateRoom},
    {"join-room", &ClientSession::JoinRoom},
    {"leave", &ClientSession::LeaveRoom},
    {"update-name", &ClientSession::UpdateName},
    {"change-name", &ClientSession::UpdateName},
    {"update-mediaState", &ClientSession::UpdateMediaState},
    {"send-message", &ClientSession::SendMessage},
    {"edit-message", &ClientSession::EditMessage},
    {"delete-message", &ClientSession::DeleteMessage},
    // What older clients ask of a media router, which this is not.
    {"get-rtp-capabilities", &ClientSession::GetRtpCapabilities},
    {"create-transport", &ClientSession::RefuseMedia},
    {"connect-transport", &ClientSession::RefuseMedia},
    {"create-producer", &ClientSession::RefuseMedia},
    {"producer-action", &ClientSession::RefuseMedia},
};

}  // namespace

const nlohmann::json& Arguments::operator[](std::size_t index) const {
  static const nlohmann::json kNull;
  return index < array_.size() ? array_[index] : kNull;
}

EventFunction FindEvent(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kEvents), std::end(kEvents),
                                         [name](const auto& entry) { return entry.first == name; });
  return found == std::end(kEvents) ? nullptr : found->second;
}

}  // namespace parley::edge
