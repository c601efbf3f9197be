#include "chainsolved/control.h"
#include "chainsolved/options.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace chainsolved::client {

namespace {

using test::TemporaryDirectory;

Error failure(const std::string& socket, Spawn spawn = Spawn::Never) {
  Options options;
  options.socket = socket;
  options.spawn = spawn;
  auto connection = ControlConnection::open(options);
  EXPECT_FALSE(connection.ok());
  return connection.ok() ? Error{} : connection.error();
}

bool says(const Error& error, const std::string& text) {
  return error.message.find(text) != std::string::npos;
}

TEST(Connecting, WithoutASocketTheMessageNamesThePathAndTheNextCommand) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/none.sock";
  const Error error = failure(path);
  EXPECT_TRUE(is_no_daemon(error));
  EXPECT_TRUE(says(error, path)) << error.message;
  EXPECT_TRUE(says(error, "there is no socket")) << error.message;
  EXPECT_TRUE(says(error, "no daemon runs")) << error.message;
  EXPECT_TRUE(says(error, "chainsolve serve --socket " + path)) << error.message;
}

TEST(Connecting, OfASocketLeftBehindTheMessageTellsOwnerAndMode) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/stale.sock";
  {
    const UniqueFd socket = checked_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  }
  const Error error = failure(path);
  EXPECT_TRUE(is_no_daemon(error));
  EXPECT_TRUE(says(error, "nobody listens")) << error.message;
  EXPECT_TRUE(says(error, "it is a socket, owner ")) << error.message;
  EXPECT_TRUE(says(error, "mode 0640")) << error.message;
}

TEST(Connecting, OfADaemonThatDoesNotAnswerTheMessageNamesItsProcess) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/locked.sock";
  const UniqueFd lock =
      checked_fd(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  const Error error = failure(path);
  EXPECT_TRUE(says(error, "process " + std::to_string(::getpid()))) << error.message;
  EXPECT_TRUE(says(error, "chainsolve doctor")) << error.message;
}

TEST(Connecting, AFileThatIsNoSocketIsSaidToBeOne) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  std::ofstream(path) << "text";
  EXPECT_TRUE(says(failure(path), "it is a file")) << failure(path).message;
}

TEST(Connecting, AnOverlongPathIsRefusedWithItsLength) {
  const Error error = failure("/" + std::string(120, 'x'));
  EXPECT_EQ(error.code, ErrorCode::LimitExceeded);
  EXPECT_TRUE(says(error, "121")) << error.message;
}

/// A program that stands for a daemon that does not start.
std::string script(const TemporaryDirectory& directory, const std::string& text) {
  std::string path = directory.path() + "/daemon";
  std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
  EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
  return path;
}

Error start_failure(const std::string& program, const TemporaryDirectory& directory) {
  Options options;
  options.socket = directory.path() + "/engine.sock";
  options.spawn = Spawn::OnDemand;
  options.daemon_program = program;
  auto connection = ControlConnection::open(options);
  EXPECT_FALSE(connection.ok());
  return connection.ok() ? Error{} : connection.error();
}

TEST(Starting, WhatTheDaemonSaysWhenItCannotStartReachesTheClient) {
  const TemporaryDirectory directory;
  const Error error = start_failure(
      script(directory, "echo 'error: the lock cannot be taken' >&3; exit 1"), directory);
  EXPECT_EQ(error.code, ErrorCode::EngineStartFailed);
  EXPECT_TRUE(says(error, "did not start: the lock cannot be taken")) << error.message;
}

TEST(Starting, ADaemonThatDiesSilentlyIsReported) {
  const TemporaryDirectory directory;
  const Error error = start_failure(script(directory, "exit 1"), directory);
  EXPECT_TRUE(says(error, "ended without a word")) << error.message;
}

TEST(Starting, AProgramThatCannotBeRunIsNamed) {
  const TemporaryDirectory directory;
  const Error error = start_failure("/nowhere/chainsolved", directory);
  EXPECT_TRUE(says(error, "/nowhere/chainsolved cannot be run")) << error.message;
}

TEST(Starting, ADaemonThatNeverGetsReadyIsGivenUpInTime) {
  const TemporaryDirectory directory;
  Options options;
  options.socket = directory.path() + "/engine.sock";
  options.daemon_program = script(
      directory, "mkfifo " + directory.path() + "/end; read x < " + directory.path() + "/end");
  options.open_timeout = std::chrono::milliseconds(300);
  const auto connection = ControlConnection::open(options);
  ASSERT_FALSE(connection.ok());
  EXPECT_TRUE(says(connection.error(), "did not get ready in time")) << connection.error().message;
  // Lets the script end. It may still be on its way to the pipe: opening waits for it.
  std::ofstream(directory.path() + "/end") << "now\n";
}

}  // namespace

}  // namespace chainsolved::client
