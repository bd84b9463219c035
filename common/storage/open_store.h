#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/config/flags.h"
#include "common/storage/sqlite/sqlite_log_store.h"

namespace parley::storage {

/// Where and how a service keeps what it must not forget.
struct StoreConfig {
  std::string data_dir;
  SqliteLogStore::Durability durability;
};

/// Reads the flags that are parsed by now; what is wrong is added to `problems`.
StoreConfig ReadStoreConfig(config::Problems& problems);

/// Opens the file of the service `name`, in a directory that is made if there is none. Errors as
/// SqliteLogStore::Open. `clock` must outlive the store.
absl::StatusOr<std::unique_ptr<SqliteLogStore>> OpenStore(const StoreConfig& config, const std::string& name,
                                                          const Clock& clock);

}  // namespace parley::storage
