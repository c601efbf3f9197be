// Random deaths under pipelined load (DESIGN §3, §4): whatever the instant, every request is
// answered once as the client sees it, with the answer that a model predicts, and nothing is left
// behind.
#include "chainsolved/control.h"
#include "tests/chaos/chaos_client.h"
#include "tests/integration/options_on.h"
#include "tests/integration/settled.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <poll.h>

namespace chainsolved::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kClients = 3;
constexpr std::size_t kDepth = 8;
constexpr std::chrono::seconds kPatience{30};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// How long a run is: so many deaths, or so many minutes.
struct Extent {
  std::uint64_t seed = setting("CHAINSOLVED_CHAOS_SEED", 1);
  std::uint64_t deaths = setting("CHAINSOLVED_CHAOS_DEATHS", 300);
  std::optional<Clock::time_point> until;

  Extent() {
    const std::uint64_t minutes = setting("CHAINSOLVED_CHAOS_MINUTES", 0);
    if (minutes > 0) until = Clock::now() + std::chrono::minutes(minutes);
  }
  bool over(std::uint64_t died) const { return until ? Clock::now() >= *until : died >= deaths; }
};

class Chaos : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Daemon::available()) GTEST_SKIP() << "the programs are not built";
    ASSERT_TRUE(daemon_.running()) << daemon_.said();
    auto control = client::ControlConnection::open(options_on(daemon_));
    ASSERT_TRUE(control.ok()) << control.error().message;
    control_.emplace(std::move(*control));
    descriptors_ = daemon_.descriptor_count();
    client::Options options = options_on(daemon_);
    options.session = "chaos";
    options.names = true;
    for (std::size_t i = 0; i < kClients; ++i)
      clients_.push_back(
          std::make_unique<ChaosClient>(options, static_cast<int>(i), extent_.seed * 100 + i));
    std::cout << "seed " << extent_.seed << "\n";
  }

  /// Waits until a client has something to take, takes it, sends more. False: nothing came for
  /// long.
  bool turn(bool sending) {
    std::array<pollfd, kClients> fds{};
    for (std::size_t i = 0; i < kClients; ++i) {
      if (sending) clients_[i]->send_more(kDepth);
      client::Engine& engine = clients_[i]->engine();
      const int wanted = POLLIN | (engine.wants_write() ? POLLOUT : 0);
      fds[i] = {engine.fd().get(), static_cast<short>(wanted), 0};
    }
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    if (::poll(fds.data(), fds.size(), static_cast<int>(patience.count())) == 0) return false;
    for (std::size_t i = 0; i < kClients; ++i)
      if (fds[i].revents != 0) clients_[i]->take();
    return true;
  }

  bool all_well() const {
    for (const auto& client : clients_)
      if (!client->wrong().empty()) return false;
    return true;
  }
  bool idle() const {
    for (const auto& client : clients_)
      if (client->under_way() > 0) return false;
    return true;
  }
  std::string report() const {
    std::string text;
    for (const auto& client : clients_) {
      for (const std::string& what : client->wrong())
        text += what + "\n";
      text += client->standing() + "\n";
    }
    return text;
  }

  /// Ends or freezes the engine that serves the session now, whatever it is doing.
  void strike() {
    const auto sessions = control_->list_sessions();
    ASSERT_TRUE(sessions.ok()) << sessions.error().message;
    ASSERT_EQ(sessions->size(), 1U);
    const auto pid = static_cast<pid_t>(sessions->front().pid);
    if (pid <= 0) return;  // between two engines
    ::kill(pid, random_() % 8 == 0 ? SIGSTOP : SIGKILL);
  }

  std::uint64_t deaths() const { return clients_.front()->recreated(); }

  Extent extent_;
  std::mt19937_64 random_{extent_.seed};
  Daemon daemon_ = Daemon::start({"--watchdog-ms", "150", "--max-restarts", "1000000"});
  std::optional<client::ControlConnection> control_;
  std::vector<std::unique_ptr<ChaosClient>> clients_;
  std::size_t descriptors_ = 0;
};

TEST_F(Chaos, EveryRequestIsAnsweredOnceAndAsPredictedWhateverDies) {
  const auto began = Clock::now();
  while (!extent_.over(deaths()) && all_well()) {
    for (auto turns = random_() % 60; turns > 0 && all_well(); --turns)
      ASSERT_TRUE(turn(true)) << "nothing happens any more\n" << report();
    strike();
  }
  ASSERT_TRUE(all_well()) << report();
  // The last strike may still be on its way: then quiet, and one last look at everything.
  while (!idle() && all_well())
    ASSERT_TRUE(turn(false)) << "nothing happens any more\n" << report();
  for (const auto& client : clients_)
    client->send_check();
  while (!idle() && all_well())
    ASSERT_TRUE(turn(false)) << "nothing happens any more\n" << report();
  ASSERT_TRUE(all_well()) << report();

  std::uint64_t answered = 0;
  std::uint64_t refused = 0;
  for (const auto& client : clients_) {
    answered += client->answered();
    refused += client->refused();
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  std::cout << deaths() << " deaths, " << answered << " answers, " << refused
            << " errors that told of them, " << took.count() << " ms\n";
  EXPECT_GT(answered, deaths());
  EXPECT_GT(refused, 0U);
  const auto died = deaths();
  clients_.clear();
  EXPECT_TRUE(settles(daemon_, *control_, descriptors_))
      << "after " << died << " deaths " << daemon_.descriptor_count() << " descriptors, before "
      << descriptors_;
}

}  // namespace
}  // namespace chainsolved::test
