#include "daemon/supervisor/handed_sockets.h"

#include "shm/message_socket.h"
#include "tests/shm/open_descriptors.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include <unistd.h>

namespace chainsolved::supervisor {
namespace {

class HandedSocketsTest : public ::testing::Test {
 protected:
  struct Handed {
    UniqueFd client;
    std::unique_ptr<HandedSocket> socket;
    int hang_ups = 0;
  };

  std::unique_ptr<Handed> hand_over() {
    auto pair = make_socket_pair();
    EXPECT_TRUE(pair.ok());
    auto handed = std::make_unique<Handed>();
    handed->client = std::move(pair->first);
    handed->socket =
        sockets_.add(std::move(pair->second), [raw = handed.get()] { ++raw->hang_ups; });
    return handed;
  }
  /// Handles everything that is there, without waiting.
  void settle() {
    loop_.restart();
    while (loop_.poll() > 0) {}
  }

  EventLoop loop_;
  Counters counters_;
  HandedSockets sockets_{loop_, counters_};
};

TEST_F(HandedSocketsTest, RequestsAndRepliesWakeNobody) {
  const auto handed = hand_over();
  settle();
  const std::array<std::byte, 100> message{};
  std::array<std::byte, 200> buffer{};
  FdList fds;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(send_message(handed->client.borrow(), message), SocketStatus::Done);
    settle();
    // As the engine does, on the same socket.
    ASSERT_EQ(receive_message(handed->socket->fd(), buffer, fds).bytes, message.size());
    ASSERT_EQ(send_message(handed->socket->fd(), message), SocketStatus::Done);
    ASSERT_EQ(receive_message(handed->client.borrow(), buffer, fds).bytes, message.size());
    settle();
  }
  EXPECT_EQ(counters_.handed_wakeups, 0U);
  EXPECT_EQ(handed->hang_ups, 0);
}

TEST_F(HandedSocketsTest, HangingUpIsToldOnceAlsoWithUnreadRequests) {
  const auto handed = hand_over();
  const std::array<std::byte, 100> message{};
  ASSERT_EQ(send_message(handed->client.borrow(), message), SocketStatus::Done);
  handed->client.reset();
  settle();
  settle();
  EXPECT_EQ(handed->hang_ups, 1);
  EXPECT_EQ(counters_.hang_ups, 1U);
}

TEST_F(HandedSocketsTest, ManyAtOnceAreAllTold) {
  std::vector<std::unique_ptr<Handed>> all;
  for (int i = 0; i < 200; ++i)
    all.push_back(hand_over());
  for (const auto& handed : all)
    handed->client.reset();
  settle();
  for (const auto& handed : all)
    EXPECT_EQ(handed->hang_ups, 1);
}

TEST_F(HandedSocketsTest, DroppedSocketIsClosedAndOutOfTheSetThoughItsEngineHoldsADuplicate) {
  const std::size_t before = open_descriptors();
  auto handed = hand_over();
  const UniqueFd engine_side = UniqueFd{AdoptFd{}, ::dup(handed->socket->fd().get())};
  handed->socket.reset();
  handed->client.reset();
  settle();
  EXPECT_EQ(handed->hang_ups, 0);
  EXPECT_EQ(counters_.handed_wakeups, 0U);
  EXPECT_EQ(open_descriptors(), before + 1);
}

TEST_F(HandedSocketsTest, HandlerMayDropItsOwnSocket) {
  auto pair = make_socket_pair();
  ASSERT_TRUE(pair.ok());
  std::unique_ptr<HandedSocket> socket;
  socket = sockets_.add(std::move(pair->second), [&socket] { socket.reset(); });
  pair->first.reset();
  settle();
  EXPECT_EQ(socket, nullptr);
}

TEST_F(HandedSocketsTest, ReleasedSocketCanBeReadAgain) {
  auto handed = hand_over();
  const UniqueFd back = std::move(*handed->socket).release();
  handed->socket.reset();
  const std::array<std::byte, 10> message{};
  ASSERT_EQ(send_message(handed->client.borrow(), message), SocketStatus::Done);
  std::array<std::byte, 20> buffer{};
  FdList fds;
  EXPECT_EQ(receive_message(back.borrow(), buffer, fds).bytes, message.size());
}

}  // namespace
}  // namespace chainsolved::supervisor
