#pragma once

#include "daemon/engine/dataset_store.h"
#include "protocol/error.h"

#include <string>
#include <string_view>

namespace chainsolved::engine {

/// `{"method":"registerDataset","params":{"datasetId","rows","columns"?,"lease","owner","kept"?,
/// "offset"?}}`: what the journal says of a dataset. `kept` is the number of the segment that its
/// cells lie in, `offset` where they begin there, in bytes.
std::string registration_record(std::string_view id, const Dataset& dataset);

/// `{"method":"releaseDataset","params":{"datasetId"}}`.
std::string release_record(std::string_view id);

struct DatasetRecord {
  std::string id;
  Dataset dataset;  // without value, segment and mapping
};
/// The params of either. INVALID_PARAMS for what no engine wrote.
Result<DatasetRecord> read_dataset_record(std::string_view params);

/// The dataset's cells as the value that nodes get.
Value dataset_value(const Dataset& dataset, Numbers cells);

}  // namespace chainsolved::engine
