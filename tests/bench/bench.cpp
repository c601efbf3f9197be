// chainsolved-bench: the service's figures, each beside a floor measured in the same run, in turns.
#include "tests/bench/service.h"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

struct Group {
  std::string_view name;
  void (*measure)(chainsolved::bench::Report&);
};

constexpr std::array kGroups = {
    Group{"round-trip", chainsolved::bench::measure_round_trip},
    Group{"incremental", chainsolved::bench::measure_incremental},
    Group{"snapshots", chainsolved::bench::measure_snapshots},
    Group{"datasets", chainsolved::bench::measure_datasets},
    Group{"recreation", chainsolved::bench::measure_recreation},
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures chainsolved beside its floors. Ratios count; times are for orientation.");
  std::string filter;
  std::string json;
  app.add_option("--filter",
                 filter,
                 "only groups whose name contains this: round-trip, incremental, snapshots, "
                 "datasets, recreation");
  app.add_option("--json", json, "also write the rows to this file");
  CLI11_PARSE(app, argc, argv);

  chainsolved::bench::Report report;
  bool any = false;
  for (const Group& group : kGroups) {
    if (group.name.find(filter) == std::string_view::npos) continue;
    group.measure(report);
    any = true;
  }
  if (!any) {
    std::fprintf(stderr, "bench: no group's name contains '%s'\n", filter.c_str());
    return 2;
  }
  if (!json.empty() && !report.write_json(json)) {
    std::fprintf(stderr, "bench: cannot write %s\n", json.c_str());
    return 1;
  }
  return 0;
}
