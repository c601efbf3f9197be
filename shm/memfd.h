#pragma once

#include "shm/unique_fd.h"

namespace chainsolved {

/// A new empty memfd that takes seals, is closed on exec and can never be executed. Not valid, with
/// errno set, when the kernel has none.
UniqueFd create_memfd(const char* name) noexcept;

}  // namespace chainsolved
