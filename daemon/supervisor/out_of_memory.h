#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved::supervisor {

/// The number behind `name` in the lines "NAME NUMBER" of `text`; 0 when there is none.
std::uint64_t count_in(std::string_view text, std::string_view name) noexcept;

/// How many processes the kernel has killed for want of memory, on this machine and in the daemon's
/// cgroup: whether a SIGKILL that nobody here sent was one of these.
class OutOfMemory {
 public:
  OutOfMemory();

  /// Whether the number has grown since the last look but one: a process dies some time after it
  /// was counted, and a look in between must not hide that.
  bool has_grown();
  /// Looks, at most once a second.
  void refresh(std::uint64_t now_ns);

 private:
  std::uint64_t count() const;

  std::string cgroup_events_;  // path; empty: no cgroup that can be read
  std::uint64_t last_ = 0;
  std::uint64_t last_but_one_ = 0;
  std::uint64_t looked_at_ns_ = 0;
};

}  // namespace chainsolved::supervisor
