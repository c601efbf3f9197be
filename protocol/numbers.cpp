#include "protocol/numbers.h"

#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace chainsolved {

namespace {

std::shared_ptr<const double> keep(std::vector<double> values) {
  if (values.empty()) return nullptr;
  auto owner = std::make_shared<const std::vector<double>>(std::move(values));
  const double* first = owner->data();
  return {std::move(owner), first};
}

// One allocation for counter and doubles, which are left as they are.
std::shared_ptr<double> allocate(std::size_t count) {
  auto owner = std::make_shared_for_overwrite<double[]>(count);
  double* first = owner.get();
  return {std::move(owner), first};
}

}  // namespace

Numbers::Numbers(std::vector<double> values) : count_(values.size()) {
  first_ = keep(std::move(values));
}

Numbers Numbers::slice(std::size_t offset, std::size_t count) const noexcept {
  return {std::shared_ptr<const double>(first_, first_.get() + offset), count};
}

NumberBuffer::NumberBuffer(std::size_t count) : values_(allocate(count)), count_(count) {}

Numbers NumberBuffer::take() && noexcept {
  return {std::move(values_), std::exchange(count_, 0)};
}

bool identical(const Numbers& a, const Numbers& b) noexcept {
  if (a.size() != b.size()) return false;
  if (a.empty() || a.data() == b.data()) return true;
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace chainsolved
