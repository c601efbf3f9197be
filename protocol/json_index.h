#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace chainsolved {

/// Where the tokens of a JSON text begin, found by simdjson's first stage, a window at a time: a
/// whole index would take four times the memory of its text, fresh pages all of them, and more time
/// for these than for the work. A window ends behind a token, never inside one.
class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();
  JsonIndex(const JsonIndex&) = delete;
  JsonIndex& operator=(const JsonIndex&) = delete;

  struct Window {
    const std::uint32_t* tokens = nullptr;  // offsets into the window; [count] is its length
    std::uint32_t count = 0;
    bool last = true;             // it reaches to the text's end
    const char* fault = nullptr;  // what is wrong with the text, if anything
  };

  /// The window that begins at `from`: 0, or where a token begins. The next call overwrites it.
  /// Finds invalid UTF-8, control characters in strings and a string that does not end.
  Window scan(std::string_view text, std::size_t from);

 private:
  struct Scanner;

  std::unique_ptr<Scanner> scanner_;
};

}  // namespace chainsolved
