#include "tests/bench/graphs.h"

#include "protocol/json_writer.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

namespace chainsolved::bench {

namespace {

std::string node(std::string_view id, std::string_view block, std::string_view data) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .member("id", id)
      .member("blockType", block)
      .key("data")
      .raw(data)
      .end_object();
  return text;
}

std::string edge(std::string_view id, std::string_view source, std::string_view target) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .member("id", id)
      .member("source", source)
      .member("sourceHandle", "out")
      .member("target", target)
      .member("targetHandle", "a")
      .end_object();
  return text;
}

struct Parts {
  std::vector<std::string> nodes;
  std::vector<std::string> edges;

  std::string snapshot() const {
    std::string text = R"({"version":1,"nodes":[)";
    append(text, nodes);
    text += R"(],"edges":[)";
    append(text, edges);
    text += "]}";
    return text;
  }

 private:
  static void append(std::string& text, const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) text += ',';
      text += parts[i];
    }
  }
};

Parts chain(std::size_t length) {
  Parts parts;
  parts.nodes.push_back(node("head", "number", R"({"value":1})"));
  std::string last = "head";
  for (std::size_t i = 0; i < length; ++i) {
    const std::string id = "n" + std::to_string(i);
    parts.nodes.push_back(node(id, "negate", "{}"));
    parts.edges.push_back(edge("e" + std::to_string(i), last, id));
    last = id;
  }
  return parts;
}

}  // namespace

std::string chain_snapshot(std::size_t length) {
  return chain(length).snapshot();
}

std::string fan_out_snapshot(std::size_t width) {
  Parts parts;
  parts.nodes.push_back(node("head", "number", R"({"value":1})"));
  for (std::size_t i = 0; i < width; ++i) {
    const std::string id = "n" + std::to_string(i);
    parts.nodes.push_back(node(id, "negate", "{}"));
    parts.edges.push_back(edge("e" + std::to_string(i), "head", id));
  }
  return parts.snapshot();
}

std::string shuffled_chain_snapshot(std::size_t length) {
  Parts parts = chain(length);
  std::mt19937_64 random(20260101);
  std::shuffle(parts.nodes.begin(), parts.nodes.end(), random);
  std::shuffle(parts.edges.begin(), parts.edges.end(), random);
  return parts.snapshot();
}

}  // namespace chainsolved::bench
