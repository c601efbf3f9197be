#include "client/cli/graph_file.h"

#include "client/cli/raw_json.h"
#include "client/cli/text_file.h"
#include "protocol/json_reader.h"
#include "protocol/json_text.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

namespace chainsolved::cli {

namespace {

Error graph_error(const std::string& name, std::string_view what) {
  return {ErrorCode::InvalidParams, name + ": " + std::string(what)};
}

/// The reader tells the byte; people look for a line and a column.
Error json_error(const std::string& name, const std::string& text, const Error& error) {
  constexpr std::string_view kPlace = "(at byte ";
  std::string message = error.message;
  const std::size_t place = message.find(kPlace);
  if (place != std::string::npos) {
    const auto byte = static_cast<std::size_t>(
        std::strtoull(message.c_str() + place + kPlace.size(), nullptr, 10));
    const auto begin = text.begin();
    const auto fault = begin + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
    const auto lines = std::count(begin, fault, '\n');
    const auto before = std::string_view(text).substr(0, byte).rfind('\n');
    const std::size_t column = before == std::string_view::npos ? byte + 1 : byte - before;
    message.replace(
        place,
        message.find(')', place) + 1 - place,
        "(line " + std::to_string(lines + 1) + ", column " + std::to_string(column) + ")");
  }
  return graph_error(name, message);
}

bool drawn_only(const std::string& block_type) {
  return block_type == "__group__" || block_type == "__annotation__" ||
         block_type.starts_with("annotation_");
}

std::string text_member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A canvas on its way to being a snapshot.
class CanvasReader {
 public:
  CanvasReader(const std::string& name, std::string& out) : name_(name), json_(out) {}

  Result<void> convert(const nlohmann::json& canvas) {
    json_.begin_object().member("version", std::uint64_t{1});
    json_.key("nodes").begin_array();
    for (const nlohmann::json& node : canvas.at("nodes"))
      if (Result<void> written = write_node(node); !written.ok()) return written;
    json_.end_array().key("edges").begin_array();
    if (const auto edges = canvas.find("edges"); edges != canvas.end() && edges->is_array()) {
      for (const nlohmann::json& edge : *edges)
        if (Result<void> written = write_edge(edge); !written.ok()) return written;
    }
    json_.end_array().end_object();
    return {};
  }

 private:
  Result<void> write_node(const nlohmann::json& node) {
    const std::size_t index = count_++;
    const std::string id = node.is_object() ? text_member(node, "id") : std::string();
    if (id.empty()) return graph_error(name_, "nodes[" + std::to_string(index) + "] has no \"id\"");
    const auto data = node.find("data");
    const std::string block_type =
        data != node.end() && data->is_object() ? text_member(*data, "blockType") : std::string();
    if (block_type.empty()) {
      return graph_error(
          name_,
          "node '" + id +
              "' has no data.blockType, so this is not a canvas file (and without a \"version\" it "
              "is not an EngineSnapshotV1 either)");
    }
    if (drawn_only(block_type)) {
      passed_over_.push_back(id);
      return {};
    }
    json_.begin_object().member("id", id).member("blockType", block_type);
    json_.key("data").raw(data->dump()).end_object();
    return {};
  }

  Result<void> write_edge(const nlohmann::json& edge) {
    const std::string source = edge.is_object() ? text_member(edge, "source") : std::string();
    const std::string target = edge.is_object() ? text_member(edge, "target") : std::string();
    if (source.empty() || target.empty())
      return graph_error(name_, "an edge has no \"source\" or no \"target\": " + edge.dump());
    if (passed_over(source) || passed_over(target)) return {};
    json_.begin_object().member("id", text_member(edge, "id")).member("source", source);
    // React Flow writes null for a node's only handle; the snapshot's default says the same.
    for (const char* handle : {"sourceHandle", "targetHandle"})
      if (const std::string name = text_member(edge, handle); !name.empty())
        json_.member(handle, name);
    json_.member("target", target).end_object();
    return {};
  }

  bool passed_over(const std::string& id) const {
    return std::find(passed_over_.begin(), passed_over_.end(), id) != passed_over_.end();
  }

