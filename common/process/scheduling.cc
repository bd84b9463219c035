#include "common/process/scheduling.h"

#include <sched.h>

#include <cerrno>
#include <system_error>

#include "common/log/log.h"

namespace parley {

void SetScheduling(Scheduling scheduling) {
  const int policy = scheduling == Scheduling::kBatch ? SCHED_BATCH : SCHED_OTHER;
  const sched_param none{};
  if (sched_setscheduler(0, policy, &none) == 0) return;
  log::Warning("the kernel refuses to schedule otherwise",
               {{"cause", std::generic_category().message(errno)}});
}

}  // namespace parley
