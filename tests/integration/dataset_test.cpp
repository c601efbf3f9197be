// Datasets: moved without a copy, checked by the receiver, released with their owner.
#include "chainsolved/control.h"
#include "chainsolved/engine.h"
#include "shm/segment.h"
#include "tests/integration/options_on.h"
#include "tests/integration/raw_client.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace chainsolved::test {
namespace {

constexpr const char* kSumOfD =
    R"({"version":1,"nodes":[{"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}},)"
    R"({"id":"s","blockType":"vectorSum","data":{}}],)"
    R"("edges":[{"id":"e","source":"v","sourceHandle":"out","target":"s","targetHandle":"vec"}]})";

class Datasets : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon_.running()) << daemon_.said(); }

  client::Engine engine(const std::string& session = "") {
    client::Options options = options_on(daemon_);
    options.session = session;
    auto made = client::Engine::create(options);
    if (!made.ok()) throw std::runtime_error(made.error().message);
    return std::move(made).value();
  }

  /// The process that serves the only session.
  pid_t engine_pid() {
    auto control = client::ControlConnection::open(options_on(daemon_));
    if (!control.ok()) throw std::runtime_error(control.error().message);
    const auto sessions = control->list_sessions();
    if (!sessions.ok() || sessions->size() != 1) throw std::runtime_error("not one session");
    return static_cast<pid_t>(sessions->front().pid);
  }

  Daemon daemon_ = Daemon::start();
};

/// Private memory of a process in bytes: what it has that nobody shares.
std::uint64_t private_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:"))
      sum += std::stoull(line.substr(line.find(':') + 1)) * 1024;
  return sum;
}

TEST_F(Datasets, AGibibyteIsReadWithoutBeingCopied) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer keeps four bytes of its own for each byte that is read";
#endif
  auto engine = this->engine();
  ASSERT_TRUE(engine.load_snapshot(kSumOfD).ok());
  const pid_t pid = engine_pid();
  const std::uint64_t before = private_bytes(pid);
  constexpr std::uint64_t kCount = (std::uint64_t{1} << 30) / sizeof(double);
  auto dataset = client::DatasetBuilder::create(kCount);
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  auto values = dataset->values();
  ASSERT_TRUE(values.ok());
  std::fill(values->begin(), values->end(), 0.5);
  // A view of our own keeps the pages shared, whoever else maps them.
  auto view = dataset->keep_view();
  ASSERT_TRUE(view.ok()) << view.error().message;
  auto handle = engine.register_dataset("d", *dataset);
  ASSERT_TRUE(handle.ok()) << handle.error().message;
  EXPECT_TRUE(dataset->detached());
  EXPECT_FALSE(dataset->values().ok()) << "a detached handle gives no memory";
  const auto result = engine.apply_patch(client::Patch{});
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->scalar("s"), 0.5 * static_cast<double>(kCount));
  const double* first = view->data();
  double read = 0;
  for (std::uint64_t i = 0; i < kCount; i += 512)
    read += first[i];
  EXPECT_EQ(read, 0.5 * static_cast<double>(kCount) / 512);
  EXPECT_LT(private_bytes(pid), before + (std::uint64_t{64} << 20));
}

TEST_F(Datasets, ReleasedWhenTheirClientDisconnects) {
  auto stays = engine("shared");
  {
    auto leaves = engine("shared");
    const std::vector<double> values{1, 2, 3};
    auto handle = leaves.put_dataset("d", values);
    ASSERT_TRUE(handle.ok()) << handle.error().message;
    handle->detach();
    ASSERT_EQ(stays.get_stats()->dataset_count, 1U);
  }
  for (;;) {  // the engine learns of it by the end of the connection
    const auto stats = stays.get_stats();
    ASSERT_TRUE(stats.ok());
    if (stats->dataset_count == 0) break;
  }
}

TEST_F(Datasets, OneWithASessionLeaseOutlivesItsClient) {
  auto stays = engine("shared");
  {
    auto leaves = engine("shared");
    client::DatasetShape shape;
    shape.lease = client::Lease::Session;
    auto handle = leaves.put_dataset("d", std::vector<double>{1, 2, 3}, shape);
    ASSERT_TRUE(handle.ok()) << handle.error().message;
    handle->detach();
    ASSERT_TRUE(leaves.dispose().ok());
  }
  ASSERT_TRUE(stays.load_snapshot(kSumOfD).ok());
  EXPECT_EQ(stays.get_stats()->dataset_count, 1U);
}

TEST_F(Datasets, ReplacingAndReleasingMakesReadersFollow) {
  auto engine = this->engine();
  auto first = engine.put_dataset("d", std::vector<double>{1, 2, 3});
  ASSERT_TRUE(first.ok());
  auto loaded = engine.load_snapshot(kSumOfD);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->scalar("s"), 6);
  auto second = engine.put_dataset("d", std::vector<double>{10, 20});
  ASSERT_TRUE(second.ok());
  auto changed = engine.apply_patch(client::Patch{});
  EXPECT_EQ(changed->scalar("s"), 30);
  ASSERT_TRUE(*engine.release_dataset("d"));
  changed = engine.apply_patch(client::Patch{});
  EXPECT_TRUE(changed->value("s").is(ValueKind::Error));
  bool missing = false;
  for (const auto& diagnostic : changed->diagnostics)
    missing = missing || diagnostic.code == "DATASET_MISSING";
  EXPECT_TRUE(missing);
  first->detach();
  second->detach();
}

