#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::cli {

enum class CheckStatus : std::uint8_t { Ok, Warn, Fail };
std::string_view name_of(CheckStatus status) noexcept;  // "ok", "warn", "fail"

/// One thing that `doctor` looked at: what it found, and what to do where something is to be done.
struct Check {
  std::string name;
  CheckStatus status = CheckStatus::Ok;
  std::string found;
  std::string advice;
};

/// What the machine offers: shared memory and sealing, seccomp, pidfds, PSI, huge pages, limits.
std::vector<Check> check_machine();

/// The installation: programs, socket directory, a running daemon and the versions of all three.
std::vector<Check> check_installation(const std::string& socket);

}  // namespace chainsolved::cli
