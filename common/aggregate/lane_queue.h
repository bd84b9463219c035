#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

namespace parley {

/// The commands of one room that wait for their turn, in the order in which they came. `Task` has `lane` and
/// `request_id`, as AggregateHost::Execute is given them. One thread at a time.
template <typename Task>
class LaneQueue {
 public:
  /// How many commands are handed out together, at most.
  static constexpr std::size_t kMaxGroup = 64;

  void Add(Task task) { tasks_.push_back(std::move(task)); }

  /// Takes what can be decided on one state: the first command, and those behind it up to the first that has
  /// to see, or to repeat, one of them. Empty: there is nothing.
  std::vector<Task> TakeGroup() {
    std::vector<Task> group;
    while (!tasks_.empty() && group.size() < kMaxGroup && IsIndependent(tasks_.front(), group)) {
      group.push_back(std::move(tasks_.front()));
      tasks_.pop_front();
    }
    return group;
  }

  /// Puts back a group, or the last of it, that was taken.
  void PutBack(typename std::vector<Task>::iterator begin, typename std::vector<Task>::iterator end) {
    tasks_.insert(tasks_.begin(), std::make_move_iterator(begin), std::make_move_iterator(end));
  }

 private:
  static bool IsIndependent(const Task& next, const std::vector<Task>& group) {
    return std::none_of(group.begin(), group.end(), [&](const Task& task) {
      const bool sees = task.lane.empty() || next.lane.empty() || task.lane == next.lane;
      const bool repeats = !task.request_id.empty() && task.request_id == next.request_id;
      return sees || repeats;
    });
  }

  std::deque<Task> tasks_;
};

}  // namespace parley
