#pragma once

#include "chainsolved/values.h"
#include "client/cpp/src/slot_names.h"
#include "protocol/value.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chainsolved::client {

/// Every node's current value as far as this client has been told.
class Mirror {
 public:
  /// `values` is everything there is.
  void replace(const Values& values, std::shared_ptr<const SlotNames> names);
  /// Nothing is known any more.
  void clear() noexcept;
  /// `values` is what changed.
  void update(const Values& values);
  Value current(std::string_view node_id) const;

 private:
  void set_scalar(std::uint32_t slot, double value);
  void forget_scalar(std::uint32_t slot) noexcept;

  std::shared_ptr<const SlotNames> names_;
  std::vector<double> scalars_;                    // by slot
  std::vector<bool> has_scalar_;                   // by slot
  std::unordered_map<std::string, Value> others_;  // by id
};

}  // namespace chainsolved::client
