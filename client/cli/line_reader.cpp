#include "client/cli/line_reader.h"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace chainsolved::cli {

bool LineReader::read_some() {
  drop_taken();
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), chunk_.data(), chunk_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return true;
  if (got <= 0) {
    ended_ = true;
    return false;
  }
  buffer_.append(chunk_.data(), static_cast<std::size_t>(got));
  return true;
}

LineReader::Next LineReader::next(std::string_view& line) {
  const std::size_t end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    const bool last = ended_ && taken_ < buffer_.size() && !dropping_;
    if (last) {
      line = std::string_view(buffer_).substr(taken_);
      taken_ = buffer_.size();
      return Next::Line;
    }
    if (buffer_.size() - taken_ <= longest_ && !dropping_) return Next::Nothing;
    taken_ = buffer_.size();
    return std::exchange(dropping_, true) ? Next::Nothing : Next::TooLong;
  }
  line = std::string_view(buffer_).substr(taken_, end - taken_);
  taken_ = end + 1;
  searched_ = taken_;
  if (dropping_) {
    dropping_ = false;
    return next(line);
  }
  return line.size() <= longest_ ? Next::Line : Next::TooLong;
}

void LineReader::drop_taken() {
  buffer_.erase(0, taken_);
  searched_ -= taken_;
  taken_ = 0;
}

}  // namespace chainsolved::cli