TEST_F(Datasets, ALargeResultComesBackInASegmentWithItsNumbersIntact) {
  auto engine = this->engine();
  std::vector<double> values(1'000'000);
  std::iota(values.begin(), values.end(), 1.0);
  auto handle = engine.put_dataset("d", values);
  ASSERT_TRUE(handle.ok());
  const auto loaded = engine.load_snapshot(
      R"({"version":1,"nodes":[{"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}},)"
      R"({"id":"n","blockType":"negate","data":{}}],)"
      R"("edges":[{"id":"e","source":"v","sourceHandle":"out","target":"n","targetHandle":"a"}]})");
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const Value same = loaded->value("v");
  const Value negated = loaded->value("n");
  ASSERT_TRUE(same.is(ValueKind::Vector));
  ASSERT_TRUE(negated.is(ValueKind::Vector));
  ASSERT_EQ(negated.as_vector().size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(same.as_vector()[i], values[i]);
    ASSERT_EQ(negated.as_vector()[i], -values[i]);
  }
}

// What a lying client may send, and the error that WIRE.md has for it.
struct Lie {
  const char* name;
  const char* params;
  const char* code;
  std::uint64_t bytes;
  bool allocate;
  int seals;
};

std::ostream& operator<<(std::ostream& out, const Lie& lie) {
  return out << lie.name;
}

class LyingSegment : public ::testing::TestWithParam<Lie> {};

TEST_P(LyingSegment, IsRefusedAndTheConnectionStaysUsable) {
  const Lie& lie = GetParam();
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open();
  const UniqueFd fd =
      checked_fd(::memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create");
  ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(lie.bytes)), 0);
  if (lie.allocate) {
    ASSERT_EQ(::fallocate(fd.get(), 0, 0, static_cast<off_t>(lie.bytes)), 0);
  }
  if (lie.seals != 0) {
    ASSERT_EQ(::fcntl(fd.get(), F_ADD_SEALS, lie.seals), 0);
  }
  const auto answer = client.answer(client.request("registerDataset", lie.params, fd.borrow()));
  EXPECT_TRUE(answer.is_error(lie.code)) << answer.json.dump();
  EXPECT_EQ(client.call("getStats").json["result"]["datasetCount"], 0);
}

constexpr int kAllSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
constexpr const char* kHundred =
    R"({"datasetId":"d","data":{"$segment":{"index":0,"type":"f64","offset":0,"count":100}}})";
constexpr const char* kPastTheEnd =
    R"({"datasetId":"d","data":{"$segment":{"index":0,"type":"f64","offset":8,"count":100}}})";
constexpr const char* kOverflow =
    R"({"datasetId":"d","data":{"$segment":{"index":0,"type":"f64","offset":18446744073709551608,"count":4}}})";
constexpr const char* kWrongShape =
    R"({"datasetId":"d","rows":30,"columns":["a","b"],"data":{"$segment":{"index":0,"type":"f64","offset":0,"count":100}}})";

INSTANTIATE_TEST_SUITE_P(
    Of,
    LyingSegment,
    ::testing::Values(
        Lie{"Unsealed", kHundred, "DATASET_NOT_SEALED", 800, true, 0},
        Lie{"NotSealedAgainstWriting",
            kHundred,
            "DATASET_NOT_SEALED",
            800,
            true,
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL},
        Lie{"Short", kHundred, "DATASET_SIZE", 792, true, kAllSeals},
        Lie{"PastItsEnd", kPastTheEnd, "DATASET_SIZE", 800, true, kAllSeals},
        Lie{"WithAnOffsetThatOverflows", kOverflow, "DATASET_SIZE", 800, true, kAllSeals},
        Lie{"OfAnotherShape", kWrongShape, "DATASET_SIZE", 800, true, kAllSeals},
        Lie{"Sparse", kHundred, "DATASET_SPARSE", std::uint64_t{1} << 30, false, kAllSeals}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(Datasets, TwoColumnsOfOneNameAreRefused) {
  RawClient client(daemon_.socket());
  client.open();
  const auto answer = client.call(
      "registerDataset", R"({"datasetId":"d","values":[1,2,3,4],"rows":2,"columns":["a","a"]})");
  EXPECT_TRUE(answer.is_error("-32602")) << answer.json.dump();
}

TEST_F(Datasets, ATableIsReadByColumnHandles) {
  RawClient client(daemon_.socket());
  client.open(R"({"names":true})");
  ASSERT_TRUE(
      client
          .call("registerDataset",
                R"({"datasetId":"t","values":[1,2,3,10,20,30],"rows":3,"columns":["x","y"]})")
          .json.contains("result"));
  const auto loaded = client.call(
      "loadSnapshot",
      R"({"snapshot":{"version":1,"nodes":[{"id":"t","blockType":"tableInput","data":{"datasetRef":"t"}},)"
      R"({"id":"s","blockType":"vectorSum","data":{}},{"id":"p","blockType":"display","data":{}}],)"
      R"("edges":[{"id":"e","source":"t","sourceHandle":"col_1","target":"s","targetHandle":"vec"},)"
      R"({"id":"f","source":"t","sourceHandle":"prop_y","target":"p","targetHandle":"value"}]}})");
  const auto& values = loaded.json["result"]["values"];
  EXPECT_EQ(values["s"]["value"], 60) << loaded.json.dump();
  EXPECT_EQ(values["p"]["value"], 10);
}

}  // namespace
}  // namespace chainsolved::test
