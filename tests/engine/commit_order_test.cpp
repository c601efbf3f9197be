// What the journal and the supervisor get of each change, and in which order (DESIGN §3).

#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>

#include <sys/stat.h>
#include <sys/wait.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

json request(std::string_view method, const json& params) {
  return {{"method", method}, {"params", params}};
}

json pair_graph() {
  return snapshot({node("a", "number", {{"value", 2}}), node("n", "negate")},
                  json::array({edge("1", "a", "n", "a")}));
}

json add_number(std::string_view id, double value = 1) {
  return {{"ops", {{{"op", "addNode"}, {"node", node(id, "number", {{"value", value}})}}}}};
}

std::uint64_t inode(BorrowedFd fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return status.st_ino;
}

/// The table's entry of a client's request; none when it has been given back.
const InFlightEntry* entry_of(const StatusPage& page, std::uint64_t client, std::uint64_t id) {
  for (const InFlightEntry& entry : page.in_flight)
    if (entry.phase.load() != 0 && entry.client.load() == client && entry.request_id.load() == id)
      return &entry;
  return nullptr;
}

class CommitOrder : public ::testing::Test {
 protected:
  EngineHarness engine_;
  TestClient& client_ = engine_.attach();
};

TEST_F(CommitOrder, NothingIsSentBeforeTheFirstChange) {
  client_.call("getValues");
  client_.call("applyPatch", {{"ops", 1}});
  EXPECT_EQ(engine_.committed(), 0U);
  EXPECT_TRUE(engine_.generations().empty());
}

TEST_F(CommitOrder, TheFirstPatchBeginsAGenerationWithoutASnapshot) {
  ASSERT_TRUE(client_.call("applyPatch", add_number("a")).ok());
  EXPECT_EQ(generation_of(engine_.committed()), 1U);
  EXPECT_EQ(engine_.generation_snapshot(), "");
  const auto records = engine_.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].json, request("applyPatch", add_number("a")));
}

TEST_F(CommitOrder, TheFirstGenerationIsTheOneThatWasConfigured) {
  ConfigureMessage configuration = EngineHarness::default_configuration();
  configuration.generation = 7;
  EngineHarness engine(configuration);
  engine.attach().call("applyPatch", add_number("a"));
  EXPECT_EQ(generation_of(engine.committed()), 7U);
}

TEST_F(CommitOrder, ChangesAreRecordedAsTheyCame) {
  client_.call("loadSnapshot", {{"snapshot", pair_graph()}});
  EXPECT_EQ(generation_of(engine_.committed()), 1U);
  EXPECT_EQ(json::parse(engine_.generation_snapshot()),
            request("loadSnapshot", {{"snapshot", pair_graph()}}));
  EXPECT_TRUE(engine_.records().empty());
  client_.call("setInput", input("a", 5));
  client_.call("setInputs", {{"inputs", {input("a", 6), input("ghost", 1)}}});
  client_.call("applyPatch", add_number("c"));
  const auto records = engine_.records();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].json, request("setInput", input("a", 5)));
  EXPECT_EQ(records[1].json,
            request("setInputs", {{"inputs", {input("a", 6), input("ghost", 1)}}}));
  EXPECT_EQ(records[2].json, request("applyPatch", add_number("c")));
  EXPECT_NE(records[0].hash, records[1].hash);
  EXPECT_NE(records[1].hash, records[2].hash);
}

TEST_F(CommitOrder, ALargePatchIsRecordedToo) {
  json patch = add_number("a");
  patch["ops"][0]["node"]["data"]["label"] = std::string(1'500'000, 'x');
  ASSERT_TRUE(client_.call("applyPatch", patch).ok());
  ASSERT_EQ(engine_.records().size(), 1U);
  EXPECT_EQ(engine_.records()[0].json, request("applyPatch", patch));
}

