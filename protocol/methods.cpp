#include "protocol/methods.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved {

namespace {

constexpr std::uint64_t kFnvOffset = 0xCBF29CE484222325;
constexpr std::uint64_t kFnvPrime = 0x100000001B3;

constexpr std::uint64_t hash_byte(std::uint64_t hash, unsigned char byte) noexcept {
  return (hash ^ byte) * kFnvPrime;
}

constexpr std::uint64_t hash_text(std::uint64_t hash, std::string_view text) noexcept {
  for (const char c : text)
    hash = hash_byte(hash, static_cast<unsigned char>(c));
  return hash_byte(hash, 0);  // "a" + "bc" and "ab" + "c" differ
}

constexpr std::uint64_t hash_methods() noexcept {
  std::uint64_t hash = kFnvOffset;
  for (const MethodInfo& row : kMethods) {
    hash = hash_text(hash, row.name);
    hash = hash_byte(hash, static_cast<unsigned char>(row.served));
    hash = hash_byte(hash, static_cast<unsigned char>(row.effect));
    hash = hash_byte(hash, static_cast<unsigned char>(row.turn));
    hash = hash_text(hash, row.params);
    hash = hash_text(hash, row.result);
  }
  return hash;
}

}  // namespace

const MethodInfo* find_method(std::string_view name) noexcept {
  for (const MethodInfo& row : kMethods)
    if (row.name == name) return &row;
  return nullptr;
}

std::string methods_hash() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::uint64_t kHash = hash_methods();
  std::string text;
  for (unsigned shift = 64; shift > 0; shift -= 4)
    text += kDigits[(kHash >> (shift - 4)) & 0xFU];
  return text;
}

}  // namespace chainsolved
