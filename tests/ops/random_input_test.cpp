// Every row on random kinds, shapes and values: whatever reaches a block, it answers with a
// canonical value and the process lives.
#include "daemon/engine/ops/block.h"
#include "protocol/json_writer.h"
#include "protocol/numbers.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"
#include "tests/support/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

double any_number(Random& random) {
  constexpr auto kSpecial = std::to_array(
      {0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 6.0, 100.0, 1e-300, 1e300, -1e300, 5e-324, kNan});
  switch (below(random, 8)) {
    case 0:
      return kSpecial[below(random, kSpecial.size())];
    case 1:
      return random() % 2 == 0 ? kInfinity : -kInfinity;
    case 2:
      return std::bit_cast<double>(random());
    case 3:
      return static_cast<double>(below(random, 20)) - 5;
    default:
      return std::uniform_real_distribution<double>(-10, 10)(random);
  }
}

std::vector<double> any_numbers(Random& random, std::size_t count) {
  std::vector<double> numbers(count);
  for (double& x : numbers)
    x = any_number(random);
  return numbers;
}

Value any_table(Random& random) {
  Table table;
  table.row_count = below(random, 4);
  table.width = below(random, 4);
  for (std::size_t c = 0; c < table.width; ++c)
    table.columns.push_back("c" + std::to_string(c));
  std::vector<double> cells = any_numbers(random, table.width * table.row_count);
  if (table.row_count > 0 && random() % 3 == 0) {
    if (!table.columns.empty()) table.columns.pop_back();
    for (std::size_t r = 0; r < table.row_count; ++r) {
      const std::size_t length = r == 0 ? table.width : below(random, table.width + 1);
      table.row_lengths.push_back(static_cast<std::uint32_t>(length));
      for (std::size_t c = length; c < table.width; ++c)
        cells[c * table.row_count + r] = 0;
    }
  }
  table.cells = Numbers(std::move(cells));
  return Value::table(std::move(table));
}

Value any_matrix(Random& random) {
  const std::size_t rows = below(random, 4);
  const std::size_t cols = below(random, 4);
  return Value::matrix(rows, cols, Numbers(any_numbers(random, rows * cols)));
}

std::string any_text(Random& random) {
  constexpr auto kTexts = std::to_array<std::string_view>({"",
                                                           "x",
                                                           "x^2 + 1",
                                                           "sin(x)/x",
                                                           "-x^2",
                                                           "((",
                                                           "%.3f",
                                                           "%.99999999999f",
                                                           "m/s",
                                                           "kg",
                                                           "\xff\xfe",
                                                           "1e999",
                                                           "x0,x1"});
  return std::string(kTexts[below(random, kTexts.size())]);
}

Value any_value(Random& random) {
  switch (below(random, 10)) {
    case 0:
      return list(any_numbers(random, below(random, 20)));
    case 1:
      return any_table(random);
    case 2:
      return any_matrix(random);
    case 3:
      return Value::text(any_text(random));
    case 4:
      return Value::interval(any_number(random), any_number(random));
    case 5:
      return Value::complex(any_number(random), any_number(random));
    case 6:
      return Value::error("an error");
    case 7:
      return Value::high_precision({.display = "1", .approx = any_number(random), .precision = 3});
    default:
      return scalar(any_number(random));
  }
}

/// A value that the port would take, most of the time.
Value fitting_value(Random& random, ops::Takes takes) {
  if (random() % 4 == 0) return any_value(random);
  switch (takes) {
    case ops::Takes::Vector:
      return list(any_numbers(random, below(random, 12)));
    case ops::Takes::Table:
      return any_table(random);
    case ops::Takes::Matrix:
      return any_matrix(random);
    case ops::Takes::Text:
      return Value::text(any_text(random));
    case ops::Takes::Scalar:
      return scalar(any_number(random));
    default:
      return any_value(random);
  }
}

Inputs any_inputs(Random& random, const ops::BlockDef& row) {
  Inputs inputs;
  for (const ops::Port& port : row.ports) {
    if (random() % 6 == 0) continue;
    const bool by_alias = !port.alias.empty() && random() % 2 == 0;
    inputs.emplace_back(by_alias ? port.alias : port.id, fitting_value(random, port.takes));
  }
  if (random() % 3 == 0) {
    const std::size_t count = below(random, 5);
    for (std::size_t i = 0; i < count; ++i) {
      inputs.emplace_back("in_" + std::to_string(i), any_value(random));
    }
  }
  if (row.free_ports) inputs.emplace_back("x", any_value(random));
  return inputs;
}

