#include "daemon/engine/ops/samples.h"

#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::ops {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

SampleRows table_rows(const Table& table) {
  if (table.ragged()) return SampleRows::fail("the rows of the table are not equally long");
  return {Eigen::Map<const MatrixXd>(
      table.cells.data(), static_cast<Index>(table.row_count), static_cast<Index>(table.width))};
}

SampleRows matrix_rows(const Matrix& matrix) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return {Eigen::Map<const RowMajor>(
      matrix.data.data(), static_cast<Index>(matrix.rows), static_cast<Index>(matrix.cols))};
}

}  // namespace

SampleRows sample_rows(const Value& value) {
  switch (value.kind()) {
    case ValueKind::Table:
      return table_rows(value.as_table());
    case ValueKind::Matrix:
      return matrix_rows(value.as_matrix());
    case ValueKind::Vector: {
      const Numbers& numbers = value.as_vector();
      return {Eigen::Map<const MatrixXd>(numbers.data(), static_cast<Index>(numbers.size()), 1)};
    }
    default:
      return SampleRows::fail("needs a table or a vector");
  }
}

LabelledSamples labelled_samples(const Call& call, std::size_t x, std::size_t y) {
  LabelledSamples samples;
  SampleRows features = sample_rows(call.input(x));
  SampleRows labels = sample_rows(call.input(y));
  if (!features.ok() || !labels.ok()) {
    samples.error = features.ok() ? labels.error : features.error;
    return samples;
  }
  if (features.rows.rows() != labels.rows.rows()) {
    samples.error = "there must be as many labels as samples";
  } else if (features.rows.size() == 0 || labels.rows.size() == 0) {
    samples.error = "there are no samples";
  }
  samples.x = std::move(features.rows);
  samples.y = std::move(labels.rows);
  return samples;
}

Value table_value(std::vector<std::string> columns, const MatrixXd& cells) {
  NumberBuffer buffer(static_cast<std::size_t>(cells.size()));
  std::copy_n(cells.data(), cells.size(), buffer.data());
  return Value::table(table_of_columns(
      std::move(columns), static_cast<std::size_t>(cells.rows()), std::move(buffer).take()));
}

}  // namespace chainsolved::ops