TEST_F(CommitOrder, WhatIsRefusedLeavesNoRecord) {
  client_.call("loadSnapshot", {{"snapshot", pair_graph()}});
  const std::uint64_t before = engine_.committed();
  json strict = {{"ops", {{{"op", "removeNode"}, {"nodeId", "ghost"}}}},
                 {"options", {{"strict", true}}}};
  EXPECT_EQ(client_.call("applyPatch", strict).code(), "UNKNOWN_NODE");
  EXPECT_EQ(client_.call("loadSnapshot", {{"snapshot", {{"version", 1}}}}).code(),
            "INVALID_SNAPSHOT");
  EXPECT_FALSE(client_.call("registerDataset", {{"datasetId", "d"}, {"values", 1}}).ok());
  EXPECT_EQ(client_.call("releaseDataset", {{"datasetId", "d"}}).result()["released"], false);
  EXPECT_EQ(engine_.committed(), before);
  EXPECT_EQ(engine_.generations().size(), 1U);
}

TEST_F(CommitOrder, ASnapshotThatCameInASegmentIsPassedOn) {
  json graph = pair_graph();
  graph["nodes"][0]["data"]["label"] = std::string(200'000, 'x');
  const std::string text = request("loadSnapshot", {{"snapshot", graph}}).dump();
  const SealedSegment segment = segment_of_bytes(std::as_bytes(std::span(text)));
  FrameHeader header;
  header.id = 77;
  header.epoch = 1;
  header.segments = 1;
  header.flags = kFlagJsonInSegment;
  std::vector<std::byte> message;
  encode_frame(header, {}, {}, message);
  const BorrowedFd fd = segment.fd();
  ASSERT_EQ(client_.send_bytes(message, std::span(&fd, 1)), SocketStatus::Done);
  ASSERT_TRUE(client_.answer_to(77).ok());
  EXPECT_EQ(inode(engine_.generations().at(1).snapshot.borrow()), inode(segment.fd()));
}

TEST_F(CommitOrder, DatasetsAreRecordsWithoutTheirCells) {
  client_.call("registerDataset",
               {{"datasetId", "d"},
                {"values", {1, 2, 3, 4}},
                {"columns", {"x", "y"}},
                {"lease", "session"}});
  client_.call("releaseDataset", {{"datasetId", "d"}});
  const auto records = engine_.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].json,
            request("registerDataset",
                    {{"datasetId", "d"},
                     {"rows", 2},
                     {"columns", {"x", "y"}},
                     {"lease", "session"},
                     {"owner", 1}}));
  EXPECT_EQ(records[1].json, request("releaseDataset", {{"datasetId", "d"}}));
  EXPECT_TRUE(engine_.kept().empty());
}

TEST_F(CommitOrder, WhatAClientLeavesBehindIsReleasedInTheJournal) {
  TestClient& other = engine_.attach();
  other.call("registerDataset", {{"datasetId", "mine"}, {"values", {1}}});
  other.call("registerDataset", {{"datasetId", "ours"}, {"values", {1}}, {"lease", "session"}});
  other.hang_up();
  engine_.await_detached(2);
  ASSERT_EQ(engine_.records().size(), 3U);
  EXPECT_EQ(engine_.records()[2].json, request("releaseDataset", {{"datasetId", "mine"}}));
}

TEST_F(CommitOrder, ANewGenerationBeginsWithTheRegistrationsThatHold) {
  client_.call("registerDataset", {{"datasetId", "d"}, {"values", {1}}});
  client_.call("registerDataset", {{"datasetId", "e"}, {"values", {1}}});
  client_.call("releaseDataset", {{"datasetId", "e"}});
  client_.call("loadSnapshot", {{"snapshot", pair_graph()}});
  EXPECT_EQ(generation_of(engine_.committed()), 2U);
  ASSERT_EQ(engine_.records().size(), 1U);
  EXPECT_EQ(engine_.records()[0].json["params"]["datasetId"], "d");
}

