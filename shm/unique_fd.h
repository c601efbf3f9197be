#pragma once

#include "protocol/error.h"

#include <utility>

namespace chainsolved {

struct AdoptFd {};

/// A descriptor lent for the length of a call.
class BorrowedFd {
 public:
  constexpr explicit BorrowedFd(int fd) noexcept : fd_(fd) {}
  constexpr int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Owns one file descriptor and closes it. Empty when moved from.
/// Not thread-safe; hand it over, do not share it.
class [[nodiscard]] UniqueFd {
 public:
  UniqueFd() noexcept = default;
  UniqueFd(AdoptFd, int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  bool valid() const noexcept { return fd_ >= 0; }
  operator bool() const = delete;  // fd 0 is valid: say .valid()
  BorrowedFd borrow() const noexcept { return BorrowedFd{fd_}; }
  int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept;

  /// A second descriptor of the same file, close-on-exec; empty with errno set when it fails.
  UniqueFd duplicate() const noexcept;

 private:
  int fd_ = -1;
};

/// Owns what a system call returned, or throws std::system_error naming the call. For start-up
/// code; while serving, use what returns a Result.
UniqueFd checked_fd(int fd, const char* call);

}  // namespace chainsolved