void write_any_member(JsonWriter& json, Random& random) {
  switch (below(random, 6)) {
    case 0:
      json.null();
      break;
    case 1:
      json.boolean(random() % 2 == 0);
      break;
    case 2:
      json.string(any_text(random));
      break;
    case 3:
      json.begin_array();
      for (std::size_t i = below(random, 5); i > 0; --i) {
        json.number(std::uniform_real_distribution<double>(-5, 5)(random));
      }
      json.end_array();
      break;
    case 4:
      json.raw(R"({"columns": ["a", 1], "rows": [[1, 2], [3], "x"], "rho": 1, "E": "x"})");
      break;
    default:
      json.number(static_cast<double>(below(random, 12)));
  }
}

/// The keys that the row reads, with members of any type. (JSON has no NaN.)
std::string any_data(Random& random, const ops::BlockDef& row) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  for (const std::string_view key : row.data_keys) {
    json.key(key);
    write_any_member(json, random);
  }
  json.end_object();
  return text;
}

bool is_canonical(double x) {
  if (std::isnan(x)) return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(kNan);
  return x != 0 || !std::signbit(x);
}

bool all_canonical(std::span<const double> numbers) {
  return std::ranges::all_of(numbers, is_canonical);
}

/// Whether the result may be a part of an input's memory, which passes as it is.
bool shares_memory(const Numbers& result, const Inputs& inputs) {
  const auto inside = [&result](const Numbers& numbers) {
    return !result.empty() && result.data() >= numbers.begin() && result.data() < numbers.end();
  };
  return std::ranges::any_of(inputs, [&inside](const auto& input) {
    const Value& value = input.second;
    if (value.is(ValueKind::Vector)) return inside(value.as_vector());
    if (value.is(ValueKind::Table)) return inside(value.as_table().cells);
    return value.is(ValueKind::Matrix) && inside(value.as_matrix().data);
  });
}

bool is_canonical(const Value& value, const Inputs& inputs) {
  switch (value.kind()) {
    case ValueKind::Scalar:
      return is_canonical(value.as_scalar());
    case ValueKind::Vector:
      return shares_memory(value.as_vector(), inputs) || all_canonical(value.as_vector().span());
    case ValueKind::Table:
      return shares_memory(value.as_table().cells, inputs) ||
             all_canonical(value.as_table().cells.span());
    case ValueKind::Matrix:
      return shares_memory(value.as_matrix().data, inputs) ||
             all_canonical(value.as_matrix().data.span());
    case ValueKind::Interval:
      return is_canonical(value.as_interval().lo) && is_canonical(value.as_interval().hi);
    case ValueKind::Complex:
      return is_canonical(value.as_complex().re) && is_canonical(value.as_complex().im);
    default:
      return true;
  }
}

/// A table's members agree with each other.
bool is_whole(const Value& value) {
  if (value.is(ValueKind::Matrix)) {
    const Matrix& matrix = value.as_matrix();
    return matrix.data.size() == matrix.rows * matrix.cols;
  }
  if (!value.is(ValueKind::Table)) return true;
  const Table& table = value.as_table();
  return table.cells.size() == table.width * table.row_count &&
         (table.ragged() ? table.row_lengths.size() == table.row_count
                         : table.width == table.columns.size() || table.row_count == 0);
}

class RandomInputs : public ::testing::TestWithParam<const ops::BlockDef*> {};

TEST_P(RandomInputs, GiveACanonicalValue) {
  constexpr int kRounds = 300;
  const ops::BlockDef& row = *GetParam();
  Random random(std::hash<std::string_view>()(row.id));
  for (int round = 0; round < kRounds; ++round) {
    const Inputs inputs = any_inputs(random, row);
    const std::string data = any_data(random, row);
    const auto result = run_block(row.id, inputs, data);
    ASSERT_FALSE(result.value.is(ValueKind::None)) << "nothing on " << data;
    ASSERT_TRUE(is_whole(result.value)) << describe(result.value) << " on " << data;
    ASSERT_TRUE(is_canonical(result.value, inputs)) << describe(result.value) << " on " << data;
  }
}

// One test per block, so that the name says which one crashed.
INSTANTIATE_TEST_SUITE_P(EveryBlock,
                         RandomInputs,
                         ::testing::ValuesIn(ops::all_blocks().begin(), ops::all_blocks().end()),
                         [](const auto& instance) {
                           std::string name(instance.param->id);
                           std::ranges::replace_if(
                               name, [](char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace chainsolved::test
