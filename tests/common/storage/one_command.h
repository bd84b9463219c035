#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/storage/log_store.h"

namespace parley::storage {

/// What one command adds to a room.
inline AppendRequest OneCommand(std::string room_id, Position head, std::vector<std::string> records,
                                std::string request_id = "", std::string reply = "", bool last = false) {
  return {std::move(room_id), head, {{std::move(records), std::move(request_id), std::move(reply)}}, last};
}

}  // namespace parley::storage
