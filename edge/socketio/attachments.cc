#include "edge/socketio/attachments.h"

#include <algorithm>
#include <cstdint>

namespace parley::socketio {
namespace {

using nlohmann::json;

void Extract(json& data, std::vector<std::string>& attachments) {
  if (data.is_binary()) {
    const json::binary_t& bytes = data.get_binary();
    attachments.emplace_back(bytes.begin(), bytes.end());
    data = {{"_placeholder", true}, {"num", attachments.size() - 1}};
  } else if (data.is_structured()) {
    for (json& element : data) Extract(element, attachments);
  }
}

bool IsPlaceholder(const json& data) {
  if (!data.is_object()) return false;
  const auto mark = data.find("_placeholder");
  return mark != data.end() && mark->is_boolean() && mark->get<bool>();
}

/// `used` tells which attachments have found their place.
bool Insert(json& data, const std::vector<std::string>& attachments, std::vector<bool>& used) {
  if (IsPlaceholder(data)) {
    const auto number = data.find("num");
    if (number == data.end() || !number->is_number_unsigned()) return false;
    const auto index = number->get<std::uint64_t>();
    if (index >= attachments.size() || used[index]) return false;
    used[index] = true;
    data = json::binary(json::binary_t::container_type(attachments[index].begin(), attachments[index].end()));
    return true;
  }
  if (!data.is_structured()) return true;
  return std::all_of(data.begin(), data.end(),
                     [&](json& element) { return Insert(element, attachments, used); });
}

}  // namespace

bool HasBinary(const json& data) {
  if (data.is_binary()) return true;
  return data.is_structured() && std::any_of(data.begin(), data.end(), HasBinary);
}

std::vector<std::string> ExtractAttachments(json& data) {
  std::vector<std::string> attachments;
  Extract(data, attachments);
  return attachments;
}

bool InsertAttachments(json& data, const std::vector<std::string>& attachments) {
  std::vector<bool> used(attachments.size());
  return Insert(data, attachments, used);
}

}  // namespace parley::socketio
