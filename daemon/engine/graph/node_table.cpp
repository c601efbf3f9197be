#include "daemon/engine/graph/node_table.h"

#include <nlohmann/json.hpp>

#include <bit>
#include <utility>

namespace chainsolved::graph {

NodeExtras::NodeExtras() = default;
NodeExtras::~NodeExtras() = default;
NodeExtras::NodeExtras(NodeExtras&&) noexcept = default;
NodeExtras& NodeExtras::operator=(NodeExtras&&) noexcept = default;

Index NodeTable::find(std::string_view id) const {
  return ids.find(id, hash_id(id), [this](std::uint32_t i) { return cold[i].id.view(); });
}

Index NodeTable::allocate() {
  if (!free_indices.empty()) {
    const Index index = free_indices.back();
    free_indices.pop_back();
    return index;
  }
  const auto index = static_cast<Index>(hot.size());
  hot.emplace_back();
  values.push_back(0);
  kinds.push_back(ValueKind::None);
  cold.emplace_back();
  return index;
}

std::uint32_t NodeTable::add_constant(double value) {
  if (!free_constants.empty()) {
    const std::uint32_t cell = free_constants.back();
    free_constants.pop_back();
    constants[cell] = value;
    return cell;
  }
  constants.push_back(value);
  return static_cast<std::uint32_t>(constants.size() - 1);
}

NodeExtras& NodeTable::extras_of(Index node) {
  std::uint32_t& at = cold[node].extras;
  if (at == 0) {
    if (extras.empty()) extras.emplace_back();  // 0 means none
    if (free_extras.empty()) {
      at = static_cast<std::uint32_t>(extras.size());
      extras.emplace_back();
    } else {
      at = free_extras.back();
      free_extras.pop_back();
    }
  }
  return extras[at];
}

void NodeTable::drop_extras(Index node) {
  std::uint32_t& at = cold[node].extras;
  if (at == 0) return;
  extras[at] = NodeExtras();
  free_extras.push_back(std::exchange(at, 0));
}

const ObjectCell& NodeTable::object_of(Index node) const noexcept {
  return objects[std::bit_cast<std::uint64_t>(values[node])];
}

Value NodeTable::value_of(Index node) const {
  switch (kinds[node]) {
    case ValueKind::None:
      return {};
    case ValueKind::Scalar:
      return Value::scalar(values[node]);
    default:
      return object_of(node).value;
  }
}

void NodeTable::drop_value(Index node) {
  const ValueKind kind = std::exchange(kinds[node], ValueKind::None);
  if (kind == ValueKind::None || kind == ValueKind::Scalar) return;
  const auto at = static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(values[node]));
  objects[at] = ObjectCell{};
  free_objects.push_back(at);
}

void NodeTable::set_object(Index node, Value value, bool nonfinite) {
  drop_value(node);
  std::uint32_t at = 0;
  if (free_objects.empty()) {
    at = static_cast<std::uint32_t>(objects.size());
    objects.emplace_back();
  } else {
    at = free_objects.back();
    free_objects.pop_back();
  }
  kinds[node] = value.kind();
  objects[at] = {std::move(value), nonfinite};
  values[node] = std::bit_cast<double>(static_cast<std::uint64_t>(at));
}

namespace {

template <class T>
std::size_t bytes_of(const std::vector<T>& v) {
  return v.capacity() * sizeof(T);
}

std::size_t heap_bytes_of(const Value& value) {
  switch (value.kind()) {
    case ValueKind::Vector:
      return value.as_vector().size() * sizeof(double);
    case ValueKind::Table:
      return value.as_table().cells.size() * sizeof(double);
    case ValueKind::Matrix:
      return value.as_matrix().data.size() * sizeof(double);
    case ValueKind::Text:
      return value.as_text().size();
    case ValueKind::Error:
      return value.error_message().size();
    default:
      return 0;
  }
}

}  // namespace

std::size_t NodeTable::memory_bytes() const {
  std::size_t bytes = bytes_of(hot) + bytes_of(values) + bytes_of(kinds) + bytes_of(cold) +
                      bytes_of(constants) + bytes_of(free_constants) + bytes_of(objects) +
                      bytes_of(free_objects) + bytes_of(extras) + bytes_of(free_extras) +
                      bytes_of(free_indices) + bytes_of(index_of_slot);
  bytes += successors.memory_bytes() + incoming.memory_bytes() + refs.memory_bytes() +
           manual.memory_bytes() + texts.memory_bytes() + names.memory_bytes() + ids.memory_bytes();
  for (const ObjectCell& cell : objects)
    bytes += heap_bytes_of(cell.value);
  return bytes;
}

}  // namespace chainsolved::graph
