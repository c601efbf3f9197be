#include "daemon/engine/ops/tables.h"

#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr std::size_t kMaxPaddingFactor = 16;
constexpr std::size_t kAlwaysAllowedCells = std::size_t{1} << 20U;

bool padding_is_reasonable(std::size_t width, std::size_t rows, std::size_t cells) noexcept {
  const std::size_t most = std::max(kAlwaysAllowedCells, kMaxPaddingFactor * cells);
  return rows == 0 || width <= most / rows;
}

}  // namespace

std::optional<Table> table_of_rows(std::vector<std::string> columns,
                                   const std::vector<std::vector<double>>& rows) {
  Table table;
  table.columns = std::move(columns);
  table.row_count = rows.size();
  table.width = table.columns.size();
  const bool ragged = std::ranges::any_of(
      rows, [&table](const auto& row) { return row.size() != table.columns.size(); });
  if (ragged) {
    table.width = 0;
    std::size_t cell_count = 0;
    for (const auto& row : rows) {
      table.width = std::max(table.width, row.size());
      cell_count += row.size();
      table.row_lengths.push_back(static_cast<std::uint32_t>(row.size()));
    }
    if (!padding_is_reasonable(table.width, rows.size(), cell_count)) return std::nullopt;
  }
  NumberBuffer cells(table.width * table.row_count);
  for (std::size_t c = 0; c < table.width; ++c) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      cells[c * rows.size() + r] = c < rows[r].size() ? rows[r][c] : 0.0;
    }
  }
  table.cells = std::move(cells).take();
  return table;
}

Table table_of_columns(std::vector<std::string> columns, std::size_t row_count, Numbers cells) {
  Table table;
  table.width = columns.size();
  table.columns = std::move(columns);
  table.row_count = row_count;
  table.cells = std::move(cells);
  return table;
}

}  // namespace chainsolved::ops
