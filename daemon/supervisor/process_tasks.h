#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/types.h>

namespace chainsolved::supervisor {

/// What /proc/PID/task/TID/stat says of one task.
struct TaskState {
  char letter = '?';        // R, S, D, T, Z, ...
  std::uint64_t flags = 0;  // PF_*

  /// It is on its way out of the kernel and will never run code of its program again.
  bool is_exiting() const noexcept;
};
/// Nothing when the text is not what the kernel writes.
std::optional<TaskState> parse_task_state(std::string_view stat) noexcept;

/// Whether any task of the process may still run code of its program. Of a process that is ours and
/// not reaped: its number is not another's.
bool can_still_run(pid_t pid) noexcept;

/// Every task that is there is stopped, by a signal or a debugger.
bool is_stopped(pid_t pid) noexcept;

}  // namespace chainsolved::supervisor
