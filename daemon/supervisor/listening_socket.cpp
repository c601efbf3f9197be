#include "daemon/supervisor/listening_socket.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

namespace fs = std::filesystem;

constexpr int kBacklog = 1024;

[[noreturn]] void refuse(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::system_category().message(error));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("the socket path " + path + " has " + std::to_string(path.size()) +
                             " bytes; at most 107 are possible");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* as_address(const sockaddr_un& address) noexcept {
  // The socket interface wants it so.
  return reinterpret_cast<const sockaddr*>(&address);
}

UniqueFd new_socket() {
  return checked_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
}

/// A directory of ours alone, or (for a path that somebody chose) one in which others cannot
/// replace what is ours.
void prepare_directory(const fs::path& directory) {
  std::error_code failed;
  if (!fs::exists(directory, failed)) {
    if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), failed);
    if (::mkdir(directory.c_str(), 0700) < 0 && errno != EEXIST)
      refuse("the directory " + directory.string() + " cannot be made", errno);
  }
  struct stat status {};
  if (::stat(directory.c_str(), &status) < 0)
    refuse("the directory " + directory.string() + " cannot be looked at", errno);
  if (!S_ISDIR(status.st_mode))
    throw std::runtime_error(directory.string() + " is not a directory");
  const bool is_sticky = (status.st_mode & S_ISVTX) != 0;
  if (status.st_uid != ::geteuid() && !(status.st_uid == 0 && is_sticky))
    throw std::runtime_error("the directory " + directory.string() + " belongs to user " +
                             std::to_string(status.st_uid) + ", not to user " +
                             std::to_string(::geteuid()) +
                             "; choose another with --socket or $CHAINSOLVED_SOCKET");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !is_sticky)
    throw std::runtime_error("others may write into the directory " + directory.string() +
                             "; type `chmod 0700 " + directory.string() + "`");
}

/// Somebody listens there although the lock is free: systemd, or another program.
bool is_answered(const std::string& path) {
  const UniqueFd probe = new_socket();
  const sockaddr_un address = address_of(path);
  return ::connect(probe.get(), as_address(address), sizeof address) == 0 || errno == EAGAIN;
}

void remove_stale(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0) {
    if (errno == ENOENT) return;
    refuse("the socket " + path + " cannot be looked at", errno);
  }
  if (!S_ISSOCK(status.st_mode))
    throw std::runtime_error(path + " exists and is not a socket; it is left alone");
  if (is_answered(path))
    throw std::runtime_error(
        "something listens on " + path +
        " already, and no daemon holds its lock; is it a systemd socket unit? (systemctl --user "
        "status chainsolved.socket)");
  if (::unlink(path.c_str()) < 0) refuse("the stale socket " + path + " cannot be removed", errno);
}

std::string holder_of(const UniqueFd& lock) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(lock.get(), text.data(), text.size(), 0);
  std::string_view pid(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  while (!pid.empty() && pid.back() == '\n')
    pid.remove_suffix(1);
  return pid.empty() ? "another daemon" : "a daemon with process id " + std::string(pid);
}

/// The file was not removed by its last holder between our opening and our locking it.
bool is_still_there(const UniqueFd& file, const std::string& path) {
  struct stat opened {};
  struct stat present {};
  return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &present) == 0 &&
         opened.st_ino == present.st_ino && opened.st_dev == present.st_dev;
}

std::string bound_path(const UniqueFd& socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0)
    refuse("the socket that systemd passed has no name", errno);
  return address.sun_path;
}

}  // namespace

InstanceLock::InstanceLock(const std::string& socket) : path_(socket + ".lock") {
  do {
    file_ = UniqueFd{AdoptFd{}, ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!file_.valid()) refuse("the lock file " + path_ + " cannot be opened", errno);
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) < 0) {
      if (errno != EWOULDBLOCK) refuse("the lock file " + path_ + " cannot be locked", errno);
      throw std::runtime_error(holder_of(file_) + " serves " + socket +
                               " already; use it, stop it, or choose another --socket");
    }
  } while (!is_still_there(file_, path_));
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) < 0 || ::pwrite(file_.get(), pid.data(), pid.size(), 0) < 0)
    refuse("the lock file " + path_ + " cannot be written", errno);
}

InstanceLock::~InstanceLock() {
  ::unlink(path_.c_str());
}

ListeningSocket::ListeningSocket(const std::string& path) : path_(path), is_ours_(true) {
  const sockaddr_un address = address_of(path);
  const fs::path directory = fs::path(path).parent_path();
  prepare_directory(directory.empty() ? fs::path(".") : directory);
  lock_.emplace(path);
  remove_stale(path);
  fd_ = new_socket();
  if (::bind(fd_.get(), as_address(address), sizeof address) < 0)
    refuse("the socket " + path + " cannot be made", errno);
  if (::chmod(path.c_str(), 0600) < 0 || ::listen(fd_.get(), kBacklog) < 0) {
    const int error = errno;
    ::unlink(path.c_str());
    refuse("nothing can listen on the socket " + path, error);
  }
}

ListeningSocket::ListeningSocket(UniqueFd activated)
    : path_(bound_path(activated)), is_ours_(false), fd_(std::move(activated)) {
  if (!path_.empty()) lock_.emplace(path_);
}

ListeningSocket::~ListeningSocket() {
  if (is_ours_) ::unlink(path_.c_str());
}

}  // namespace chainsolved::supervisor
