#include "daemon/engine/graph/name_table.h"

namespace chainsolved::graph {

NameId NameTable::intern(std::string_view name) {
  const std::uint32_t hash = hash_id(name);
  const auto found = index_.find(name, hash, [this](std::uint32_t i) { return text(i); });
  if (found != IdIndex::kNone) return found;
  const auto id = static_cast<NameId>(names_.size());
  names_.push_back(texts_.add(name));
  index_.insert(hash, id);
  return id;
}

}  // namespace chainsolved::graph
