#pragma once

#include "shm/unique_fd.h"

#include <string>
#include <string_view>

namespace chainsolved::supervisor {

/// `--ready-fd`: where a starting client learns that the daemon serves, or why it does not. One
/// line, once.
class StartReport {
 public:
  /// -1: nobody waits.
  explicit StartReport(int fd) noexcept;

  void ready() noexcept { write_line("ready"); }
  void failed(const std::string& reason);

 private:
  void write_line(std::string line) noexcept;
  UniqueFd fd_;
};

}  // namespace chainsolved::supervisor
