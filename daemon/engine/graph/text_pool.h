#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chainsolved::graph {

/// Immutable texts (ids, data objects) in an arena: 4 bytes of length, then the bytes, rounded up
/// to 8. A released text's room serves the next one of its size, so that a graph that is edited for
/// a day does not grow. Large texts get an allocation of their own.
class TextPool {
 public:
  /// A text of the pool; null is the empty text. Valid until it is released or the pool ends.
  class Ref {
   public:
    Ref() noexcept = default;
    bool null() const noexcept { return at_ == nullptr; }
    std::string_view view() const noexcept;

   private:
    friend class TextPool;
    explicit Ref(const char* at) noexcept : at_(at) {}
    const char* at_ = nullptr;
  };

  Ref add(std::string_view text);
  void release(Ref ref) noexcept;

  std::size_t memory_bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::size_t kGrain = 8;
  static constexpr std::size_t kLargestPooled = 2048;
  static constexpr std::size_t kBlockBytes = 256U << 10;

  char* take(std::size_t bytes);

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
  std::array<char*, kLargestPooled / kGrain + 1> free_{};  // linked through their first 8 bytes
  // Those over kLargestPooled; few, since they are data objects of more than 2 KiB.
  std::unordered_map<const char*, std::unique_ptr<char[]>> large_;
};

}  // namespace chainsolved::graph
