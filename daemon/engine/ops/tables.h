#pragma once

#include "protocol/value.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved::ops {

/// A table from its rows: ragged when a row's length is not the number of columns. Nothing when the
/// rows are so unequal that padding them to the longest would take many times their own memory: a
/// small text must not be able to ask for terabytes.
std::optional<Table> table_of_rows(std::vector<std::string> columns,
                                   const std::vector<std::vector<double>>& rows);

/// A table from equally long columns, `cells` column after column. Requires that cells.size() is
/// columns.size() * row_count.
Table table_of_columns(std::vector<std::string> columns, std::size_t row_count, Numbers cells);

}  // namespace chainsolved::ops
