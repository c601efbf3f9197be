#pragma once

#include "protocol/columns.h"
#include "protocol/error.h"
#include "protocol/json_writer.h"
#include "protocol/value.h"

#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace chainsolved {

/// Writes a value as WIRE.md gives it: `{"kind": "vector", "value": ...}` and so on. Numbers of
/// vectors, matrices and tables go through `columns`; ragged tables keep `rows`. Requires that the
/// value is not None.
void write_value(JsonWriter& json, const Value& value, ColumnSink& columns);

/// Reads a value, taking all three spellings of its numbers. INVALID_PARAMS with the reason when
/// the kind is unknown, a member is missing or lengths do not agree.
Result<Value> read_value(const nlohmann::json& json, ColumnSource& columns);

/// A number where the contract has one in a value: a JSON number, "NaN", "Infinity", "-Infinity",
/// or null (NaN). Booleans and other strings are refused.
Result<double> read_number(const nlohmann::json& json);

}  // namespace chainsolved
