#pragma once

#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "shm/segment.h"

#include <optional>
#include <string>
#include <string_view>

namespace chainsolved::cli {

/// One line of `chainsolve rpc`, read. Ids stay the text that they were, so that they can be given
/// back as they came.
struct RpcRequest {
  std::string id;  // JSON text; empty: a notification, which gets no answer
  std::string method;
  std::string params = "{}";  // JSON text
};

/// An error that still knows whom to answer.
struct RpcFault {
  Error error;
  std::string id = "null";
};

/// Reads lines; keeps its buffers from line to line.
class RpcReader {
 public:
  /// Takes a line apart. The fault is PARSE_ERROR for text that is not JSON, INVALID_REQUEST for
  /// what is no object or has no method.
  std::optional<RpcRequest> read(std::string_view line, RpcFault& fault);

  /// The id in the params of `cancel`, as JSON text; empty when there is none.
  std::string cancelled_id(std::string_view params);

  /// The params of a registerDataset whose numbers stood in the line.
  struct InlineDataset {
    SealedSegment segment;
    std::string params;  // with `data`, which refers to the segment, in place of `values`
  };
  /// Moves the numbers of `values` into shared memory, whatever their number. Nothing when there
  /// are none, or one of them is no number: the engine then says what is wrong.
  std::optional<InlineDataset> read_dataset(std::string_view params);

 private:
  JsonReader reader_;
};

}  // namespace chainsolved::cli
