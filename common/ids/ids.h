#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parley {

/// Makes identifiers. The one place in the services where randomness comes from, so that everything behind it
/// can be tested with known values. Implementations may be called from any thread.
class IdSource {
 public:
  virtual ~IdSource() = default;

  /// Nine decimal digits, uniformly distributed; the first may be 0. Unguessable, but not yet known to be
  /// unused.
  virtual std::string RoomId() = 0;

  /// A random (version 4) UUID in lower case.
  virtual std::string Uuid() = 0;

  /// 128 random bits as 32 lower-case hexadecimal digits.
  virtual std::string Key() = 0;

  /// A number that tells one life of a room id from the next; never 0.
  virtual std::uint64_t Incarnation() = 0;
};

/// Identifiers from the operating system's cryptographic random numbers.
class RandomIdSource final : public IdSource {
 public:
  std::string RoomId() override;
  std::string Uuid() override;
  std::string Key() override;
  std::uint64_t Incarnation() override;
};

/// Whether `text` is as Uuid makes them, of whatever version.
bool IsUuid(std::string_view text);

/// Whether `text` is as Key makes them.
bool IsKey(std::string_view text);

}  // namespace parley
