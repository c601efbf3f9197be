#pragma once

#include <string>

namespace chainsolved::cli {

/// A program of ours that lies beside this executable, where builds and packages put them.
std::string program_beside(const std::string& name);

/// Whether the path names something that can be run.
bool can_run(const std::string& path) noexcept;

}  // namespace chainsolved::cli
