// Handing a filled, sealed dataset over, beside a bare descriptor passed and mapped; and the sum of
// a resident dataset beside one thread's read bandwidth.
#include "shm/segment.h"
#include "tests/bench/echo_floor.h"
#include "tests/bench/service.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

namespace chainsolved::bench {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

client::DatasetBuilder sealed_dataset(std::uint64_t bytes) {
  auto builder = require(client::DatasetBuilder::create(bytes / sizeof(double)));
  auto values = require(builder.values());
  std::fill(values.begin(), values.end(), 1.0);
  const auto sealed = builder.seal();
  if (!sealed.ok()) give_up(sealed.error());
  return builder;
}

/// The median of handing `bytes` over. Sealing and releasing are not in the figure: a dataset is
/// made before and let go after each repetition.
double measure_hand_over(Report& report, const std::string& name, std::uint64_t bytes, int times) {
  client::Engine engine = open_engine();
  EchoProcess echo;
  Samples ours;
  Samples floor;
  for (int i = 0; i <= times; ++i) {
    client::DatasetBuilder dataset = sealed_dataset(bytes);
    // Filling gigabytes puts both peers to sleep and their caches out: one round trip wakes them.
    echo.round_trip(200);
    std::shared_ptr<const SegmentMapping> mapping;
    const double floor_ns = timed([&] {
      echo.round_trip_with_fd(200, dataset.segment()->fd());
      mapping = require(dataset.segment()->map());
    });
    (void)require(engine.get_stats());
    client::DatasetHandle handle;
    const double ours_ns = timed([&] { handle = require(engine.register_dataset("d", dataset)); });
    if (i == 0) continue;
    floor.add(floor_ns);
    ours.add(ours_ns);
  }
  Row row;
  row.name = name;
  row.floor_name = "descriptor there, echo back, mmap";
  row.ours_ns = ours.median();
  row.ours_p99_ns = ours.quantile(0.99);
  row.floor_ns = floor.median();
  row.target_ratio = 2;
  report.add(row);
  return ours.median();
}

/// Plain reading in eight lanes, which the compiler keeps in vector registers: the bandwidth floor.
double read_all(std::span<const double> values) {
  double lanes[8] = {};
  for (std::size_t i = 0; i + 8 <= values.size(); i += 8)
    for (std::size_t lane = 0; lane < 8; ++lane)
      lanes[lane] += values[i + lane];
  return std::accumulate(std::begin(lanes), std::end(lanes), 0.0);
}

void measure_sum(Report& report, const std::string& name, std::size_t count, std::size_t rounds) {
  client::Engine engine = open_engine();
  auto builder = require(client::DatasetBuilder::create(count));
  auto values = require(builder.values());
  std::iota(values.begin(), values.end(), 0.0);
  const std::vector<double> local(values.begin(), values.end());
  const client::DatasetHandle handle = require(engine.register_dataset("d", builder));
  (void)require(engine.load_snapshot(
      R"({"version":1,"nodes":[{"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}},)"
      R"({"id":"s","blockType":"vectorSum","data":{}}],)"
      R"("edges":[{"id":"e","source":"v","sourceHandle":"out","target":"s","targetHandle":"vec"}]})"));
  // Re-adding the edge makes the sum alone dirty; the dataset does not come back as a result.
  client::Patch patch;
  patch.add_edge("e", "v", "out", "s", "vec");
  double sink = 0;
  Comparison comparison;
  comparison.name = name;
  comparison.floor_name = "one thread reads the same";
  comparison.ours = [&] {
    (void)require(engine.apply_patch(patch));
  };
  comparison.floor = [&] {
    sink += read_all(local);
  };
  comparison.rounds = rounds;
  comparison.batch = 3;
  comparison.target_ratio = 1.5;
  Row row = compare(comparison);
  if (sink == 0) row.note = "nothing was read";
  report.add(row);
}

}  // namespace

void measure_datasets(Report& report) {
  const double small = measure_hand_over(report, "hand over a sealed dataset, 1 MiB", kMiB, 40);
  const double large =
      measure_hand_over(report, "hand over a sealed dataset, 1 GiB", 1024 * kMiB, 8);
  char text[80];
  std::snprintf(text, sizeof text, "1 GiB over 1 MiB: %.2f times", large / small);
  report.note(text);
  measure_sum(report, "sum of a resident dataset of 10^6", 1'000'000, 20);
  measure_sum(report, "sum of a resident dataset of 10^7", 10'000'000, 5);
}

}  // namespace chainsolved::bench
