#pragma once

#include "chainsolved/results.h"
#include "client/cpp/src/retained_datasets.h"
#include "client/cpp/src/slot_names.h"
#include "protocol/error.h"
#include "protocol/methods.h"
#include "protocol/request.h"
#include "shm/message_socket.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

class DatasetBuilder;
struct DatasetShape;
struct Options;
class Patch;

/// A request before it has an id: what both faces hand to the core. Used again, it keeps its
/// buffers.
struct Request {
  std::string json;             // {"method": ..., "params": ...}; empty when it lies in a segment
  std::vector<std::byte> data;  // columns
  FdList segments;
  bool json_in_segment = false;
  bool changes_graph = true;  // errors say whether it was applied
  bool notification = false;
  bool opens_session = false;
  bool raw = false;  // an error answer is handed over as a message
  enum class Names : std::uint8_t { Session, FromSnapshot, OwnSnapshot };
  Names names = Names::Session;                      // whose slots the answer speaks of
  SnapshotText snapshot;                             // for those that are the snapshot's
  std::shared_ptr<const Registration> registration;  // to be retained when it is acknowledged
  std::string releases;                              // a dataset, which is then retained no more

  void clear() noexcept;
};

/// A registration as a request that can be sent; LIMIT_EXCEEDED when no descriptor is left.
Result<void> write_registration(Request& request, const Registration& registration);

/// Writes requests. `inline_limit` is the most that a frame may have; what is larger goes into
/// sealed segments, whose creation may fail.
class RequestEncoder {
 public:
  explicit RequestEncoder(std::uint64_t inline_limit) noexcept : inline_limit_(inline_limit) {}

  Result<void> hello(Request& request, const Options& options) const;
  Result<void> open_session(Request& request, const Options& options) const;
  /// loadSnapshot or evaluate.
  Result<void> snapshot(Request& request,
                        Method method,
                        std::string_view snapshot_json,
                        const EvaluateOptions& options) const;
  Result<void> apply_patch(Request& request,
                           std::string_view ops_json,
                           const EvaluateOptions& options) const;
  Result<void> set_input(Request& request,
                         std::string_view node_id,
                         std::string_view port_id,
                         double value,
                         const EvaluateOptions& options) const;
  Result<void> set_inputs(Request& request,
                          std::span<const Input> inputs,
                          const EvaluateOptions& options) const;
  Result<void> evaluate_block(Request& request,
                              std::string_view block_type,
                              std::span<const BlockInput> inputs,
                              std::string_view data_json) const;
  Result<void> get_values(Request& request, std::span<const std::string> node_ids) const;
  /// Seals `data` and attaches a duplicate of its descriptor, and keeps one to be retained.
  Result<void> register_dataset(Request& request,
                                std::string_view id,
                                DatasetBuilder& data,
                                const DatasetShape& shape) const;
  /// Methods with at most one member of text in their params.
  Result<void> plain(Request& request,
                     Method method,
                     std::string_view key = {},
                     std::string_view text = {}) const;
  Result<void> cancel(Request& request, RequestId id) const;
  Result<void> raw(Request& request, RawRequest&& given) const;

  std::uint64_t inline_limit() const noexcept { return inline_limit_; }

 private:
  Result<void> finish(Request& request) const;
  static Result<void> retain(Request& request, std::string_view id);

  std::uint64_t inline_limit_;
};

}  // namespace chainsolved::client
