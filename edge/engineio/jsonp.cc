#include "edge/engineio/jsonp.h"

#include "edge/engineio/query.h"

namespace parley::engineio {
namespace {

constexpr std::string_view kLineSeparator = "\xe2\x80\xa8";       // U+2028 and U+2029 are in order in JSON,
constexpr std::string_view kParagraphSeparator = "\xe2\x80\xa9";  // and end a line in older JavaScript

void AppendEscaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[c & 0xF];
        } else if (text.substr(i, 3) == kLineSeparator) {
          out += "\\u2028";
          i += 2;
        } else if (text.substr(i, 3) == kParagraphSeparator) {
          out += "\\u2029";
          i += 2;
        } else {
          out += c;
        }
    }
  }
}

/// A form normalises line ends, so clients send a newline as backslash and n, and a backslash and n as two
/// backslashes and n. This turns both back.
std::string UnescapeNewlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "\\\\n") {
      out += "\\n";
      i += 2;
    } else if (text.substr(i, 2) == "\\n") {
      out += '\n';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string WrapJsonp(std::string_view index, std::string_view payload) {
  std::string script = "___eio[";
  for (const char c : index) {
    if (c >= '0' && c <= '9') script += c;
  }
  script += "](\"";
  AppendEscaped(script, payload);
  script += "\");";
  return script;
}

std::optional<std::string> UnwrapJsonp(std::string_view form) {
  const std::optional<std::string> data = FindParameter(form, "d");
  if (!data.has_value()) return std::nullopt;
  return UnescapeNewlines(*data);
}

}  // namespace parley::engineio
