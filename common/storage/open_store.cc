#include "common/storage/open_store.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"

ABSL_FLAG(std::string, data_dir, "data",
          "Directory that holds this service's file; made if there is none. One process may use a file.");
ABSL_FLAG(std::string, durability, "process",
          "What an acknowledgement survives: process (this process is killed) or power (the machine is, too, "
          "at the price of waiting for the disk). SQLite's words for them are taken too: normal and full.");

namespace parley::storage {

StoreConfig ReadStoreConfig(config::Problems& problems) {
  StoreConfig config;
  config.data_dir = absl::GetFlag(FLAGS_data_dir);
  if (config.data_dir.empty()) problems.Add("data_dir", "must not be empty");
  const std::string durability = absl::GetFlag(FLAGS_durability);
  if (durability == "process" || durability == "normal") {
    config.durability = SqliteLogStore::Durability::kProcess;
  } else if (durability == "power" || durability == "full") {
    config.durability = SqliteLogStore::Durability::kPower;
  } else {
    problems.Add("durability", "must be process or power, not \"" + durability + "\"");
  }
  return config;
}

absl::StatusOr<std::unique_ptr<SqliteLogStore>> OpenStore(const StoreConfig& config, const std::string& name,
                                                          const Clock& clock) {
  // What people say to each other is nobody else's business on this machine.
  ::umask(S_IRWXG | S_IRWXO);
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  if (error) return absl::UnavailableError(absl::StrCat(config.data_dir, ": ", error.message()));
  const std::filesystem::path path = std::filesystem::path(config.data_dir) / (name + ".db");
  return SqliteLogStore::Open({path.string(), config.durability, {}}, clock);
}

}  // namespace parley::storage
