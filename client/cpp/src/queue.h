#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace chainsolved::client {

/// A first-in first-out queue in one vector that is used again: once warm, it allocates nothing.
/// (std::deque allocates as it moves along.)
template <class T>
class Queue {
 public:
  bool empty() const noexcept { return head_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - head_; }
  T& front() noexcept { return items_[head_]; }
  T& back() noexcept { return items_.back(); }
  T& operator[](std::size_t i) noexcept { return items_[head_ + i]; }
  const T& operator[](std::size_t i) const noexcept { return items_[head_ + i]; }

  T& push(T item) {
    items_.push_back(std::move(item));
    return items_.back();
  }
  T pop() {
    T item = std::move(items_[head_++]);
    if (head_ == items_.size()) {
      clear();
    } else if (head_ >= kCompactAt && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return item;
  }
  /// The last `count` go in front of the others, in their order.
  void bring_forward(std::size_t count) {
    const auto first = items_.begin() + static_cast<std::ptrdiff_t>(head_);
    std::rotate(first, items_.end() - static_cast<std::ptrdiff_t>(count), items_.end());
  }
  /// Takes one out of the middle.
  T take(std::size_t i) {
    T item = std::move(items_[head_ + i]);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(head_ + i));
    if (empty()) clear();
    return item;
  }
  void clear() noexcept {
    items_.clear();
    head_ = 0;
  }

 private:
  static constexpr std::size_t kCompactAt = 64;
  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace chainsolved::client
