#include "common/storage/sqlite/row_bytes.h"

#include <zlib.h>

namespace parley::storage::sqlite {
namespace {

constexpr std::size_t kLengthBytes = 4;

}  // namespace

std::string PackRecords(const std::vector<std::string>& records) {
  std::string bytes;
  for (const std::string& record : records) {
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
      bytes.push_back(static_cast<char>(record.size() >> (8 * i) & 0xff));
    }
    bytes += record;
  }
  return bytes;
}

std::optional<std::vector<std::string>> UnpackRecords(std::string_view bytes) {
  std::vector<std::string> records;
  while (!bytes.empty()) {
    if (bytes.size() < kLengthBytes) return std::nullopt;
    std::size_t size = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
      size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    bytes.remove_prefix(kLengthBytes);
    if (bytes.size() < size) return std::nullopt;
    records.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return records;
}

std::uint32_t Checksum(std::initializer_list<std::string_view> pieces) {
  uLong crc = crc32_z(0, nullptr, 0);
  for (const std::string_view piece : pieces) {
    if (piece.empty()) continue;  // a null pointer would begin anew
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace parley::storage::sqlite
