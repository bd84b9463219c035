#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace parley::log {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kText, kJson };

/// A named value of a log line. Never a participant's key, never the text of a message.
struct Field {
  template <std::integral T>
  Field(std::string_view field_key, T number) : key(field_key), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view field_key, bool flag) : key(field_key), value(flag) {}
  Field(std::string_view field_key, std::string_view text) : key(field_key), value(std::string(text)) {}
  Field(std::string_view field_key, const std::string& text) : key(field_key), value(text) {}
  Field(std::string_view field_key, const char* text) : key(field_key), value(std::string(text)) {}

  std::string_view key;
  std::variant<std::int64_t, bool, std::string> value;
};

/// Chooses how lines are written to standard error and which are. To be called once, before threads are
/// started; until then lines of kInfo and above are written as text. `service` is part of every line.
void Configure(std::string_view service, Format format, Level level);

/// Whether lines of `level` are written: for fields that are dear to compute.
bool Enabled(Level level);

/// Each writes one line. `message` is a constant text that can be searched for; what varies goes into
/// `fields`. May be called from any thread.
void Debug(std::string_view message, std::initializer_list<Field> fields = {});
void Info(std::string_view message, std::initializer_list<Field> fields = {});
void Warning(std::string_view message, std::initializer_list<Field> fields = {});
void Error(std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace parley::log
