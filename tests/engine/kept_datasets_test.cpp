// Datasets and the engine that takes another's place: dropped, or kept and attached again.

#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

json vector_graph() {
  return snapshot({node("v", "vectorInput", {{"datasetRef", "d"}}), node("s", "vectorSum")},
                  json::array({edge("1", "v", "s", "vec")}));
}

class KeptDatasets : public ::testing::Test {
 protected:
  static ConfigureMessage configuration(const std::string& datasets) {
    ConfigureMessage message = EngineHarness::default_configuration();
    message.options.datasets = datasets;
    return message;
  }
  void begin(const std::string& datasets) {
    first_ = std::make_unique<EngineHarness>(configuration(datasets));
    client_ = &first_->attach(EngineHarness::Names::Yes);
  }
  json replay() {
    if (first_->pid() > 0) first_->kill();
    second_ = std::make_unique<EngineHarness>(first_->successor());
    return second_->take_over(*first_);
  }
  TestClient& go_on(std::uint64_t client = 1) {
    TestClient& same = second_->attach_again(*first_, after_crash(client, true));
    same.epoch = 2;
    return same;
  }
  static std::vector<std::string> ids(TestClient& client) {
    std::vector<std::string> found;
    const json listed = client.call("listDatasets").result()["datasets"];
    for (const auto& dataset : listed)
      found.push_back(dataset["id"]);
    return found;
  }

  std::unique_ptr<EngineHarness> first_;
  TestClient* client_ = nullptr;
  std::unique_ptr<EngineHarness> second_;
};

TEST_F(KeptDatasets, AreLostAndReleasedWhenTheyAreNotKept) {
  begin("drop");
  const SealedSegment segment = segment_of({1, 2, 3});
  client_->call("registerDataset", {{"datasetId", "d"}, {"data", in_segment(3)}}, {&segment});
  client_->call("registerDataset", {{"datasetId", "e"}, {"values", {1}}, {"lease", "session"}});
  client_->call("registerDataset", {{"datasetId", "f"}, {"values", {1}}});
  client_->call("releaseDataset", {{"datasetId", "f"}});
  client_->call(
      "applyPatch",
      {{"ops", {{{"op", "addNode"}, {"node", node("v", "vectorInput", {{"datasetRef", "d"}})}}}}});
  EXPECT_EQ(replay()["lostDatasets"], json({"d", "e"}));
  TestClient& client = go_on();
  EXPECT_EQ(client.call("getStats").result()["datasetCount"], 0);
  EXPECT_EQ(client.call("getValues").result()["values"]["v"]["kind"], "error");
  second_->kill();
  EngineHarness third(second_->successor());
  EXPECT_EQ(third.take_over(*second_)["lostDatasets"], json::array()) << "their release is kept";
}

TEST_F(KeptDatasets, DoNotCountAsAppliedWhenTheyAreNotKept) {
  begin("drop");
  client_->call("registerDataset", {{"datasetId", "d"}, {"values", {1}}});
  // The last entry that was used still has what it was told.
  const bool told =
      std::any_of(first_->page().in_flight.begin(),
                  first_->page().in_flight.end(),
                  [](const InFlightEntry& entry) {
                    return entry.commits.load() != kCommitsNothing && entry.commits.load() != 0;
                  });
  EXPECT_FALSE(told);
  EXPECT_EQ(first_->records().size(), 1U);
}

TEST_F(KeptDatasets, ComeBackWhenTheyAreKept) {
  begin("reattach");
  const SealedSegment segment = segment_of({100, 1, 2, 3});
  client_->call("registerDataset", {{"datasetId", "d"}, {"data", in_segment(3, 8)}}, {&segment});
  client_->call("registerDataset",
                {{"datasetId", "t"}, {"values", {1, 2, 3, "NaN"}}, {"columns", {"x", "y"}}});
  client_->call("registerDataset", {{"datasetId", "empty"}, {"values", json::array()}});
  client_->call("loadSnapshot", {{"snapshot", vector_graph()}});
  const json values = client_->call("getValues").result();
  const json listed = client_->call("listDatasets").result()["datasets"];
  EXPECT_EQ(values["values"]["s"]["value"], 6);
  EXPECT_EQ(first_->kept().size(), 3U);

  EXPECT_EQ(replay()["lostDatasets"], json::array());
  TestClient& client = go_on();
  EXPECT_EQ(client.call("getValues").result(), values);
  json after = client.call("listDatasets").result()["datasets"];
  ASSERT_EQ(after.size(), listed.size());
  for (std::size_t i = 0; i < after.size(); ++i)
    for (const char* member : {"id", "bytes", "rows", "columns", "owner", "lease", "references"})
      EXPECT_EQ(after[i][member], listed[i][member]) << i << member;
  // The numbers go on, and a third engine finds all of it.
  client.call("registerDataset", {{"datasetId", "more"}, {"values", {7}}});
  EXPECT_TRUE(second_->kept().contains(4));
  second_->kill();
  EngineHarness third(second_->successor());
  EXPECT_EQ(third.take_over(*second_)["lostDatasets"], json::array());
  EXPECT_EQ(third.attach().call("getStats").result()["datasetCount"], 4);
}

TEST_F(KeptDatasets, AreCommittedLikeAnyOtherChange) {
  begin("reattach");
  client_->call("registerDataset", {{"datasetId", "d"}, {"values", {1}}});
  const std::uint64_t registered = first_->committed();
  client_->call("releaseDataset", {{"datasetId", "d"}});
  const auto& entries = first_->page().in_flight;
  const bool named = std::any_of(entries.begin(), entries.end(), [&](const InFlightEntry& entry) {
    return entry.commits.load() == first_->committed();
  });
  EXPECT_TRUE(named);
  EXPECT_GT(first_->committed(), registered);
}

