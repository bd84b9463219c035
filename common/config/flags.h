#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::config {

/// Collects everything that is wrong with a configuration, so that all of it can be mended at once.
class Problems {
 public:
  /// `flag` as it is written in ABSL_FLAG; `problem` continues "--flag …", such as "must be at least 1".
  void Add(std::string_view flag, std::string_view problem);

  /// Adds a problem that concerns no single flag.
  void AddText(std::string text);

  /// Adds a problem unless `value` is within [least, most].
  void RequireRange(std::string_view flag, long value, long least, long most);

  /// Adds a problem unless `address` is HOST:PORT.
  void RequireAddress(std::string_view flag, std::string_view address);

  bool empty() const { return texts_.empty(); }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

/// Sets every Abseil flag that is linked into this process from its environment variable (`message_rate` from
/// PARLEY_MESSAGE_RATE) and then from the command line, which wins. `--message-rate=5`, `--message-rate 5`
/// and, for booleans, `--flag` and `--noflag` are understood. What is wrong is added to `problems`;
/// environment variables that no flag belongs to are left alone, since the three processes may share one
/// environment.
///
/// Returns false when the user asked for --help or --version and has been answered on standard output: the
/// process is to exit with 0.
bool ParseFlags(std::string_view program, std::string_view summary, int argc, char** argv,
                Problems& problems);

/// Prints the problems to standard error. The process is to exit with kExitUsage.
void Report(std::string_view program, const Problems& problems);

inline constexpr int kExitUsage = 2;

/// The environment variable behind a flag: "message_rate" → "PARLEY_MESSAGE_RATE".
std::string EnvironmentName(std::string_view flag);

}  // namespace parley::config
