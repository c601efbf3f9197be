// Datasets: shared, never copied, checked, counted and given back.
#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

/// Bytes of a process that are its own and written to.
std::uint64_t private_dirty(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(rollup, line);)
    if (line.starts_with("Private_Dirty:")) return std::stoull(line.substr(14)) * 1024;
  throw std::runtime_error("no Private_Dirty in smaps_rollup");
}

class Datasets : public ::testing::Test {
 protected:
  EngineHarness engine_;
  TestClient& client_ = engine_.attach();

  Message register_segment(const SealedSegment& segment, json params) {
    params["datasetId"] = params.value("datasetId", "d");
    return client_.call("registerDataset", params, {&segment});
  }

  json sum_graph() {
    return snapshot({node("v", "vectorInput", {{"datasetRef", "d"}}), node("s", "vectorSum")},
                    json::array({edge("1", "v", "s", "vec")}));
  }
};

TEST_F(Datasets, AreEvaluatedWithoutBeingCopied) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer keeps four bytes of its own for each byte that is read";
#endif
  constexpr std::size_t kCount = 8'000'000;
  const SealedSegment segment = segment_of(std::vector<double>(kCount, 0.5));
  // Pages that the test has mapped too are shared: what is private to the engine is a copy.
  const auto mapping = segment.map();
  ASSERT_TRUE(mapping.ok());
  const auto view = numbers_in(*mapping, 0, kCount);
  ASSERT_TRUE(view.ok());
  ASSERT_EQ(std::count(view->begin(), view->end(), 0.5), kCount);
  client_.call("loadSnapshot", {{"snapshot", sum_graph()}});
  const std::uint64_t before = private_dirty(engine_.pid());
  ASSERT_TRUE(register_segment(segment, {{"data", in_segment(kCount)}}).ok());
  const Message answer = client_.call("applyPatch", {{"ops", json::array()}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.scalars(answer.result())[1], 0.5 * kCount);
  EXPECT_LT(private_dirty(engine_.pid()), before + kCount);  // an eighth of the data
}

