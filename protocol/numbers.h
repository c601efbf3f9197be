#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace chainsolved {

/// An immutable, shared range of doubles. It does not say where they lie: on the heap, in a sealed
/// segment, or inside a larger buffer. Whoever made it gave it a keeper, and the memory lives as
/// long as the last copy. Copying is one reference count; nothing is ever copied element by
/// element.
class Numbers {
 public:
  Numbers() noexcept = default;

  /// `first[0 .. count)` stays readable while `first` (which may alias a larger owner) is held.
  Numbers(std::shared_ptr<const double> first, std::size_t count) noexcept
      : first_(std::move(first)), count_(count) {}

  /// Takes the vector over.
  explicit Numbers(std::vector<double> values);

  const double* data() const noexcept { return first_.get(); }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  double operator[](std::size_t i) const noexcept { return first_.get()[i]; }
  const double* begin() const noexcept { return data(); }
  const double* end() const noexcept { return data() + count_; }
  std::span<const double> span() const noexcept { return {data(), count_}; }

  /// A part of the same memory. Requires offset + count <= size().
  Numbers slice(std::size_t offset, std::size_t count) const noexcept;

  /// True when both are the very same memory and range: equal without reading a byte.
  bool same_memory(const Numbers& other) const noexcept {
    return data() == other.data() && count_ == other.count_;
  }

  /// The reference-counted owner, for whoever must recognise it (a result that is a dataset).
  const std::shared_ptr<const double>& owner() const noexcept { return first_; }

 private:
  std::shared_ptr<const double> first_;
  std::size_t count_ = 0;
};

/// Writable, uninitialised doubles that become Numbers when they are filled.
class NumberBuffer {
 public:
  explicit NumberBuffer(std::size_t count);

  double* data() noexcept { return values_.get(); }
  std::size_t size() const noexcept { return count_; }
  double& operator[](std::size_t i) noexcept { return values_.get()[i]; }
  std::span<double> span() noexcept { return {values_.get(), count_}; }

  /// Freezes them: nobody writes from here on.
  Numbers take() && noexcept;

 private:
  std::shared_ptr<double> values_;
  std::size_t count_;
};

/// Bit-for-bit equality, by identity first.
bool identical(const Numbers& a, const Numbers& b) noexcept;

}  // namespace chainsolved
