#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace parley::bench {

/// A process of the server.
struct ServerProcess {
  std::string name;
  pid_t pid = 0;
};

/// User and system time that the process has taken since it began, in microseconds. Throws Failure when there
/// is no such process.
double CpuMicroseconds(const ServerProcess& process);

/// Likewise of this process.
double OwnCpuMicroseconds();

/// Resident memory in bytes. Throws Failure when there is no such process.
double ResidentBytes(const ServerProcess& process);

/// Bytes of the files that the process has open, among them what it keeps on disk. Throws Failure when there
/// is no such process.
double OpenFileBytes(const ServerProcess& process);

/// Lets this process, and those that it starts, have as many descriptors as it may have. Returns how many.
std::uint64_t RaiseDescriptorLimit();

}  // namespace parley::bench
