#include "tests/bench/measure.h"

#include "protocol/json_writer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace chainsolved::bench {

namespace {

/// "5.4 µs", "1.2 ms": three significant digits, the unit that fits.
std::string human(double ns) {
  const char* unit = "ns";
  double value = ns;
  if (ns >= 1e9) {
    value = ns / 1e9;
    unit = "s";
  } else if (ns >= 1e6) {
    value = ns / 1e6;
    unit = "ms";
  } else if (ns >= 1e3) {
    value = ns / 1e3;
    unit = "µs";
  }
  char text[48];
  std::snprintf(text, sizeof text, "%.3g %s", value, unit);
  return text;
}

}  // namespace

double Samples::quantile(double q) const {
  if (ns_.empty()) return 0;
  std::vector<double> sorted = ns_;
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  const std::size_t index = rank == 0 ? 0 : std::min(rank, sorted.size()) - 1;
  std::nth_element(
      sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(index), sorted.end());
  return sorted[index];
}

double timed(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
}

Row compare(const Comparison& comparison) {
  Samples ours;
  Samples floor;
  for (std::size_t round = 0; round <= comparison.rounds; ++round) {
    for (std::size_t i = 0; i < comparison.batch; ++i) {
      const double ns = timed(comparison.floor);
      if (round > 0) floor.add(ns);
    }
    for (std::size_t i = 0; i < comparison.batch; ++i) {
      const double ns = timed(comparison.ours);
      if (round > 0) ours.add(ns);
    }
  }
  Row row;
  row.name = comparison.name;
  row.floor_name = comparison.floor_name;
  row.ours_ns = ours.median();
  row.ours_p99_ns = ours.quantile(0.99);
  row.floor_ns = floor.median();
  row.target_ratio = comparison.target_ratio;
  return row;
}

void Report::add(Row row) {
  if (!header_printed_) {
    std::printf("%-44s %10s %10s %10s %7s %7s  %s\n",
                "figure",
                "median",
                "p99",
                "floor",
                "ratio",
                "target",
                "floor is");
    header_printed_ = true;
  }
  char target[16] = "-";
  if (row.target_ratio > 0) std::snprintf(target, sizeof target, "%.2f", row.target_ratio);
  std::printf("%-44s %10s %10s %10s %7.2f %7s  %s%s%s\n",
              row.name.c_str(),
              human(row.ours_ns).c_str(),
              human(row.ours_p99_ns).c_str(),
              human(row.floor_ns).c_str(),
              row.ratio(),
              target,
              row.floor_name.c_str(),
              row.note.empty() ? "" : "; ",
              row.note.c_str());
  std::fflush(stdout);
  rows_.push_back(std::move(row));
}

void Report::note(const std::string& text) {
  std::printf("  %s\n", text.c_str());
  std::fflush(stdout);
}

bool Report::write_json(const std::string& path) const {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("rows").begin_array();
  for (const Row& row : rows_) {
    json.begin_object()
        .member("name", std::string_view(row.name))
        .member("floor", std::string_view(row.floor_name))
        .member("medianNs", row.ours_ns)
        .member("p99Ns", row.ours_p99_ns)
        .member("floorNs", row.floor_ns)
        .member("ratio", row.ratio())
        .member("targetRatio", row.target_ratio)
        .end_object();
  }
  json.end_array().end_object();
  std::ofstream file(path);
  file << text << '\n';
  return file.good();
}

}  // namespace chainsolved::bench
