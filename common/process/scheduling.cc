#include "common/process/scheduling.h"

#include <sched.h>

#include <cerrno>
#include <system_error>

#include "common/log/log.h"

namespace parley {

void SetScheduling(Scheduling scheduling) {
  // Whoever has chosen another policy for this process, such as a real-time one, knows why.
  if (scheduling == Scheduling::kNormal || sched_getscheduler(0) != SCHED_OTHER) return;
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_BATCH, &none) == 0) return;
  log::Warning("the kernel refuses batch scheduling", {{"cause", std::generic_category().message(errno)}});
}

}  // namespace parley
