#pragma once

#include <cstddef>

namespace chainsolved::test {

/// How often this thread has called operator new. Always 0 under a sanitizer, which has its own.
std::size_t allocation_count() noexcept;

}  // namespace chainsolved::test
