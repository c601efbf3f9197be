#include "shm/message_socket.h"

#include "tests/shm/open_descriptors.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chainsolved {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class MessageSocket : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = make_socket_pair();
    ASSERT_TRUE(pair.ok());
    near_ = std::move(pair->first);
    far_ = std::move(pair->second);
    file_ = checked_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
  }
  Received receive() { return receive_message(far_.borrow(), buffer_, fds_); }
  std::span<const std::byte> got(const Received& received) {
    return std::span(buffer_).first(received.bytes);
  }
  /// Sends `count` descriptors past send_message, which would refuse more than fit.
  void send_raw(std::size_t count) {
    std::vector<std::byte> control(CMSG_SPACE(count * sizeof(int)));
    char text = 'x';
    iovec part{&text, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) {
      const int fd = file_.get();
      std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &fd, sizeof fd);
    }
    ASSERT_EQ(::sendmsg(near_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL), 1);
  }

  UniqueFd near_;
  UniqueFd far_;
  UniqueFd file_;
  std::array<std::byte, 256> buffer_{};
  FdList fds_;
};

TEST_F(MessageSocket, MessageAndDescriptorsArriveCloseOnExec) {
  const BorrowedFd sent[] = {file_.borrow(), near_.borrow()};
  ASSERT_EQ(send_message(near_.borrow(), bytes_of("hello"), sent), SocketStatus::Done);
  const Received received = receive();
  ASSERT_EQ(received.status, SocketStatus::Done);
  EXPECT_EQ(text_of(got(received)), "hello");
  ASSERT_EQ(fds_.size(), 2U);
  EXPECT_NE(::fcntl(fds_[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  struct stat original {};
  struct stat arrived {};
  ASSERT_EQ(::fstat(file_.get(), &original), 0);
  ASSERT_EQ(::fstat(fds_[0].get(), &arrived), 0);
  EXPECT_EQ(original.st_rdev, arrived.st_rdev);
}

TEST_F(MessageSocket, ReceivingClosesWhatTheListStillHeld) {
  const std::size_t before = open_descriptors();
  const BorrowedFd sent[] = {file_.borrow()};
  ASSERT_EQ(send_message(near_.borrow(), bytes_of("1"), sent), SocketStatus::Done);
  ASSERT_EQ(send_message(near_.borrow(), bytes_of("2")), SocketStatus::Done);
  ASSERT_EQ(receive().status, SocketStatus::Done);
  EXPECT_EQ(open_descriptors(), before + 1);
  ASSERT_EQ(receive().status, SocketStatus::Done);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(fds_.empty());
}

TEST_F(MessageSocket, OneDescriptorTooManyClosesThemAll) {
  const std::size_t before = open_descriptors();
  send_raw(kMaxFrameSegments + 1);
  EXPECT_EQ(receive().status, SocketStatus::Truncated);
  EXPECT_TRUE(fds_.empty());
  EXPECT_EQ(open_descriptors(), before);
  send_raw(253);
  EXPECT_EQ(receive().status, SocketStatus::Truncated);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(MessageSocket, AsManyDescriptorsAsFitAllArrive) {
  send_raw(kMaxFrameSegments);
  EXPECT_EQ(receive().status, SocketStatus::Done);
  EXPECT_EQ(fds_.size(), kMaxFrameSegments);
}

TEST_F(MessageSocket, SendingMoreDescriptorsThanFitIsRefused) {
  const std::vector<BorrowedFd> many(kMaxFrameSegments + 1, file_.borrow());
  EXPECT_EQ(send_message(near_.borrow(), bytes_of("x"), many), SocketStatus::Failed);
}

TEST_F(MessageSocket, MessageLargerThanTheBufferIsTruncatedAndItsDescriptorClosed) {
  const std::size_t before = open_descriptors();
  const std::string large(buffer_.size() + 1, 'y');
  const BorrowedFd sent[] = {file_.borrow()};
  ASSERT_EQ(send_message(near_.borrow(), bytes_of(large), sent), SocketStatus::Done);
  const Received received = receive();
  EXPECT_EQ(received.status, SocketStatus::Truncated);
  EXPECT_EQ(received.bytes, buffer_.size());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(MessageSocket, PeekingInstallsNoDescriptorAndTakesNothing) {
  const BorrowedFd sent[] = {file_.borrow(), file_.borrow()};
  ASSERT_EQ(send_message(near_.borrow(), bytes_of("peek at me"), sent), SocketStatus::Done);
  const std::size_t before = open_descriptors();
  std::array<std::byte, 4> head{};
  for (int i = 0; i < 3; ++i) {
    const Received seen = peek_message(far_.borrow(), head);
    EXPECT_EQ(seen.status, SocketStatus::Done);
    EXPECT_EQ(text_of(std::span(head).first(seen.bytes)), "peek");
  }
  EXPECT_EQ(open_descriptors(), before);
  const Received received = receive();
  EXPECT_EQ(text_of(got(received)), "peek at me");
  EXPECT_EQ(fds_.size(), 2U);
}

TEST_F(MessageSocket, NothingToReadWouldBlockEvenOnABlockingSocket) {
  EXPECT_EQ(::fcntl(far_.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(receive().status, SocketStatus::WouldBlock);
  EXPECT_EQ(peek_message(far_.borrow(), buffer_).status, SocketStatus::WouldBlock);
}

TEST_F(MessageSocket, FullQueueWouldBlockAndTakesAgainWhenRead) {
  std::size_t sent = 0;
  SocketStatus status = SocketStatus::Done;
  while ((status = send_message(near_.borrow(), bytes_of("small"))) == SocketStatus::Done)
    ++sent;
  EXPECT_EQ(status, SocketStatus::WouldBlock);
  EXPECT_GT(sent, 10U);
  ASSERT_EQ(receive().status, SocketStatus::Done);
  EXPECT_EQ(send_message(near_.borrow(), bytes_of("small")), SocketStatus::Done);
}

TEST_F(MessageSocket, EndOfFileIsClosedAndQueuedMessagesComeFirst) {
  ASSERT_EQ(send_message(near_.borrow(), bytes_of("last")), SocketStatus::Done);
  near_.reset();
  EXPECT_EQ(receive().status, SocketStatus::Done);
  EXPECT_EQ(peek_message(far_.borrow(), buffer_).status, SocketStatus::Closed);
  EXPECT_EQ(receive().status, SocketStatus::Closed);
  EXPECT_EQ(send_message(far_.borrow(), bytes_of("x")), SocketStatus::Closed);
}

TEST_F(MessageSocket, EmptyMessageIsNotTheEnd) {
  ASSERT_EQ(send_message(near_.borrow(), {}), SocketStatus::Done);
  const Received received = receive();
  EXPECT_EQ(received.status, SocketStatus::Done);
  EXPECT_EQ(received.bytes, 0U);
  EXPECT_EQ(receive().status, SocketStatus::WouldBlock);
  ASSERT_EQ(send_message(near_.borrow(), {}), SocketStatus::Done);
  const Received peeked = peek_message(far_.borrow(), buffer_);
  EXPECT_EQ(peeked.status, SocketStatus::Done);
  EXPECT_EQ(peeked.bytes, 0U);
}

TEST_F(MessageSocket, ResetIsToldApartAndWhatWasQueuedIsStillRead) {
  ASSERT_EQ(send_message(far_.borrow(), bytes_of("never read")), SocketStatus::Done);
  ASSERT_EQ(send_message(near_.borrow(), bytes_of("reply")), SocketStatus::Done);
  near_.reset();  // with unread data: the peer meets ECONNRESET once
  EXPECT_EQ(receive().status, SocketStatus::Reset);
  const Received received = receive();
  EXPECT_EQ(received.status, SocketStatus::Done);
  EXPECT_EQ(text_of(got(received)), "reply");
  EXPECT_EQ(receive().status, SocketStatus::Closed);
}

TEST_F(MessageSocket, WidenedBufferTakesAWholeFrameAndMore) {
  widen_send_buffer(near_.borrow());
  const std::vector<std::byte> frame(160 << 10);
  EXPECT_EQ(send_message(near_.borrow(), frame), SocketStatus::Done);
  EXPECT_EQ(send_message(near_.borrow(), bytes_of("one more")), SocketStatus::Done);
}

TEST(FdList, FullListClosesWhatDoesNotFit) {
  const UniqueFd file = checked_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
  const std::size_t before = open_descriptors();
  {
    FdList list;
    for (std::size_t i = 0; i < kMaxFrameSegments; ++i)
      EXPECT_TRUE(list.push(file.duplicate()));
    EXPECT_FALSE(list.push(file.duplicate()));
    EXPECT_EQ(open_descriptors(), before + kMaxFrameSegments);
    list.clear();
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_TRUE(list.push(file.duplicate()));
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace chainsolved