TEST_F(Datasets, ComeBackAsTheirOwnSegment) {
  const SealedSegment segment = segment_of(std::vector<double>(100'000, 1.5));
  register_segment(segment, {{"data", in_segment(100'000)}});
  const Message answer = client_.call("loadSnapshot", {{"snapshot", sum_graph()}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  ASSERT_EQ(answer.segments.size(), 1U);
  EXPECT_EQ(answer.segments[0].size(), segment.size());
  EXPECT_EQ(answer.result()["values"]["v"]["value"]["$segment"]["offset"], 0);
}

TEST_F(Datasets, ArePartsOfASegmentWithAnOffset) {
  const SealedSegment segment = segment_of({9, 9, 1, 2, 3, 9});
  ASSERT_TRUE(register_segment(segment, {{"data", in_segment(3, 16)}}).ok());
  const Message answer = client_.call("loadSnapshot", {{"snapshot", sum_graph()}});
  EXPECT_EQ(answer.scalars(answer.result())[1], 6);
}

TEST_F(Datasets, AreTablesWithColumns) {
  const SealedSegment segment = segment_of({1, 2, 3, 10, 20, 30});
  const Message registered =
      register_segment(segment, {{"data", in_segment(6)}, {"rows", 3}, {"columns", {"x", "y"}}});
  ASSERT_TRUE(registered.ok()) << registered.json;
  EXPECT_EQ(registered.result(), json::parse(R"({"datasetId":"d","bytes":48})"));
  json graph = snapshot({node("t", "tableInput", {{"datasetRef", "d"}}), node("s", "vectorSum")});
  graph["edges"] = json::array({edge("1", "t", "s", "vec")});
  graph["edges"][0]["sourceHandle"] = "col_1";
  const Message answer = client_.call("loadSnapshot", {{"snapshot", graph}});
  EXPECT_EQ(answer.scalars(answer.result())[1], 60) << answer.json;
}

TEST_F(Datasets, CanComeInline) {
  ASSERT_TRUE(
      client_.call("registerDataset", {{"datasetId", "d"}, {"values", {1, "NaN", 3}}}).ok());
  const Message answer = client_.call("loadSnapshot", {{"snapshot", sum_graph()}});
  EXPECT_TRUE(std::isnan(answer.scalars(answer.result())[1]));
}

TEST_F(Datasets, ReplacedOnesAreSeenByTheNextEvaluation) {
  client_.call("registerDataset", {{"datasetId", "d"}, {"values", {1, 2}}});
  client_.call("loadSnapshot", {{"snapshot", sum_graph()}});
  client_.call("registerDataset", {{"datasetId", "d"}, {"values", {5, 6}}});
  const Message answer = client_.call("applyPatch", {{"ops", json::array()}});
  EXPECT_EQ(answer.scalars(answer.result())[1], 11);
  EXPECT_EQ(client_.call("getStats").result()["datasetCount"], 1);
}

TEST_F(Datasets, ReleasedOnesGiveTheirDescriptorBack) {
  client_.call("loadSnapshot", {{"snapshot", sum_graph()}});  // the journal is there
  const std::size_t before = open_descriptors(engine_.pid());
  {
    const SealedSegment segment = segment_of({1, 2});
    register_segment(segment, {{"data", in_segment(2)}});
  }
  EXPECT_EQ(open_descriptors(engine_.pid()), before + 1);
  EXPECT_EQ(client_.call("releaseDataset", {{"datasetId", "d"}}).result()["released"], true);
  EXPECT_EQ(client_.call("releaseDataset", {{"datasetId", "d"}}).result()["released"], false);
  EXPECT_EQ(open_descriptors(engine_.pid()), before);
}

TEST_F(Datasets, AreListed) {
  client_.call("registerDataset",
               {{"datasetId", "d"},
                {"values", {1, 2, 3, 4}},
                {"columns", {"a", "b"}},
                {"lease", "session"}});
  json listed = client_.call("listDatasets").result()["datasets"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_FALSE(listed[0].contains("lastReadMs")) << "nobody has read it";
  client_.call("loadSnapshot", {{"snapshot", sum_graph()}});
  listed = client_.call("listDatasets").result()["datasets"];
  EXPECT_EQ(listed[0]["id"], "d");
  EXPECT_EQ(listed[0]["bytes"], 32);
  EXPECT_EQ(listed[0]["rows"], 2);
  EXPECT_EQ(listed[0]["columns"], json({"a", "b"}));
  EXPECT_EQ(listed[0]["owner"], 1);
  EXPECT_EQ(listed[0]["lease"], "session");
  EXPECT_EQ(listed[0]["references"], 1);
  EXPECT_TRUE(listed[0].contains("ageMs") && listed[0].contains("lastReadMs"));
}

TEST_F(Datasets, OfAWrongShapeAreRefused) {
  const SealedSegment segment = segment_of({1, 2, 3, 4});
  const auto code = [&](const json& params) {
    return register_segment(segment, params).code();
  };
  EXPECT_EQ(code({{"data", in_segment(4)}, {"rows", 3}}), "DATASET_SIZE");
  EXPECT_EQ(code({{"data", in_segment(3)}, {"columns", {"a", "b"}}}), "DATASET_SIZE");
  EXPECT_EQ(code({{"data", in_segment(5)}}), "DATASET_SIZE");
  EXPECT_EQ(code({{"data", in_segment(4, 8)}}), "DATASET_SIZE");
  EXPECT_EQ(code({{"data", in_segment(1ULL << 62)}}), "DATASET_SIZE");
  EXPECT_EQ(code({{"data", in_segment(4)}, {"columns", {"a", "a"}}}), "INVALID_PARAMS");
  EXPECT_EQ(code({{"data", in_segment(4)}, {"rows", -4}}), "INVALID_PARAMS");
  EXPECT_EQ(code({{"data", in_segment(4)}, {"lease", "for ever"}}), "INVALID_PARAMS");
  EXPECT_EQ(code({{"data", in_segment(4, 0, 1)}}), "INVALID_PARAMS")
      << "there is no second segment";
  EXPECT_EQ(code({{"datasetId", ""}, {"data", in_segment(4)}}), "INVALID_PARAMS");
  EXPECT_EQ(code(json::object()), "INVALID_PARAMS");
  const Message answer = register_segment(segment, {{"data", in_segment(4)}, {"rows", 3}});
  EXPECT_EQ(answer.applied(), false);
  EXPECT_EQ(client_.call("getStats").result()["datasetCount"], 0);
}

TEST_F(Datasets, ThatAreNotSealedOrSparseAreRefusedAndClosed) {
  const std::size_t before = open_descriptors(engine_.pid());
  FrameHeader header;
  header.id = 700;
  header.epoch = 1;
  header.segments = 1;
  std::vector<std::byte> message;
  encode_frame(header,
               json{{"method", "registerDataset"},
                    {"params", {{"datasetId", "d"}, {"data", in_segment(512)}}}}
                   .dump(),
               {},
               message);
  const UniqueFd open_one{AdoptFd{}, ::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  ASSERT_EQ(::fallocate(open_one.get(), 0, 0, 4096), 0);
  BorrowedFd fd = open_one.borrow();
  client_.send_bytes(message, std::span(&fd, 1));
  EXPECT_EQ(client_.answer_to(700).code(), "DATASET_NOT_SEALED");

  const UniqueFd sparse{AdoptFd{}, ::memfd_create("sparse", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  ASSERT_EQ(::ftruncate(sparse.get(), 1 << 20), 0);
  ASSERT_EQ(
      ::fcntl(sparse.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL),
      0);
  fd = sparse.borrow();
  client_.send_bytes(message, std::span(&fd, 1));
  EXPECT_EQ(client_.answer_to(700).code(), "DATASET_SPARSE");
  EXPECT_EQ(open_descriptors(engine_.pid()), before);
}

TEST(DatasetQuota, HoldsForBytesAndForCount) {
  ConfigureMessage configuration = EngineHarness::default_configuration();
  configuration.limits.max_dataset_bytes = 100;
  configuration.limits.max_datasets = 2;
  EngineHarness engine(configuration);
  TestClient& client = engine.attach();
  const auto add = [&](const char* id, int count) {
    return client.call(
        "registerDataset",
        {{"datasetId", id}, {"values", std::vector<double>(static_cast<std::size_t>(count), 1.0)}});
  };
  EXPECT_TRUE(add("a", 6).ok());
  const Message over = add("b", 7);
  EXPECT_EQ(over.code(), "DATASET_QUOTA_EXCEEDED");
  EXPECT_EQ(over.json["error"]["data"]["max"], 100);
  EXPECT_EQ(over.applied(), false);
  EXPECT_TRUE(add("a", 12).ok()) << "what it replaces does not count";
  EXPECT_EQ(add("a", 13).code(), "DATASET_QUOTA_EXCEEDED");
  EXPECT_EQ(client.call("getStats").result()["datasetTotalBytes"], 96);
  EXPECT_TRUE(add("a", 1).ok());
  EXPECT_TRUE(add("b", 1).ok());
  EXPECT_EQ(add("c", 1).json["error"]["data"]["limit"], "maxDatasets");
}

TEST_F(Datasets, LargeOnesAreNoticed) {
  constexpr std::size_t kCount = 12'500'001;
  const SealedSegment segment = segment_of(std::vector<double>(kCount, 1.0));
  const Message answer = register_segment(segment, {{"data", in_segment(kCount)}});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.result()["diagnostics"][0]["code"], "DATASET_LARGE");
}

TEST_F(Datasets, AreVisibleToStatelessEvaluation) {
  client_.call("registerDataset", {{"datasetId", "d"}, {"values", {4, 5}}});
  const Message answer = client_.call("evaluate", {{"snapshot", sum_graph()}});
  EXPECT_EQ(answer.scalars(answer.result())[1], 9);
}

}  // namespace
}  // namespace chainsolved::test
