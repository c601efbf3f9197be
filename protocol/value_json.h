#pragma once

#include "protocol/columns.h"
#include "protocol/error.h"
#include "protocol/json_writer.h"
#include "protocol/value.h"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace chainsolved {

/// Writes a value as WIRE.md gives it: `{"kind": "vector", "value": ...}` and so on. Numbers of
/// vectors, matrices and tables go through `columns`; ragged tables keep `rows`. Requires that the
/// value is not None.
void write_value(JsonWriter& out, const Value& value, ColumnSink& columns);

/// Reads a value, taking all three spellings of its numbers. INVALID_PARAMS with the reason when
/// the kind is unknown, a member is missing or lengths do not agree.
Result<Value> read_value(const nlohmann::json& object, ColumnSource& columns);

/// A number where the contract has one in a value: a JSON number, "NaN", "Infinity", "-Infinity",
/// or null (NaN). Booleans and other strings are refused.
Result<double> read_number(const nlohmann::json& from);

}  // namespace chainsolved
