#pragma once

#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::cli {

/// Takes lines from a descriptor that poll() says is readable, never waiting. What has no line
/// break yet is kept; a line over the limit is thrown away up to its end. A last line without a
/// break counts.
class LineReader {
 public:
  LineReader(BorrowedFd fd, std::size_t longest) : fd_(fd), longest_(longest) {}

  /// Reads what is there. False when the input has ended (or cannot be read): finish() then has
  /// the last line.
  bool read_some();

  enum class Next : std::uint8_t { Line, TooLong, Nothing };
  /// The next whole line, valid until the next call of either function.
  Next next(std::string_view& line);

 private:
  void drop_taken();

  BorrowedFd fd_;
  std::size_t longest_;
  std::vector<char> chunk_ = std::vector<char>(std::size_t{1} << 16);
  std::string buffer_;
  std::size_t taken_ = 0;     // bytes of buffer_ that were given out
  std::size_t searched_ = 0;  // bytes of buffer_ without a line break
  bool dropping_ = false;
  bool ended_ = false;
};

}  // namespace chainsolved::cli
