#pragma once

#include "daemon/engine/graph/definition.h"
#include "protocol/value.h"

#include <string_view>

namespace chainsolved::graph {

/// What a source handle makes of a value: col_N the column of a table as a vector, prop_NAME the
/// first row's cell of a column; any other handle, kind or name gives the whole value. True when
/// `out` was set; false when the value goes through as it is.
bool through_handle(const Value& value, std::string_view handle, Value& out);

}  // namespace chainsolved::graph
