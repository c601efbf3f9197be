#include "daemon/supervisor/process_tasks.h"

#include "shm/unique_fd.h"

#include <array>
#include <charconv>
#include <memory>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

// include/linux/sched.h; not part of any header for programs.
constexpr std::uint64_t kExitingFlag = 0x4;
/// Of the fields after the name: state, ppid, pgrp, session, tty_nr, tpgid, flags.
constexpr int kFlagsField = 6;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// Calls `visit` for the state of every task, until it returns false. A task that ends meanwhile is
/// left out.
template <class Visitor>
void for_each_task(pid_t pid, Visitor visit) noexcept {
  const std::string path = "/proc/" + std::to_string(pid) + "/task";
  const std::unique_ptr<DIR, CloseDirectory> tasks(::opendir(path.c_str()));
  if (!tasks) return;
  while (const dirent* entry = ::readdir(tasks.get())) {  // NOLINT(concurrency-mt-unsafe)
    if (entry->d_name[0] == '.') continue;
    const std::string file = std::string(entry->d_name) + "/stat";
    const UniqueFd fd{AdoptFd{},
                      ::openat(::dirfd(tasks.get()), file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid()) continue;
    std::array<char, 512> text{};
    const ssize_t length = ::read(fd.get(), text.data(), text.size());
    if (length <= 0) continue;
    const auto state =
        parse_task_state(std::string_view(text.data(), static_cast<std::size_t>(length)));
    if (state && !visit(*state)) return;
  }
}

}  // namespace

bool TaskState::is_exiting() const noexcept {
  return (flags & kExitingFlag) != 0 || letter == 'Z' || letter == 'X';
}

std::optional<TaskState> parse_task_state(std::string_view stat) noexcept {
  const std::size_t name_end = stat.rfind(')');  // the name may hold anything
  if (name_end == std::string_view::npos || stat.size() < name_end + 4) return std::nullopt;
  std::string_view rest = stat.substr(name_end + 2);
  TaskState state;
  state.letter = rest.front();
  for (int field = 0; field < kFlagsField; ++field) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(space + 1);
  }
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), state.flags);
  if (error != std::errc()) return std::nullopt;
  return state;
}

bool can_still_run(pid_t pid) noexcept {
  bool runs = false;
  for_each_task(pid, [&runs](const TaskState& task) {
    runs = !task.is_exiting();
    return !runs;
  });
  return runs;
}

bool is_stopped(pid_t pid) noexcept {
  bool any = false;
  bool all = true;
  for_each_task(pid, [&](const TaskState& task) {
    any = true;
    all = task.letter == 'T' || task.letter == 't';
    return all;
  });
  return any && all;
}

}  // namespace chainsolved::supervisor
