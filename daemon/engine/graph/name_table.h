#pragma once

#include "daemon/engine/graph/id_index.h"
#include "daemon/engine/graph/text_pool.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chainsolved::graph {

/// A number for each port, handle and block name: there are few of them, and they repeat.
using NameId = std::uint32_t;

class NameTable {
 public:
  NameId intern(std::string_view name);
  std::string_view text(NameId id) const noexcept { return names_[id].view(); }
  std::size_t memory_bytes() const noexcept {
    return texts_.memory_bytes() + index_.memory_bytes() + names_.capacity() * sizeof(names_[0]);
  }

 private:
  TextPool texts_;
  IdIndex index_;
  std::vector<TextPool::Ref> names_;
};

}  // namespace chainsolved::graph
