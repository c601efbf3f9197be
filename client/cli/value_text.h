#pragma once

#include "protocol/value.h"

#include <string>

namespace chainsolved::cli {

class CsvWriter;

/// A value in one line, for people: vectors by their first entries and their length, tables and
/// matrices by their shape. "(no value)" for None.
std::string summary_of(const Value& value);

/// A value in full, for people: a vector one entry a line, tables and matrices as aligned columns.
std::string full_text_of(const Value& value);

/// True for the kinds that have a grid of numbers of their own: vector, table, matrix.
bool is_grid(const Value& value) noexcept;

/// The grid alone as CSV: a table with its column names, a vector as one column `value`, a matrix
/// with columns 0, 1, 2, ...
void write_grid(CsvWriter& csv, const Value& value);

/// A value as rows `node,kind,row,column,value`, one per number; row and column are empty where
/// they have no meaning.
void write_long_rows(CsvWriter& csv, const std::string& node, const Value& value);

}  // namespace chainsolved::cli
