#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace chainsolved::bench {

/// Nanoseconds of single repetitions.
class Samples {
 public:
  void add(double ns) { ns_.push_back(ns); }
  std::size_t size() const noexcept { return ns_.size(); }
  /// The q-quantile (0..1), nearest rank; 0 when there are none.
  double quantile(double q) const;
  double median() const { return quantile(0.5); }

 private:
  std::vector<double> ns_;
};

/// Runs `work` once and returns its nanoseconds (CLOCK_MONOTONIC).
double timed(const std::function<void()>& work);

/// One line of the report: a figure, the floor measured in the same run, and their ratio.
struct Row {
  std::string name;
  std::string floor_name;
  double ours_ns = 0;
  double ours_p99_ns = 0;
  double floor_ns = 0;
  double target_ratio = 0;  // 0: none stated
  std::string note;

  double ratio() const { return floor_ns > 0 ? ours_ns / floor_ns : 0; }
};

/// What one comparison needs. Such machines change speed within seconds, so ours and the floor are
/// measured in turns: `batch` repetitions of one, then of the other, `rounds` times.
struct Comparison {
  std::string name;
  std::string floor_name;
  std::function<void()> ours;
  std::function<void()> floor;
  std::size_t rounds = 20;
  std::size_t batch = 50;
  double target_ratio = 0;
};

/// Measures a comparison after one unmeasured batch of each.
Row compare(const Comparison& comparison);

/// Collects rows and prints them as they come, and as JSON at the end when asked to.
class Report {
 public:
  void add(Row row);
  /// A figure without a floor, or a remark.
  void note(const std::string& text);
  /// Writes `{"rows": [...]}`; false when the file cannot be written.
  bool write_json(const std::string& path) const;

 private:
  bool header_printed_ = false;
  std::vector<Row> rows_;
};

}  // namespace chainsolved::bench
