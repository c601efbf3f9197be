#include "client/cli/evaluation_output.h"

#include "client/cli/graph_file.h"
#include "client/cli/value_text.h"
#include "protocol/columns.h"
#include "protocol/json_writer.h"
#include "protocol/value_json.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace chainsolved::cli {

void Evaluation::take(const client::EvalResult& result) {
  take_values(result.values);
  take_diagnostics(result.diagnostics);
  elapsed_us_ += result.elapsed_us;
  partial_ = result.partial;
}

void Evaluation::take(const client::IncrementalResult& result) {
  take_values(result.changed);
  for (const std::string& id : result.changed.gone())
    values_.erase(id);
  take_diagnostics(result.diagnostics);
  elapsed_us_ += result.elapsed_us;
  partial_ = result.partial;
}

void Evaluation::take_values(const client::Values& values) {
  values.for_each([&](std::string_view id, const Value& value) {
    values_.insert_or_assign(std::string(id), value);
  });
}

void Evaluation::take_diagnostics(const std::vector<client::Diagnostic>& diagnostics) {
  const auto key = [](const client::Diagnostic& diagnostic) {
    return diagnostic.node_id + '\n' + diagnostic.code + '\n' + diagnostic.message;
  };
  std::unordered_set<std::string> known;
  for (const client::Diagnostic& diagnostic : diagnostics_)
    known.insert(key(diagnostic));
  for (const client::Diagnostic& diagnostic : diagnostics)
    if (!known.contains(key(diagnostic))) diagnostics_.push_back(diagnostic);
}

Value Evaluation::value_of(const std::string& node) const {
  const auto found = values_.find(node);
  return found == values_.end() ? Value() : found->second;
}

std::vector<Evaluation::Shown> Evaluation::shown(const GraphFile& graph,
                                                 const OutputChoice& choice) const {
  std::vector<Shown> nodes;
  if (!choice.nodes.empty()) {
    for (const std::string& id : choice.nodes) {
      const GraphFile::Node* node = graph.find(id);
      nodes.push_back({id, node == nullptr ? std::string() : node->label});
    }
    return nodes;
  }
  std::unordered_set<std::string_view> seen;
  for (const GraphFile::Node& node : graph.nodes())
    if (seen.insert(node.id).second) nodes.push_back({node.id, node.label});
  return nodes;
}

std::string Evaluation::text(const GraphFile& graph, const OutputChoice& choice) const {
  switch (choice.format) {
    case Format::Json:
      return json(shown(graph, choice));
    case Format::Csv:
      return csv(shown(graph, choice), choice);
    case Format::Table:
      break;
  }
  return table(shown(graph, choice), choice);
}

std::string Evaluation::table(const std::vector<Shown>& nodes, const OutputChoice& choice) const {
  if (choice.nodes.size() == 1 && is_grid(value_of(nodes[0].id)))
    return full_text_of(value_of(nodes[0].id));
  TextTable table({{"NODE"}, {"LABEL"}, {"VALUE"}});
  std::string grids;
  for (const auto& [id, label] : nodes) {
    const Value value = value_of(id);
    table.row({id, label, summary_of(value)});
    if (!choice.nodes.empty() && is_grid(value))
      grids.append("\n").append(printable(id)).append("\n").append(full_text_of(value));
  }
  return table.text() + grids;
}

std::string Evaluation::json(const std::vector<Shown>& nodes) const {
  std::string out;
  JsonWriter json(out);
  InlineColumns columns;
  json.begin_object().key("values").begin_object();
  for (const auto& [id, label] : nodes) {
    const Value value = value_of(id);
    if (value.is(ValueKind::None)) continue;
    json.key(id);
    write_value(json, value, columns);
  }
  json.end_object().key("diagnostics").begin_array();
  for (const client::Diagnostic& diagnostic : diagnostics_) {
    json.begin_object();
    if (!diagnostic.node_id.empty()) json.member("nodeId", diagnostic.node_id);
    json.member("level", diagnostic.level).member("code", diagnostic.code);
    json.member("message", diagnostic.message).end_object();
  }
  json.end_array().member("elapsedUs", elapsed_us_).member("partial", partial_).end_object();
  return out;
}

std::string Evaluation::csv(const std::vector<Shown>& nodes, const OutputChoice& choice) const {
  CsvWriter csv;
  if (choice.nodes.size() == 1 && is_grid(value_of(nodes[0].id))) {
    write_grid(csv, value_of(nodes[0].id));
    return std::move(csv).take();
  }
  for (const char* heading : {"node", "kind", "row", "column", "value"})
    csv.cell(heading);
  csv.end_row();
  for (const Shown& node : nodes)
    write_long_rows(csv, node.id, value_of(node.id));
  return std::move(csv).take();
}

std::vector<std::string> Evaluation::diagnostic_lines() const {
  std::vector<std::string> lines;
  for (const client::Diagnostic& diagnostic : diagnostics_) {
    std::string line = diagnostic.level;
    if (!diagnostic.node_id.empty()) line.append(" at ").append(diagnostic.node_id);
    line.append(": ").append(diagnostic.code).append(": ").append(diagnostic.message);
    lines.push_back(printable(line));
  }
  if (partial_) lines.emplace_back("warning: the time budget was spent; some values are missing");
  return lines;
}

bool Evaluation::has_error(const std::vector<std::string>& nodes) const {
  const auto is_error = [](const auto& entry) {
    return entry.second.is(ValueKind::Error);
  };
  const bool in_values = nodes.empty()
                             ? std::any_of(values_.begin(), values_.end(), is_error)
                             : std::any_of(nodes.begin(), nodes.end(), [&](const auto& id) {
                                 return value_of(id).is(ValueKind::Error);
                               });
  return in_values || std::any_of(diagnostics_.begin(),
                                  diagnostics_.end(),
                                  [](const client::Diagnostic& d) { return d.level == "error"; });
}

}  // namespace chainsolved::cli
