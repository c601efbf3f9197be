#include "daemon/supervisor/out_of_memory.h"

#include "shm/status_page.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

namespace chainsolved::supervisor {

namespace {

constexpr std::uint64_t kRefreshNs = 1000 * kNsPerMs;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The unified hierarchy's line is "0::/PATH".
std::string path_of_cgroup_events() {
  const std::string text = text_of("/proc/self/cgroup");
  const std::size_t line = text.rfind("0::", std::string::npos);
  if (line == std::string::npos) return {};
  const std::size_t end = text.find('\n', line);
  return "/sys/fs/cgroup" + text.substr(line + 3, end - line - 3) + "/memory.events";
}

}  // namespace

std::uint64_t count_in(std::string_view text, std::string_view name) noexcept {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.size() <= name.size() || !line.starts_with(name) || line[name.size()] != ' ') continue;
    std::uint64_t number = 0;
    const char* digits = line.data() + name.size() + 1;
    const auto [end, error] = std::from_chars(digits, line.data() + line.size(), number);
    return error == std::errc() ? number : 0;
  }
  return 0;
}

OutOfMemory::OutOfMemory()
    : cgroup_events_(path_of_cgroup_events()), last_(count()), last_but_one_(last_) {}

std::uint64_t OutOfMemory::count() const {
  // A kill that both count is a growth all the same.
  return count_in(text_of("/proc/vmstat"), "oom_kill") +
         (cgroup_events_.empty() ? 0 : count_in(text_of(cgroup_events_), "oom_kill"));
}

bool OutOfMemory::has_grown() {
  const std::uint64_t now = count();
  const bool grown = now > last_but_one_;
  last_ = last_but_one_ = now;
  return grown;
}

void OutOfMemory::refresh(std::uint64_t now_ns) {
  if (now_ns - looked_at_ns_ < kRefreshNs) return;
  looked_at_ns_ = now_ns;
  last_but_one_ = std::exchange(last_, count());
}

}  // namespace chainsolved::supervisor