TEST_F(CommitOrder, AFullJournalIsFollowedByASnapshotOfTheEnginesOwn) {
  client_.call("loadSnapshot", {{"snapshot", pair_graph()}});
  client_.call("applyPatch", add_number("gone"));
  client_.call("applyPatch", {{"ops", {{{"op", "removeNode"}, {"nodeId", "gone"}}}}});
  json patch = {{"ops",
                 {{{"op", "updateNodeData"},
                   {"nodeId", "a"},
                   {"data", {{"value", 3}, {"label", std::string(100'000, 'x')}}}}}}};
  int patches = 0;
  while (generation_of(engine_.committed()) == 1 && patches < 100) {
    ASSERT_TRUE(client_.call("applyPatch", patch).ok());
    ++patches;
  }
  EXPECT_GE(patches, 10) << "it is at least 1 MiB";
  ASSERT_EQ(generation_of(engine_.committed()), 2U);
  EXPECT_EQ(engine_.records().size(), 1U) << "the one that did not fit";
  const json request = json::parse(engine_.generation_snapshot());
  EXPECT_EQ(request["method"], "loadSnapshot");
  EXPECT_EQ(request["params"]["snapshot"]["nextSlot"], 3);
  const json before = client_.call("getSnapshot").result();
  client_.call("setInput", input("a", 9));
  const auto hash = engine_.records().back().hash;
  engine_.kill();

  EngineHarness next(engine_.successor());
  EXPECT_EQ(next.take_over(engine_)["hash"], hash);
  TestClient& client = next.attach();
  client.epoch = 2;
  EXPECT_NE(client.call("getSnapshot").result(), before);
  client.call("setInput", input("a", 3));
  EXPECT_EQ(client.call("getSnapshot").result()["snapshot"]["nodes"][0]["data"]["value"], 3);
  client.call("applyPatch", add_number("new"));
  EXPECT_EQ(client.call("getSnapshot").result()["snapshot"]["nodes"][2]["slot"], 3);
}

/// Arms a block that never comes back by an input value.
json armed_graph(std::string_view type) {
  return snapshot({node("a", "number", {{"value", 0}}), node("bad", type)},
                  json::array({edge("1", "a", "bad", "a")}));
}

TEST(CommitWord, IsWhatTheEntryOfAHangingRequestNames) {
  EngineHarness engine(EngineHarness::default_configuration(), {"--debug-blocks"});
  TestClient& client = engine.attach();
  client.call("loadSnapshot", {{"snapshot", armed_graph("debug.spin")}});
  const auto id = client.send("setInput", input("a", 1));
  wait_until([&] { return engine.page().current_node.load() == 2; });
  const InFlightEntry* entry = entry_of(engine.page(), 1, id);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->commits.load(), engine.committed());
  EXPECT_EQ(bytes_of(engine.committed()) > 0, true);
  EXPECT_EQ(engine.page().own_graph.load(), 1U);
  wait_until([&] { return engine.page().named_node.load() == 2; });
  EXPECT_EQ(engine.page().node_name_length.load(), 3U);
  EXPECT_EQ(engine.page().node_name[0].load(), 'b');
  engine.kill();
  EXPECT_EQ(engine.page().current_node.load(), 2U);
}

TEST(CommitWord, DoesNotMoveForWhatOnlyReads) {
  EngineHarness engine(EngineHarness::default_configuration(), {"--debug-blocks"});
  TestClient& client = engine.attach();
  client.call("loadSnapshot", {{"snapshot", armed_graph("debug.spin")}});
  json graph = armed_graph("debug.spin");
  graph["nodes"][0]["data"]["value"] = 1;
  const std::uint64_t before = engine.committed();
  const auto id = client.send("evaluate", {{"snapshot", graph}});
  wait_until([&] { return engine.page().current_node.load() == 2; });
  EXPECT_EQ(engine.page().own_graph.load(), 0U) << "nobody is to blame";
  EXPECT_EQ(entry_of(engine.page(), 1, id)->commits.load(), kCommitsNothing);
  EXPECT_EQ(engine.committed(), before);
  engine.kill();
}

#ifdef CHAINSOLVED_TEST_HOOKS
/// What is left of an engine that died at a step of its second change.
class DeathAt : public ::testing::Test {
 protected:
  void die(const std::string& step, std::string_view method, const json& params) {
    engine_ = std::make_unique<EngineHarness>(EngineHarness::default_configuration(),
                                              std::vector<std::string>{"--die-at", step});
    client_ = &engine_->attach();
    ASSERT_TRUE(client_->call("loadSnapshot", {{"snapshot", pair_graph()}}).ok());
    before_ = engine_->committed();
    id_ = client_->send(method, params);
    const int status = engine_->await_death();
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
  }
  /// `applied`, as the supervisor works it out.
  bool applied() {
    const InFlightEntry* entry = entry_of(engine_->page(), 1, id_);
    EXPECT_NE(entry, nullptr);
    return engine_->committed() >= entry->commits.load();
  }
  /// The value of `a` in the graph that comes back.
  double comes_back_with() {
    EngineHarness next(engine_->successor());
    next.take_over(*engine_);
    return next.attach().call("getSnapshot").result()["snapshot"]["nodes"][0]["data"]["value"];
  }

  std::unique_ptr<EngineHarness> engine_;
  TestClient* client_ = nullptr;
  std::uint64_t before_ = 0;
  std::uint64_t id_ = 0;
};

TEST_F(DeathAt, TheTableLeavesTheRequestInTheSocket) {
  die("peeked:2", "setInput", input("a", 5));
  EXPECT_FALSE(applied());
  EXPECT_EQ(engine_->committed(), before_);
  EngineHarness next(engine_->successor());
  next.take_over(*engine_);
  AttachMessage attach;
  attach.client = 1;
  attach.answered = {id_};
  TestClient& client = next.attach_again(*engine_, attach);
  client.epoch = 2;
  const Message answer = client.call("getStats");
  EXPECT_TRUE(answer.ok());
  for (const Message& message : client.seen)
    EXPECT_NE(message.header.id, id_) << "it is dropped unseen";
  EXPECT_EQ(next.committed(), commit_word(2, 0));
}

TEST_F(DeathAt, BeforeTheCommitTheChangeIsNot) {
  die("before-commit:2", "setInput", input("a", 5));
  EXPECT_FALSE(applied());
  EXPECT_EQ(engine_->committed(), before_);
  EXPECT_EQ(comes_back_with(), 2);
}

TEST_F(DeathAt, AfterTheCommitTheChangeIs) {
  die("after-commit:2", "setInput", input("a", 5));
  EXPECT_TRUE(applied());
  EXPECT_GT(engine_->committed(), before_);
  EXPECT_EQ(comes_back_with(), 5);
}

TEST_F(DeathAt, TheSendTheAnswerIsThereAndTheEntryToo) {
  die("in-send:2", "setInput", input("a", 5));
  EXPECT_TRUE(client_->answer_to(id_).ok());
  EXPECT_TRUE(applied());
  EXPECT_EQ(comes_back_with(), 5);
}

TEST_F(DeathAt, TheSnapshotSwitchTheOldGenerationStands) {
  json other = pair_graph();
  other["nodes"][0]["data"]["value"] = 7;
  die("in-snapshot-switch:2", "loadSnapshot", {{"snapshot", other}});
  EXPECT_EQ(engine_->generations().size(), 2U) << "it was sent";
  EXPECT_FALSE(applied());
  EXPECT_EQ(engine_->committed(), before_);
  EXPECT_EQ(comes_back_with(), 2);
}

TEST_F(DeathAt, TheCommitOfASnapshotTheNewGenerationStands) {
  json other = pair_graph();
  other["nodes"][0]["data"]["value"] = 7;
  die("after-commit:2", "loadSnapshot", {{"snapshot", other}});
  EXPECT_TRUE(applied());
  EXPECT_EQ(generation_of(engine_->committed()), 2U);
  EXPECT_EQ(comes_back_with(), 7);
}

TEST_F(DeathAt, CompactionTheOldGenerationStands) {
  json large = {{"ops",
                 {{{"op", "updateNodeData"},
                   {"nodeId", "a"},
                   {"data", {{"value", 8}, {"label", std::string(1'100'000, 'x')}}}}}}};
  die("in-compaction", "applyPatch", large);
  EXPECT_EQ(engine_->generations().size(), 1U);
  EXPECT_FALSE(applied());
  EXPECT_EQ(comes_back_with(), 2);
}

TEST(DeathStep, IsRefusedUnlessItIsOne) {
  for (const std::string step : {"nowhere", "after-commit:", "after-commit:0", "after-commit:x"}) {
    EXPECT_THROW(EngineHarness(EngineHarness::default_configuration(), {"--die-at", step}),
                 std::runtime_error);
  }
}
#endif

}  // namespace
}  // namespace chainsolved::test
