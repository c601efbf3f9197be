#pragma once

#include "protocol/value.h"

#include <functional>
#include <string>
#include <vector>

namespace chainsolved::examples {

/// One example: its graph, the datasets that it reads, and a file of values worked out apart.
struct Example {
  std::string name;
  std::string graph_file;
  std::string expected_file;
  std::vector<std::string> datasets;  // `--dataset` arguments, files made absolute
};

/// Every NAME.json of the folder that has a NAME.expected.json, by name.
std::vector<Example> find_examples(const std::string& folder);

/// What an example must come to.
struct Verdict {
  std::size_t compared = 0;        // how many nodes
  std::vector<std::string> wrong;  // "NODE: expected 1, got 2"
};

/// Compares the nodes that the expected file lists.
Verdict compare(const Example& example,
                const std::function<Value(const std::string& node)>& value_of);

/// |a - b| <= max(abs, rel * max(|a|, |b|)).
bool agree(double a, double b, double relative, double absolute);

}  // namespace chainsolved::examples