  const std::string& name_;
  JsonWriter json_;
  std::size_t count_ = 0;
  std::vector<std::string> passed_over_;
};

/// What the first pass over a file finds, checking all of it.
struct Outline {
  bool has_version = false;
  std::optional<JsonReader::Place> nodes;  // where the array stands
};

bool read_outline(JsonReader& reader, Outline& outline) {
  if (reader.peek() != JsonReader::Type::Object) return reader.skip() && reader.finish();
  std::string_view key;
  reader.enter_object();
  while (reader.next_key(key)) {
    if (key == "version") outline.has_version = true;
    if (key == "nodes" && reader.peek() == JsonReader::Type::Array) outline.nodes = reader.place();
    reader.skip();
  }
  return reader.finish();
}

void read_label(JsonReader& reader, std::string& label) {
  std::string_view key;
  reader.enter_object();
  while (reader.next_key(key)) {
    std::string_view text;
    if (key == "label" && reader.peek() == JsonReader::Type::String && reader.string(text)) {
      label = text;
    } else {
      reader.skip();
    }
  }
}

/// Id, label and where the data lies. What else is wrong with a node the engine says better.
GraphFile::Node read_node(JsonReader& reader, const char* text) {
  GraphFile::Node node;
  std::string_view key;
  reader.enter_object();
  while (reader.next_key(key)) {
    std::string_view view;
    if (key == "id" && reader.peek() == JsonReader::Type::String) {
      if (reader.string(view)) node.id = view;
    } else if (key == "data" && reader.peek() == JsonReader::Type::Object) {
      const JsonReader::Place data = reader.place();
      if (read_raw(reader, view)) {
        node.data_offset = static_cast<std::size_t>(view.data() - text);
        node.data_length = view.size();
      }
      reader.go(data);
      read_label(reader, node.label);
    } else {
      reader.skip();
    }
  }
  reader.release_strings();
  return node;
}

}  // namespace

Result<GraphFile> GraphFile::read(const std::string& path) {
  Result<std::string> text = path == "-" ? read_standard_input() : read_text_file(path);
  if (!text.ok()) return std::move(text).error();
  return parse(std::move(text).value(), path == "-" ? "standard input" : path);
}

Result<GraphFile> GraphFile::parse(std::string text, std::string name) {
  GraphFile file(std::move(name));
  if (Result<void> loaded = file.load(std::move(text)); !loaded.ok())
    return std::move(loaded).error();
  return file;
}

Result<void> GraphFile::load(std::string text) {
  text_ = std::move(text);
  JsonReader reader;
  Outline outline;
  if (!reader.start(text_, Limits{}.max_nesting) || !read_outline(reader, outline))
    return json_error(name_, text_, reader.error());
  if (!outline.has_version && outline.nodes) return load_canvas();
  if (!outline.has_version) {
    return graph_error(name_,
                       "this is neither an EngineSnapshotV1 ({\"version\": 1, \"nodes\": [...], "
                       "\"edges\": [...]}) nor a canvas file (nodes with data.blockType)");
  }
  nodes_.clear();
  if (!outline.nodes) return {};
  reader.go(*outline.nodes);
  reader.enter_array();
  while (reader.next_element()) {
    if (reader.peek() == JsonReader::Type::Object) {
      nodes_.push_back(read_node(reader, text_.data()));
    } else {
      reader.skip();
    }
  }
  return {};
}

Result<void> GraphFile::load_canvas() {
  const Result<nlohmann::json> canvas = parse_json(text_, Limits{});
  if (!canvas.ok()) return json_error(name_, text_, canvas.error());
  std::string snapshot;
  if (Result<void> converted = CanvasReader(name_, snapshot).convert(*canvas); !converted.ok())
    return converted;
  return load(std::move(snapshot));
}

const GraphFile::Node* GraphFile::find(std::string_view id) const noexcept {
  // Of equal ids the last counts, as in the engine.
  const auto found =
      std::find_if(nodes_.rbegin(), nodes_.rend(), [&](const Node& node) { return node.id == id; });
  return found == nodes_.rend() ? nullptr : &*found;
}

Result<InputSetting> GraphFile::setting(std::string_view text) const {
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::InvalidParams, "--set " + std::string(text) + ": " + why, {}};
  };
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0)
    return refuse("write NODE=VALUE or NODE.PORT=VALUE");
  const std::string_view place = text.substr(0, equals);
  const std::optional<double> value = parse_value(text.substr(equals + 1));
  if (!value)
    return refuse("'" + std::string(text.substr(equals + 1)) +
                  "' is not a number (nor NaN, Infinity or -Infinity)");

  const Node* best = nullptr;
  for (const Node& node : nodes_) {
    const bool fits =
        place == node.id || (place.size() > node.id.size() + 1 && place.starts_with(node.id) &&
                             place[node.id.size()] == '.');
    if (fits && (best == nullptr || node.id.size() > best->id.size())) best = &node;
  }
  if (best == nullptr) {
    return refuse(name_ + " has no node '" + std::string(place.substr(0, place.rfind('.'))) +
                  "' (`chainsolve eval " + (name_ == "standard input" ? "-" : name_) +
                  "` lists its nodes)");
  }
  const bool whole = place.size() == best->id.size();
  return InputSetting{
      best->id, whole ? "value" : std::string(place.substr(best->id.size() + 1)), *value};
}

Result<void> GraphFile::apply(std::span<const InputSetting> settings) {
  struct Edit {
    const Node* node;
    nlohmann::json data;
  };
  std::vector<Edit> edits;
  for (const InputSetting& setting : settings) {
    const Node* node = find(setting.node);
    if (node == nullptr || node->data_length == 0 || !std::isfinite(setting.value)) continue;
    auto edit = std::find_if(
        edits.begin(), edits.end(), [&](const Edit& other) { return other.node == node; });
    if (edit == edits.end()) {
      Result<nlohmann::json> data =
          parse_json(std::string_view(text_).substr(node->data_offset, node->data_length), {});
      if (!data.ok()) return std::move(data).error();
      edit = edits.insert(edits.end(), {node, std::move(data).value()});
    }
    nlohmann::json& manual = edit->data["manualValues"];
    if (!manual.is_object()) manual = nlohmann::json::object();
    manual[setting.port] = setting.value;
    if (setting.port == "value") edit->data["value"] = setting.value;
  }
  if (edits.empty()) return {};

  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
    return a.node->data_offset < b.node->data_offset;
  });
  std::string edited;
  std::size_t from = 0;
  for (const Edit& edit : edits) {
    edited.append(text_, from, edit.node->data_offset - from).append(edit.data.dump());
    from = edit.node->data_offset + edit.node->data_length;
  }
  edited.append(text_, from);
  return load(std::move(edited));
}

std::optional<double> parse_value(std::string_view text) noexcept {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity" || text == "+Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace chainsolved::cli