TEST_F(KeptDatasets, StillBelongToTheirOwner) {
  begin("reattach");
  TestClient& other = first_->attach(EngineHarness::Names::Yes);
  other.call("registerDataset", {{"datasetId", "mine"}, {"values", {1}}});
  other.call("registerDataset", {{"datasetId", "ours"}, {"values", {1}}, {"lease", "session"}});
  client_->call("registerDataset", {{"datasetId", "theirs"}, {"values", {1}}});
  replay();
  TestClient& client = go_on();
  TestClient& left = go_on(2);
  EXPECT_EQ(ids(client), (std::vector<std::string>{"mine", "ours", "theirs"}));
  left.hang_up();
  second_->await_detached(2);
  EXPECT_EQ(ids(client), (std::vector<std::string>{"ours", "theirs"}));
}

TEST_F(KeptDatasets, ThatWereReplacedOrReleasedAreForgottenWithTheJournal) {
  begin("reattach");
  client_->call("registerDataset", {{"datasetId", "d"}, {"values", {1}}});
  client_->call("registerDataset", {{"datasetId", "d"}, {"values", {2}}});
  client_->call("registerDataset", {{"datasetId", "e"}, {"values", {3}}});
  client_->call("releaseDataset", {{"datasetId", "e"}});
  EXPECT_EQ(first_->kept().size(), 3U) << "records refer to them";
  client_->call("loadSnapshot", {{"snapshot", vector_graph()}});
  EXPECT_EQ(first_->kept().size(), 1U);
  EXPECT_TRUE(first_->kept().contains(2));
  EXPECT_EQ(first_->records().size(), 1U);
  replay();
  const json values = go_on().call("getValues").result();
  EXPECT_EQ(values["values"]["s"]["value"], 2);
}

TEST_F(KeptDatasets, ManyThatNobodyNeedsBeginANewGeneration) {
  begin("reattach");
  client_->call("registerDataset", {{"datasetId", "stays"}, {"values", {1}}});
  for (int i = 0; i < 64; ++i) {
    client_->call("registerDataset", {{"datasetId", "d"}, {"values", {i}}});
    client_->call("releaseDataset", {{"datasetId", "d"}});
  }
  EXPECT_EQ(generation_of(first_->committed()), 1U);
  client_->call("registerDataset", {{"datasetId", "d"}, {"values", {7}}});
  EXPECT_EQ(generation_of(first_->committed()), 2U);
  EXPECT_EQ(first_->kept().size(), 2U);
  replay();
  EXPECT_EQ(ids(go_on()), (std::vector<std::string>{"d", "stays"}));
}

TEST_F(KeptDatasets, ThatTheSupervisorDoesNotHaveAreLost) {
  begin("reattach");
  client_->call("registerDataset", {{"datasetId", "d"}, {"values", {1}}});
  client_->call("registerDataset", {{"datasetId", "e"}, {"values", {1}}});
  first_->lose_kept(1);
  EXPECT_EQ(replay()["lostDatasets"], json({"d"}));
  EXPECT_EQ(ids(go_on()), (std::vector<std::string>{"e"}));
}

TEST_F(KeptDatasets, LeaveNoDescriptorBehind) {
  begin("reattach");
  const auto cycle = [&] {
    const SealedSegment segment = segment_of({1, 2});
    client_->call("registerDataset", {{"datasetId", "d"}, {"data", in_segment(2)}}, {&segment});
    client_->call("releaseDataset", {{"datasetId", "d"}});
  };
  cycle();
  const std::size_t before = open_descriptors(first_->pid());
  for (int i = 0; i < 10; ++i)
    cycle();
  EXPECT_EQ(open_descriptors(first_->pid()), before);
}

// --- a supervisor that does not read ---

/// Whether a process waits for something.
bool sleeps(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(stat, text);
  return text.at(text.rfind(')') + 2) == 'S';
}

TEST(FullChannel, NoRequestIsAnsweredBeforeItsGenerationIsSent) {
  constexpr std::size_t kLoads = 450;
  EngineHarness engine;
  TestClient& client = engine.attach();
  std::size_t answered = 0;
  std::size_t sent = 0;
  const auto send_and_read = [&] {
    pollfd entry{client.socket().get(), POLLIN | POLLOUT, 0};
    if (::poll(&entry, 1, 0) <= 0) return;
    if ((entry.revents & POLLOUT) != 0 && sent < kLoads) {
      const json graph = snapshot(json::array({node("a", "number", {{"value", sent++}})}));
      client.send("loadSnapshot", {{"snapshot", graph}});
    }
    if ((entry.revents & POLLIN) != 0) {
      EXPECT_TRUE(client.receive()->ok());
      ++answered;
    }
  };
  const auto stuck = [&] {
    send_and_read();
    return sleeps(engine.pid()) &&
           std::any_of(engine.page().in_flight.begin(),
                       engine.page().in_flight.end(),
                       [](const InFlightEntry& entry) {
                         return entry.phase.load() ==
                                    static_cast<std::uint32_t>(RequestPhase::Running) &&
                                entry.commits.load() == kCommitsNothing;
                       });
  };
  wait_until(stuck);
  wait_until([&] {
    send_and_read();
    return answered == engine.page().requests_answered.load();
  });
  EXPECT_LT(answered, kLoads);
  EXPECT_GT(answered, 0U);
  EXPECT_GE(generation_of(engine.committed()), answered) << "what is answered was sent";
  // Reading on sets it free again, as often as it takes.
  wait_until([&] {
    send_and_read();
    EXPECT_LE(answered, engine.generations().size());
    return answered == kLoads;
  });
  EXPECT_EQ(generation_of(engine.committed()), kLoads);
}

}  // namespace
}  // namespace chainsolved::test
