// Counts every allocation of the program, so it is a program of its own.
#include "protocol/request.h"
#include "protocol/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Not inlined: GCC 12 takes the pair apart and warns of a mismatch when it sees into one of them
// only.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return counted(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return counted(size);
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace chainsolved {
namespace {

std::string padded(std::string_view text) {
  return std::string(text) + std::string(kJsonPadding, '\0');
}

double read_all(RequestReader& reader, std::string_view text) {
  const Limits limits;
  auto request = reader.read(text.substr(0, text.size() - kJsonPadding), limits);
  if (!request.ok()) return -1;
  auto inputs = reader.read_inputs(*request, limits);
  if (!inputs.ok()) return -1;
  double sum = 0;
  for (const InputChange& change : (*inputs)->changes)
    sum += change.value;
  return sum;
}

TEST(Allocation, IsCounted) {
  const std::size_t before = allocations;
  const auto memory = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(allocations - before, 2U) << memory->size();
}

TEST(Allocation, ReadingInputsNeedsNoneAfterTheFirst) {
  RequestReader reader;
  const std::string single = padded(
      R"({"method":"setInput","params":{"nodeId":"a node with quite a long name \u0041","portId":"value","value":2.5}})");
  const std::string many = padded(
      R"({"method":"setInputs","params":{"inputs":[{"nodeId":"a","portId":"x","value":1},{"nodeId":"b","portId":"y","value":2.25e1}],"options":{"timeBudgetMs":5}}})");
  read_all(reader, single);
  read_all(reader, many);
  const std::size_t before = allocations;
  double sum = 0;
  for (int i = 0; i < 1000; ++i)
    sum += read_all(reader, single) + read_all(reader, many);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(sum, 1000 * 26.0);
}

}  // namespace
}  // namespace chainsolved
