// loadSnapshot from text to every value at the client, beside simdjson's parse of the same text.
#include "tests/bench/graphs.h"
#include "tests/bench/service.h"

#include <simdjson.h>

namespace chainsolved::bench {

namespace {

/// Reads every string of the snapshot in order, keeping nothing.
std::size_t parse_only(simdjson::ondemand::parser& parser, const simdjson::padded_string& text) {
  std::size_t bytes = 0;
  auto document = parser.iterate(text).value();
  auto root = document.get_object().value();
  for (const char* list : {"nodes", "edges"}) {
    for (auto element : root.find_field(list).get_array().value()) {
      for (auto field : element.get_object().value()) {
        auto value = field.value().value();
        std::string_view string;
        if (value.get_string().get(string) == simdjson::SUCCESS) bytes += string.size();
      }
    }
  }
  return bytes;
}

void measure(Report& report,
             const std::string& name,
             const std::string& snapshot,
             std::size_t rounds) {
  client::Engine engine = open_engine();
  const simdjson::padded_string padded(snapshot);
  simdjson::ondemand::parser parser;
  std::size_t sink = 0;
  Comparison comparison;
  comparison.name = name;
  comparison.floor_name = "simdjson reads the same text";
  comparison.ours = [&] {
    (void)require(engine.load_snapshot(snapshot));
  };
  comparison.floor = [&] {
    sink += parse_only(parser, padded);
  };
  comparison.rounds = rounds;
  comparison.batch = 3;
  Row row = compare(comparison);
  if (sink == 0) row.note = "nothing was parsed";
  report.add(row);
}

}  // namespace

void measure_snapshots(Report& report) {
  measure(report, "loadSnapshot, 10,000 nodes", chain_snapshot(10'000), 20);
  measure(report, "loadSnapshot, 10,000 nodes shuffled", shuffled_chain_snapshot(10'000), 20);
  measure(report, "loadSnapshot, 100,000 nodes", chain_snapshot(100'000), 5);
}

}  // namespace chainsolved::bench
