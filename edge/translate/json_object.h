#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::edge {

/// Writes an object as JSON text, member by member. What everybody in a room is told is written thousands of
/// times a second, and building a tree of values first takes several times as long.
///
/// Texts must be valid UTF-8, as those in protobuf messages are. The names of members are written as they
/// are.
class JsonObject {
 public:
  JsonObject() {
    // Enough for most of what is written.
    text_.reserve(384);
    text_ += '{';
  }

  JsonObject& Text(std::string_view name, std::string_view value);
  JsonObject& Number(std::string_view name, std::int64_t value);
  JsonObject& Boolean(std::string_view name, bool value);
  JsonObject& Null(std::string_view name);
  /// `json` is written as it is.
  JsonObject& Json(std::string_view name, std::string_view json);

  /// The whole object; to be called once, at the end.
  std::string Take();

 private:
  void Begin(std::string_view name);

  std::string text_;
};

/// Writes an array of elements that are JSON already.
class JsonArray {
 public:
  /// The array with this one element.
  static std::string Of(std::string_view json);

  /// Makes room for so many bytes.
  void Reserve(std::size_t bytes) { text_.reserve(bytes); }
  void Add(std::string_view json);
  std::string Take();

 private:
  std::string text_ = "[";
};

/// Appends a string literal.
void AppendJsonString(std::string& json, std::string_view value);

}  // namespace parley::edge
