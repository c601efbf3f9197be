#pragma once

#include <string>
#include <string_view>

namespace chainsolved::client {

/// Builds the ops of applyPatch in the order of the calls. `data_json` is a JSON object's text, put
/// in as it is.
///
///     Patch patch;
///     patch.add_node("n7", "number", R"({"value": 3})").add_edge("e9", "n7", "out", "sum", "a");
class Patch {
 public:
  Patch& add_node(std::string_view id,
                  std::string_view block_type,
                  std::string_view data_json = "{}");
  Patch& remove_node(std::string_view id);
  Patch& update_node_data(std::string_view id, std::string_view data_json);
  Patch& add_edge(std::string_view id,
                  std::string_view source,
                  std::string_view source_handle,
                  std::string_view target,
                  std::string_view target_handle);
  Patch& remove_edge(std::string_view id);
  /// An op that is already JSON.
  Patch& add_op(std::string_view op_json);

  bool empty() const noexcept { return ops_.empty(); }
  void clear() noexcept { ops_.clear(); }
  /// The JSON array.
  std::string json() const { return "[" + ops_ + "]"; }

 private:
  std::string& next();
  std::string ops_;
};

}  // namespace chainsolved::client
