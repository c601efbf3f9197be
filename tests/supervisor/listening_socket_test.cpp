#include "daemon/supervisor/listening_socket.h"

#include "shm/unique_fd.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace chainsolved::supervisor {
namespace {

namespace fs = std::filesystem;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

/// A socket somebody else bound; nobody listens on it until `listen` is called.
UniqueFd bound(const std::string& path) {
  UniqueFd socket = checked_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_un address = address_of(path);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return socket;
}

bool connects(const std::string& path) {
  const UniqueFd socket = checked_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_un address = address_of(path);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

std::string bind_refusal(const std::string& path) {
  try {
    const ListeningSocket socket(path);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

class ListeningSocketTest : public ::testing::Test {
 protected:
  test::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/run/engine.sock";
};

TEST_F(ListeningSocketTest, DirectoryIsMadeForUsAloneAndNothingIsLeftBehind) {
  {
    const ListeningSocket socket(path_);
    EXPECT_EQ(mode_of(directory_.path() + "/run"), 0700U);
    EXPECT_EQ(mode_of(path_) & 0077U, 0U);
    EXPECT_TRUE(connects(path_));
  }
  EXPECT_TRUE(fs::is_empty(directory_.path() + "/run"));
}

TEST_F(ListeningSocketTest, SecondInstanceIsRefusedAndTheHolderNamed) {
  const ListeningSocket first(path_);
  const std::string reason = bind_refusal(path_);
  EXPECT_NE(reason.find("process id " + std::to_string(::getpid())), std::string::npos) << reason;
  EXPECT_NE(reason.find(path_), std::string::npos) << reason;
  EXPECT_TRUE(connects(path_));
}

TEST_F(ListeningSocketTest, StaleSocketAndLockOfADeadDaemonAreTakenOver) {
  fs::create_directory(directory_.path() + "/run");
  fs::permissions(directory_.path() + "/run", fs::perms::owner_all);
  bound(path_).reset();
  std::ofstream(path_ + ".lock") << "12345\n";
  const ListeningSocket socket(path_);
  EXPECT_TRUE(connects(path_));
}

TEST_F(ListeningSocketTest, SocketThatSomebodyElseListensOnIsNotTakenAway) {
  fs::create_directory(directory_.path() + "/run");
  fs::permissions(directory_.path() + "/run", fs::perms::owner_all);
  const UniqueFd other = bound(path_);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  EXPECT_NE(bind_refusal(path_).find("something listens on"), std::string::npos);
  EXPECT_TRUE(connects(path_));
}

TEST_F(ListeningSocketTest, FileThatIsNoSocketIsLeftAlone) {
  fs::create_directory(directory_.path() + "/run");
  fs::permissions(directory_.path() + "/run", fs::perms::owner_all);
  std::ofstream(path_) << "precious";
  EXPECT_NE(bind_refusal(path_).find("not a socket"), std::string::npos);
  EXPECT_EQ(fs::file_size(path_), 8U);
}

TEST_F(ListeningSocketTest, DirectoryThatOthersMayWriteIntoIsRefused) {
  fs::create_directory(directory_.path() + "/run");
  fs::permissions(directory_.path() + "/run", fs::perms::all);
  EXPECT_NE(bind_refusal(path_).find("chmod 0700"), std::string::npos);
}

TEST_F(ListeningSocketTest, DirectoryOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  fs::create_directory(directory_.path() + "/run");
  ASSERT_EQ(::chown((directory_.path() + "/run").c_str(), 12345, 12345), 0);
  EXPECT_NE(bind_refusal(path_).find("belongs to user 12345"), std::string::npos);
}

}  // namespace
}  // namespace chainsolved::supervisor
