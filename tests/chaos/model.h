#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace chainsolved::test {

/// What one client's part of the session's graph is, predicted without an engine. Sources are
/// numbers that are never removed; every other node computes from nodes that are older than it, so
/// that there are no cycles. All arithmetic is exact, so that predictions are bit for bit.
class Model {
 public:
  /// A change to the model, made with the request that asks for it and applied when the request's
  /// fate is known.
  struct Change {
    std::map<std::string, double> inputs;                                 // of sources
    std::vector<std::pair<std::string, std::vector<std::string>>> wired;  // node, its two inputs
    std::vector<std::string> added;  // of wired, those that are new
    std::vector<std::string> removed;
  };

  /// Node ids begin with `prefix`.
  explicit Model(std::string prefix);

  /// The patch that builds the model as it is.
  nlohmann::json everything() const;

  using Random = std::mt19937_64;
  /// One setInput's params.
  nlohmann::json random_input(Random& random, Change& change) const;
  /// The params of a patch that adds, rewires and removes nodes. It must be built on the model as
  /// the engine has it: no other structural change may be under way.
  nlohmann::json random_patch(Random& random, Change& change);

  /// Applies, and returns the ids of the nodes that the engine must name in `changedValues`.
  std::set<std::string> apply(const Change& change);

  const std::map<std::string, double>& values() const noexcept { return values_; }
  bool owns(const std::string& node) const { return node.starts_with(prefix_); }

 private:
  static double source_value(Random& random);
  std::vector<std::string> random_inputs(Random& random, const std::string& of) const;
  void evaluate();
  nlohmann::json node(const std::string& id) const;
  void add_edges(nlohmann::json& ops,
                 const std::string& id,
                 const std::vector<std::string>& from) const;

  std::string prefix_;
  std::size_t next_ = 0;
  std::vector<std::string> sources_;
  std::map<std::string, std::vector<std::string>> wires_;  // ids sort in order of age
  std::map<std::string, double> values_;
};

}  // namespace chainsolved::test
