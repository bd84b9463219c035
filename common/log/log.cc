#include "common/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace parley::log {
namespace {

struct Settings {
  std::string service = "parley";
  Format format = Format::kText;
  std::shared_ptr<spdlog::logger> logger =
      std::make_shared<spdlog::logger>("parley", std::make_shared<spdlog::sinks::stderr_sink_mt>());

  Settings() { logger->set_pattern("%v"); }
};

Settings& GetSettings() {
  static Settings settings;
  return settings;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view NameOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "info";
}

std::string Now() { return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()); }

std::string FormatJson(const Settings& settings, Level level, std::string_view message,
                       std::initializer_list<Field> fields) {
  nlohmann::ordered_json line = {
      {"time", Now()}, {"level", NameOf(level)}, {"service", settings.service}, {"message", message}};
  for (const Field& field : fields) {
    // What every line has must stay what it is.
    std::string key(field.key);
    if (line.contains(key)) key += '_';
    std::visit([&](const auto& value) { line[key] = value; }, field.value);
  }
  // Bytes that aren't UTF-8 come from outside and must not be able to break the log.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string FormatText(const Settings& settings, Level level, std::string_view message,
                       std::initializer_list<Field> fields) {
  std::string line = Now();
  line.append(" ").append(NameOf(level)).append(" ").append(settings.service).append(": ").append(message);
  for (const Field& field : fields) {
    // Quoted as JSON does it, so that a value can't forge a second line.
    const std::string value = std::visit(
        [](const auto& v) {
          return nlohmann::json(v).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        },
        field.value);
    line.append(" ").append(field.key).append("=").append(value);
  }
  return line;
}

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const Settings& settings = GetSettings();
  const auto spdlog_level = ToSpdlog(level);
  if (!settings.logger->should_log(spdlog_level)) return;
  const std::string line = settings.format == Format::kJson ? FormatJson(settings, level, message, fields)
                                                            : FormatText(settings, level, message, fields);
  settings.logger->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void Configure(std::string_view service, Format format, Level level) {
  Settings& settings = GetSettings();
  settings.service = service;
  settings.format = format;
  settings.logger->set_level(ToSpdlog(level));
}

bool Enabled(Level level) { return GetSettings().logger->should_log(ToSpdlog(level)); }

void Debug(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kDebug, message, fields);
}
void Info(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kInfo, message, fields);
}
void Warning(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kWarning, message, fields);
}
void Error(std::string_view message, std::initializer_list<Field> fields) {
  Write(Level::kError, message, fields);
}

}  // namespace parley::log
