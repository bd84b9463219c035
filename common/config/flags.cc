#include "common/config/flags.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace parley::config {
namespace {

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

std::string Dashed(std::string_view flag) {
  std::string name(flag);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::map<std::string, absl::CommandLineFlag*> AllFlags() {
  std::map<std::string, absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags())
    flags.emplace(Dashed({name.data(), name.size()}), flag);
  return flags;
}

std::string Indented(std::string_view text, std::size_t width) {
  std::string result;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    if (column == 0 || column + 1 + word.size() > width) {
      result.append(result.empty() ? "      " : "\n      ");
      column = 0;
    } else {
      result.push_back(' ');
      ++column;
    }
    result.append(word);
    column += word.size();
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return result;
}

void PrintHelp(std::string_view program, std::string_view summary) {
  std::cout << "Usage: " << program << " [--FLAG=VALUE ...]\n\n"
            << summary << "\n\nFlags, each with its environment variable:\n";
  for (const auto& [name, flag] : AllFlags()) {
    const std::string initial = flag->DefaultValue();
    std::cout << "  --" << name << "  (" << EnvironmentName(name) << ", default "
              << (initial.empty() ? "empty" : initial) << ")\n"
              << Indented(flag->Help(), 92) << "\n";
  }
  std::cout << "  --help\n      Prints this and exits.\n  --version\n      Prints the version and exits.\n";
}

void Set(absl::CommandLineFlag* flag, std::string_view source, std::string_view value, Problems& problems) {
  std::string error;
  if (flag->ParseFrom(ToAbsl(value), &error)) return;
  std::string text(source);
  text.append(": \"").append(value).append("\" is not a valid value");
  if (!error.empty()) text.append(": ").append(error);
  problems.AddText(std::move(text));
}

}  // namespace

void Problems::Add(std::string_view flag, std::string_view problem) {
  texts_.push_back("--" + Dashed(flag) + " " + std::string(problem));
}

void Problems::AddText(std::string text) { texts_.push_back(std::move(text)); }

void Problems::RequireRange(std::string_view flag, long value, long least, long most) {
  if (value >= least && value <= most) return;
  Add(flag, "must be from " + std::to_string(least) + " to " + std::to_string(most) + ", not " +
                std::to_string(value));
}

void Problems::RequireAddress(std::string_view flag, std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const std::string_view host = address.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  int port = 0;
  const bool good = colon != std::string_view::npos && !host.empty() &&
                    (bracketed || host.find_first_of(":/") == std::string_view::npos) &&
                    absl::SimpleAtoi(ToAbsl(address.substr(colon + 1)), &port) && port > 0 && port < 65536;
  if (!good) Add(flag, "must be HOST:PORT or [IPV6]:PORT, not \"" + std::string(address) + "\"");
}

std::string EnvironmentName(std::string_view flag) {
  std::string name = "PARLEY_" + std::string(flag);
  std::replace(name.begin(), name.end(), '-', '_');
  absl::AsciiStrToUpper(&name);
  return name;
}

bool ParseFlags(std::string_view program, std::string_view summary, int argc, char** argv,
                Problems& problems) {
  const auto flags = AllFlags();
  std::set<std::string> given;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      PrintHelp(program, summary);
      return false;
    }
    if (argument == "--version") {
      std::cout << program << " " << PARLEY_VERSION << "\n";
      return false;
    }
    if (argument.substr(0, 2) != "--") {
      problems.AddText("unexpected argument \"" + std::string(argument) + "\"");
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string name =
        Dashed(argument.substr(2, equals == std::string_view::npos ? equals : equals - 2));
    const std::string source = "--" + name;
    auto found = flags.find(name);
    const bool negated = found == flags.end() && name.starts_with("no") && equals == std::string_view::npos;
    if (negated) found = flags.find(name.substr(2));
    if (found == flags.end() || (negated && !found->second->IsOfType<bool>())) {
      problems.AddText("unknown flag " + source);
      continue;
    }
    given.insert(found->first);
    if (equals != std::string_view::npos) {
      Set(found->second, source, argument.substr(equals + 1), problems);
    } else if (found->second->IsOfType<bool>()) {
      Set(found->second, source, negated ? "false" : "true", problems);
    } else if (i + 1 < argc) {
      Set(found->second, source, argv[++i], problems);
    } else {
      problems.AddText(source + " needs a value");
    }
  }
  for (const auto& [name, flag] : flags) {
    if (given.contains(name)) continue;
    const std::string variable = EnvironmentName(name);
    // Nobody sets the environment while main starts.
    const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe)
    if (value != nullptr) Set(flag, variable, value, problems);
  }
  return true;
}

void Report(std::string_view program, const Problems& problems) {
  std::cerr << program << ": the configuration has " << problems.texts().size()
            << (problems.texts().size() == 1 ? " problem:\n" : " problems:\n");
  for (const std::string& text : problems.texts()) std::cerr << "  " << text << "\n";
  std::cerr << "Run " << program << " --help for all flags.\n";
}

}  // namespace parley::config
