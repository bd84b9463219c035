#include "edge/translate/json_object.h"

#include <charconv>
#include <cstring>
#include <utility>

namespace parley::edge {
namespace {

bool NeedsEscape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

/// Where the first character from `at` on is that must be escaped; the end when none must.
std::size_t FindEscape(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  const auto has_byte_below = [](std::uint64_t word, unsigned char limit) {
    return ((word - limit * kOnes) & ~word & kHighBits) != 0;
  };
  // Eight at a time: ids and most of what people say have none. What looks like one is looked at again below.
  for (std::uint64_t word = 0; text.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (has_byte_below(word, 0x20) || has_byte_below(word ^ ('"' * kOnes), 1) ||
        has_byte_below(word ^ ('\\' * kOnes), 1)) {
      break;
    }
  }
  while (at < text.size() && !NeedsEscape(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

void AppendEscaped(std::string& json, char c) {
  constexpr char kDigits[] = "0123456789abcdef";
  json += '\\';
  switch (c) {
    case '"':
    case '\\':
      json += c;
      return;
    case '\b':
      json += 'b';
      return;
    case '\f':
      json += 'f';
      return;
    case '\n':
      json += 'n';
      return;
    case '\r':
      json += 'r';
      return;
    case '\t':
      json += 't';
      return;
    default:
      json += "u00";
      json += kDigits[c >> 4 & 0xf];
      json += kDigits[c & 0xf];
  }
}

}  // namespace

void AppendJsonString(std::string& json, std::string_view value) {
  json += '"';
  for (std::size_t at = 0;;) {
    const std::size_t escape = FindEscape(value, at);
    json.append(value, at, escape - at);
    if (escape == value.size()) break;
    AppendEscaped(json, value[escape]);
    at = escape + 1;
  }
  json += '"';
}

JsonObject& JsonObject::Text(std::string_view name, std::string_view value) {
  Begin(name);
  AppendJsonString(text_, value);
  return *this;
}

JsonObject& JsonObject::Number(std::string_view name, std::int64_t value) {
  Begin(name);
  char digits[24];
  text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  return *this;
}

JsonObject& JsonObject::Boolean(std::string_view name, bool value) {
  return Json(name, value ? "true" : "false");
}

JsonObject& JsonObject::Null(std::string_view name) { return Json(name, "null"); }

JsonObject& JsonObject::Json(std::string_view name, std::string_view json) {
  Begin(name);
  text_ += json;
  return *this;
}

std::string JsonObject::Take() {
  text_ += '}';
  return std::move(text_);
}

void JsonObject::Begin(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  text_ += '"';
  text_ += name;
  text_ += "\":";
}

std::string JsonArray::Of(std::string_view json) {
  JsonArray array;
  array.Add(json);
  return array.Take();
}

void JsonArray::Add(std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += json;
}

std::string JsonArray::Take() {
  text_ += ']';
  return std::move(text_);
}

}  // namespace parley::edge
