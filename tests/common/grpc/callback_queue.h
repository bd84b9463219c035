#pragma once

namespace parley {

/// To be called before the first channel is made that calls back. gRPC 1.51 winds its queue for callbacks
/// down whenever the last channel that has used it is gone, and sometimes aborts in doing so: from now on one
/// stays.
void KeepCallbackQueue();

}  // namespace parley
