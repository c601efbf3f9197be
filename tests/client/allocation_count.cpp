#include "tests/client/allocation_count.h"

#include <cstdlib>
#include <new>

namespace chainsolved::test {

namespace {

thread_local std::size_t allocations = 0;

}  // namespace

std::size_t allocation_count() noexcept {
  return allocations;
}

#ifndef CHAINSOLVED_SANITIZED
void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
#endif

}  // namespace chainsolved::test

#ifndef CHAINSOLVED_SANITIZED
void* operator new(std::size_t size) {
  return chainsolved::test::counted(size);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
#endif
