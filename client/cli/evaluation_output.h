#pragma once

#include "chainsolved/results.h"
#include "client/cli/output.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace chainsolved::cli {

class GraphFile;

/// How `eval` shows what it computed: which nodes (none: all) and in which format.
struct OutputChoice {
  Format format = Format::Table;
  std::vector<std::string> nodes;
};

/// What an evaluation came to: the values of the load, brought up to date by what followed it.
class Evaluation {
 public:
  void take(const client::EvalResult& result);
  void take(const client::IncrementalResult& result);

  /// The data for standard output.
  std::string text(const GraphFile& graph, const OutputChoice& choice) const;
  /// "error at NODE: CODE: message", one per diagnostic, for standard error.
  std::vector<std::string> diagnostic_lines() const;
  /// Whether one of these nodes (none: any) has an error value, or a diagnostic is an error.
  bool has_error(const std::vector<std::string>& nodes) const;

 private:
  struct Shown {
    std::string id;
    std::string label;
  };

  Value value_of(const std::string& node) const;
  void take_values(const client::Values& values);
  void take_diagnostics(const std::vector<client::Diagnostic>& diagnostics);
  std::vector<Shown> shown(const GraphFile& graph, const OutputChoice& choice) const;
  std::string table(const std::vector<Shown>& nodes, const OutputChoice& choice) const;
  std::string json(const std::vector<Shown>& nodes) const;
  std::string csv(const std::vector<Shown>& nodes, const OutputChoice& choice) const;

  std::unordered_map<std::string, Value> values_;
  std::vector<client::Diagnostic> diagnostics_;
  double elapsed_us_ = 0;
  bool partial_ = false;
};

}  // namespace chainsolved::cli
