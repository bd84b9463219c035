#include "tests/bench/load/process_usage.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "tests/bench/load/failure.h"

namespace parley::bench {
namespace {

std::string ReadProc(const ServerProcess& process, const char* file) {
  std::ifstream stream("/proc/" + std::to_string(process.pid) + "/" + file);
  std::string line;
  if (!std::getline(stream, line)) throw Failure(process.name + " doesn't run any more");
  return line;
}

double Microseconds(const timeval& time) { return time.tv_sec * 1e6 + time.tv_usec; }

}  // namespace

double CpuMicroseconds(const ServerProcess& process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process.pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    throw Failure(process.name + " doesn't run any more");
  }
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

double OwnCpuMicroseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Microseconds(usage.ru_utime) + Microseconds(usage.ru_stime);
}

double ResidentBytes(const ServerProcess& process) {
  std::istringstream fields(ReadProc(process, "statm"));
  double size = 0;
  double resident = 0;
  fields >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

double OpenFileBytes(const ServerProcess& process) {
  std::error_code error;
  std::filesystem::directory_iterator descriptors("/proc/" + std::to_string(process.pid) + "/fd", error);
  if (error) throw Failure(process.name + " doesn't run any more");
  double bytes = 0;
  // Several descriptors may be of one file.
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const auto& descriptor : descriptors) {
    struct stat file {};
    if (stat(descriptor.path().c_str(), &file) != 0 || !S_ISREG(file.st_mode)) continue;
    if (seen.emplace(file.st_dev, file.st_ino).second) bytes += file.st_size;
  }
  return bytes;
}

std::uint64_t RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace parley::bench
