#include "examples/expectation.h"

#include "client/cli/value_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace chainsolved::examples {

namespace {

using nlohmann::json;

json read_json(const std::string& path) {
  std::ifstream file(path);
  return json::parse(file);
}

struct Tolerance {
  double relative = 0;
  double absolute = 0;
};

Tolerance tolerance_of(const json& expected, const std::string& node) {
  const json& own = expected.at("tolerances");
  const json& chosen = own.contains(node) ? own.at(node) : expected.at("tol");
  return {chosen.value("rel", 0.0), chosen.value("abs", 0.0)};
}

bool value_agrees(const json& expected, const Value& got, Tolerance tolerance) {
  const auto close = [&](double a, double b) {
    return agree(a, b, tolerance.relative, tolerance.absolute);
  };
  const json& wanted = expected.at("value");
  if (expected.at("kind") == "scalar")
    return got.is(ValueKind::Scalar) && close(wanted.get<double>(), got.as_scalar());
  if (!got.is(ValueKind::Vector) || got.as_vector().size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!close(wanted[i].get<double>(), got.as_vector()[i])) return false;
  return true;
}

}  // namespace

std::vector<Example> find_examples(const std::string& folder) {
  constexpr std::string_view kExpected = ".expected.json";
  std::vector<Example> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string file = entry.path().string();
    if (!file.ends_with(kExpected)) continue;
    const std::string base = file.substr(0, file.size() - kExpected.size());
    Example example{base.substr(base.rfind('/') + 1), base + ".json", file, {}};
    const json expected = read_json(file);
    for (const json& text : expected.at("datasets")) {
      std::string argument = text;
      argument.insert(argument.find('=') + 1, folder + "/");
      example.datasets.push_back(std::move(argument));
    }
    found.push_back(std::move(example));
  }
  std::sort(
      found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

Verdict compare(const Example& example,
                const std::function<Value(const std::string& node)>& value_of) {
  const json expected = read_json(example.expected_file);
  Verdict verdict;
  for (const auto& [node, wanted] : expected.at("values").items()) {
    ++verdict.compared;
    const Value got = value_of(node);
    if (value_agrees(wanted, got, tolerance_of(expected, node))) continue;
    verdict.wrong.push_back(node + ": expected " + wanted.at("value").dump() + ", got " +
                            cli::summary_of(got));
  }
  return verdict;
}

bool agree(double a, double b, double relative, double absolute) {
  return a == b ||
         std::abs(a - b) <= std::max(absolute, relative * std::max(std::abs(a), std::abs(b)));
}

}  // namespace chainsolved::examples
