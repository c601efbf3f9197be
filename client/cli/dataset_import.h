#pragma once

#include "chainsolved/dataset.h"

#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::cli {

/// A dataset read from a file, ready to be registered.
struct ImportedDataset {
  std::string id;
  client::DatasetBuilder data;
  client::DatasetShape shape;
  std::vector<std::string> notes;  // for standard error: columns left out, values missing
};

/// Reads `ID=FILE.csv` (a table of the numeric columns) or `ID=FILE.csv:COLUMN` (a vector), the
/// numbers straight into the dataset's shared memory. Throws Failure.
ImportedDataset import_dataset(std::string_view argument);

}  // namespace chainsolved::cli
