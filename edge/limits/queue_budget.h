#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/metrics/metrics.h"

namespace parley::limits {

/// What may wait for all clients together: many of them, each within the limit of its own, must not take all
/// memory. While it is spent a queue has to be short. Who takes what it is sent has a short one, and never
/// notices. Any thread.
class QueueBudget {
 public:
  /// What any queue may hold, however much there is in others. Bytes.
  static constexpr std::size_t kShortQueue = 65'536;

  /// 0 turns the limit off; what waits is counted all the same.
  explicit QueueBudget(std::size_t max_bytes);

  /// What all queues hold.
  std::size_t bytes() const;

 private:
  friend class QueuedBytes;

  void Change(std::int64_t by) { bytes_.fetch_add(by, std::memory_order_relaxed); }

  bool MayGrow(std::size_t more, bool long_already) const;
  bool MayKeep(std::size_t more) const;

  const std::size_t max_bytes_;
  /// Apart from what is only read. A change may be seen before one that it follows, so that it is below 0 at
  /// times.
  alignas(64) std::atomic<std::int64_t> bytes_ = 0;
  const metrics::SampledGauge gauge_;
};

/// How much one queue holds, which counts towards the budget for as long as it does. One thread at a time.
class QueuedBytes {
 public:
  /// nullptr: there is no limit. The budget outlives this.
  explicit QueuedBytes(QueueBudget* budget) : budget_(budget) {}
  QueuedBytes(QueuedBytes&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  ~QueuedBytes() { Set(0); }
  QueuedBytes(const QueuedBytes&) = delete;
  QueuedBytes& operator=(const QueuedBytes&) = delete;
  QueuedBytes& operator=(QueuedBytes&&) = delete;

  std::size_t get() const { return bytes_; }

  void Set(std::size_t bytes) {
    if (budget_ != nullptr && bytes != bytes_) {
      budget_->Change(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(bytes_));
    }
    bytes_ = bytes;
  }

  /// Whether `more` may be made to wait for the client. If not, it is to be closed as a slow consumer. A long
  /// queue takes no more while the budget is spent. A short one takes one large message, since nobody has to
  /// be slow for that to wait, until the budget is spent twice.
  bool MayGrow(std::size_t more) const {
    return bytes_ + more <= QueueBudget::kShortQueue || budget_ == nullptr ||
           budget_->MayGrow(more, bytes_ > QueueBudget::kShortQueue);
  }

  /// Whether `more` may be kept in case the client asks for it. The budget must not be spent on that, so it
  /// is refused when half of it is.
  bool MayKeep(std::size_t more) const {
    return bytes_ + more <= QueueBudget::kShortQueue || budget_ == nullptr || budget_->MayKeep(more);
  }

 private:
  QueueBudget* const budget_;
  std::size_t bytes_ = 0;
};

}  // namespace parley::limits
