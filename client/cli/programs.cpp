#include "client/cli/programs.h"

#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace chainsolved::cli {

std::string program_beside(const std::string& name) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? name : (self.parent_path() / name).string();
}

bool can_run(const std::string& path) noexcept {
  return ::access(path.c_str(), X_OK) == 0;
}

}  // namespace chainsolved::cli
