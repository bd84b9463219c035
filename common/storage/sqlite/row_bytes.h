#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::storage::sqlite {

/// The events of one command as one piece of bytes.
std::string PackRecords(const std::vector<std::string>& records);

/// nullopt: these bytes were not made by PackRecords.
std::optional<std::vector<std::string>> UnpackRecords(std::string_view bytes);

/// A CRC over several pieces: SQLite itself doesn't notice when bytes within a row have changed on the disk.
std::uint32_t Checksum(std::initializer_list<std::string_view> pieces);

}  // namespace parley::storage::sqlite
