// Clients that do not read what they are sent.
#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

json wide_graph() {
  json nodes = json::array({node("a", "number", {{"value", 1}})});
  json edges = json::array();
  for (int i = 0; i < 300; ++i) {
    const std::string id = "n" + std::to_string(i);
    nodes.push_back(node(id, "negate"));
    edges.push_back(edge("e" + id, "a", id, "a"));
  }
  return snapshot(nodes, edges);
}

TEST(SlowReader, DoesNotDelayTheOthersAndIsToldEverythingAtOnceLater) {
  EngineHarness engine;
  TestClient& worker = engine.attach();
  TestClient& sleeper = engine.attach();
  ASSERT_TRUE(worker.call("loadSnapshot", {{"snapshot", wide_graph()}}).ok());
  // Far more than its socket holds, so that some of it has to be dropped.
  for (int i = 0; i < 500; ++i)
    ASSERT_TRUE(worker.call("setInput", {{"nodeId", "a"}, {"portId", "value"}, {"value", i}}).ok());
  EXPECT_GT(worker.call("getStats").result()["droppedNotifications"].get<int>(), 0);
  bool caught_up = false;
  double last = -1;
  while (!caught_up) {
    const Message told = sleeper.notification("valuesChanged");
    last = told.scalars(told.json["params"])[0];
    caught_up = told.json["params"].value("full", false) && last == 499;
  }
  EXPECT_EQ(last, 499);
}

TEST(SlowReader, IsNotReadFurtherWhenAQuarterOfTheTableWaitsForIt) {
  EngineHarness engine;
  TestClient& sleeper = engine.attach();
  TestClient& other = engine.attach();
  ASSERT_TRUE(sleeper.call("loadSnapshot", {{"snapshot", wide_graph()}}).ok());
  constexpr std::uint64_t kSent = 600;
  std::uint64_t last = 0;
  std::uint64_t sent = 0;
  FrameHeader header;
  std::vector<std::byte> message;
  // As many as the socket takes: the engine stops taking them when its replies do not fit.
  for (; sent < kSent; ++sent) {
    header.id = 5'000 + sent;
    encode_frame(header, R"({"method":"getSnapshot"})", {}, message);
    if (sleeper.send_bytes(message) != SocketStatus::Done) break;
    last = header.id;
  }
  const auto paused = [&] {
    std::size_t entries = 0;
    for (const InFlightEntry& entry : engine.page().in_flight)
      if (entry.phase.load() != 0 && entry.client.load() == 1 && entry.paused.load() != 0)
        ++entries;
    return entries;
  };
  wait_until([&] { return paused() == kInFlightEntries / 4; });
  EXPECT_TRUE(other.call("getStats").ok());
  // It reads at last: everything is answered, in order.
  std::uint64_t expected = 5'000;
  while (expected <= last) {
    const auto answer = sleeper.receive();
    ASSERT_TRUE(answer);
    ASSERT_TRUE(answer->ok()) << answer->json;
    ASSERT_EQ(answer->header.id, expected++);
  }
  EXPECT_EQ(paused(), 0U);
}

TEST(SlowReader, IsShutDownWhenItsQueueIsFull) {
  ConfigureMessage configuration = EngineHarness::default_configuration();
  configuration.limits.max_queued_bytes = 1 << 20;
  EngineHarness engine(configuration);
  TestClient& sleeper = engine.attach();
  TestClient& other = engine.attach();
  // Each replaced dataset is told; what is told of datasets is never dropped.
  const auto attached = open_descriptors(engine.pid());
  const std::string long_id(1000, 'd');
  // Until its queue is dropped: after that it is given a moment to read why, and no longer.
  std::uint64_t queued = 0;
  for (int i = 0; engine.page().queued_bytes.load() >= queued; ++i) {
    queued = engine.page().queued_bytes.load();
    other.call("registerDataset", {{"datasetId", long_id}, {"values", {i}}});
  }
  ASSERT_TRUE(sleeper.at_end());
  EXPECT_EQ(sleeper.seen.back().json["params"]["error"]["data"]["code"], "SLOW_CONSUMER");
  engine.await_detached(1);
  // Beside a journal and, since so many changes do not fit one, its snapshot.
  EXPECT_EQ(open_descriptors(engine.pid()), attached - 1 + 2);
}

TEST(SlowReader, ThatNeverReadsIsCutOffAllTheSame) {
  ConfigureMessage configuration = EngineHarness::default_configuration();
  configuration.limits.max_queued_bytes = 1 << 18;
  EngineHarness engine(configuration);
  engine.attach();
  TestClient& other = engine.attach();
  const std::string long_id(1000, 'd');
  for (int i = 0; i < 1'500; ++i)
    other.call("registerDataset", {{"datasetId", long_id}, {"values", {i}}});
  engine.await_detached(1);
  EXPECT_TRUE(other.call("getStats").ok());
}

TEST(SlowReader, ThatLeavesTakesItsQueueWithIt) {
  EngineHarness engine;
  TestClient& sleeper = engine.attach();
  TestClient& other = engine.attach();
  ASSERT_TRUE(sleeper.call("loadSnapshot", {{"snapshot", wide_graph()}}).ok());
  FrameHeader header;
  std::vector<std::byte> message;
  for (header.id = 5'000; header.id < 5'200; ++header.id) {
    encode_frame(header, R"({"method":"getSnapshot"})", {}, message);
    if (sleeper.send_bytes(message) != SocketStatus::Done) break;
  }
  wait_until([&] { return engine.page().queued_bytes.load() > 0; });
  sleeper.hang_up();
  engine.await_detached(1);
  EXPECT_EQ(engine.page().queued_bytes.load(), 0U);
  EXPECT_TRUE(other.call("getStats").ok());
  for (const InFlightEntry& entry : engine.page().in_flight)
    EXPECT_FALSE(entry.phase.load() != 0 && entry.client.load() == 1);
}

}  // namespace
}  // namespace chainsolved::test
