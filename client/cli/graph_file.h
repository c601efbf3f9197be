#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::cli {

/// `--set NODE=VALUE` or `--set NODE.PORT=VALUE`, found in a graph.
struct InputSetting {
  std::string node;
  std::string port;
  double value = 0;
};

/// A graph as the command line takes it: EngineSnapshotV1, or a canvas file (React Flow nodes with
/// data.blockType), which becomes a snapshot. Of a canvas, groups and annotations are passed over,
/// and edges of theirs with them.
class GraphFile {
 public:
  struct Node {
    std::string id;
    std::string label;            // data.label, may be empty
    std::size_t data_offset = 0;  // of the data object in text(); length 0: there is none
    std::size_t data_length = 0;
  };

  /// Reads PATH, or standard input for "-". INVALID_PARAMS says what is wrong, where it can with
  /// line and column.
  static Result<GraphFile> read(const std::string& path);
  static Result<GraphFile> parse(std::string text, std::string name);

  /// EngineSnapshotV1.
  const std::string& text() const noexcept { return text_; }
  const std::string& name() const noexcept { return name_; }
  const std::vector<Node>& nodes() const noexcept { return nodes_; }
  const Node* find(std::string_view id) const noexcept;

  /// Reads one `--set`: of the ids that the part before the last `=` may begin with, the longest
  /// that the graph has wins; what follows its dot is the port.
  Result<InputSetting> setting(std::string_view text) const;

  /// Writes the settings into the nodes' data, so that the graph is evaluated once and as meant:
  /// data.manualValues[port], and data.value for the port `value`. Non-finite values are left to
  /// setInputs, since JSON cannot say them in data.value.
  Result<void> apply(std::span<const InputSetting> settings);

 private:
  explicit GraphFile(std::string name) : name_(std::move(name)) {}
  Result<void> load(std::string text);
  Result<void> load_canvas();

  std::string name_;
  std::string text_;
  std::vector<Node> nodes_;
};

/// A VALUE of the command line: a number, NaN, Infinity or -Infinity.
std::optional<double> parse_value(std::string_view text) noexcept;

}  // namespace chainsolved::cli
