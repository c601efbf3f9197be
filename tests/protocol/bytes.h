#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::test {

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// How often to damage something: sanitizers see more in each try and take twenty times as long.
constexpr int tries(int count) {
#ifdef CHAINSOLVED_SANITIZED
  return count / 10;
#else
  return count;
#endif
}

/// A copy of `text` on the heap that ends exactly where the text does, so that a sanitizer sees a
/// read past the end.
class TightText {
 public:
  explicit TightText(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
  }
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// Damages text the way a hostile or broken peer would, reproducibly.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string operator()(std::string text) {
    const std::size_t changes = 1 + pick(4);
    for (std::size_t i = 0; i < changes && !text.empty(); ++i)
      change(text);
    return text;
  }

  std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % below); }

 private:
  void change(std::string& text) {
    constexpr std::string_view kTelling = "{}[]\",:\\0-e.tn \x80\xC3\xFF";
    const std::size_t at = pick(text.size());
    switch (pick(6)) {
      case 0:
        text[at] = static_cast<char>(random_());
        break;
      case 1:
        text[at] = kTelling[pick(kTelling.size())];
        break;
      case 2:
        text.erase(at, 1 + pick(8));
        break;
      case 3:
        text.insert(at, 1, kTelling[pick(kTelling.size())]);
        break;
      case 4:
        text.resize(at);
        break;
      default:
        text.insert(at, text.substr(pick(text.size()), 1 + pick(24)));
        break;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace chainsolved::test
