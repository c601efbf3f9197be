#include "chainsolved/patch.h"

#include "protocol/json_writer.h"

namespace chainsolved::client {

std::string& Patch::next() {
  if (!ops_.empty()) ops_ += ',';
  return ops_;
}

Patch& Patch::add_node(std::string_view id,
                       std::string_view block_type,
                       std::string_view data_json) {
  JsonWriter json(next());
  json.begin_object().member("op", "addNode").key("node").begin_object();
  json.member("id", id).member("blockType", block_type).key("data").raw(data_json);
  json.end_object().end_object();
  return *this;
}

Patch& Patch::remove_node(std::string_view id) {
  JsonWriter(next()).begin_object().member("op", "removeNode").member("nodeId", id).end_object();
  return *this;
}

Patch& Patch::update_node_data(std::string_view id, std::string_view data_json) {
  JsonWriter json(next());
  json.begin_object().member("op", "updateNodeData").member("nodeId", id);
  json.key("data").raw(data_json).end_object();
  return *this;
}

Patch& Patch::add_edge(std::string_view id,
                       std::string_view source,
                       std::string_view source_handle,
                       std::string_view target,
                       std::string_view target_handle) {
  JsonWriter json(next());
  json.begin_object().member("op", "addEdge").key("edge").begin_object();
  json.member("id", id).member("source", source).member("sourceHandle", source_handle);
  json.member("target", target).member("targetHandle", target_handle);
  json.end_object().end_object();
  return *this;
}

Patch& Patch::remove_edge(std::string_view id) {
  JsonWriter(next()).begin_object().member("op", "removeEdge").member("edgeId", id).end_object();
  return *this;
}

Patch& Patch::add_op(std::string_view op_json) {
  next() += op_json;
  return *this;
}

}  // namespace chainsolved::client
