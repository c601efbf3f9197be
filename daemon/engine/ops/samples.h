#pragma once

#include "daemon/engine/ops/call.h"
#include "protocol/value.h"

#include <Eigen/Core>

#include <cstddef>
#include <string>
#include <vector>

// What learning blocks read: one row per sample.
namespace chainsolved::ops {

/// Features or labels that were read from a port, or a reason why there are none (a literal).
struct SampleRows {
  Eigen::MatrixXd rows;  // a row per sample, a column per feature
  const char* error = nullptr;

  bool ok() const noexcept { return error == nullptr; }
  static SampleRows fail(const char* reason) { return {{}, reason}; }
};

/// The cells of a rectangular table, the entries of a vector (one column), or a matrix.
SampleRows sample_rows(const Value& value);

/// Features on port `x` and labels on port `y`, equally many and one at least.
struct LabelledSamples {
  Eigen::MatrixXd x;
  Eigen::MatrixXd y;
  const char* error = nullptr;
};
LabelledSamples labelled_samples(const Call& call, std::size_t x, std::size_t y);

/// A table of `cells` with these column names. The cells are copied column after column.
Value table_value(std::vector<std::string> columns, const Eigen::MatrixXd& cells);

}  // namespace chainsolved::ops
