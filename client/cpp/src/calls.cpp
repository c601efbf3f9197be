#include "client/cpp/src/calls.h"

namespace chainsolved::client {

Result<EvalResult> decode_load(SessionCore& core, const Reply& reply) {
  auto result = core.reader().eval(reply);
  if (result.ok() && core.mirror() != nullptr) core.mirror()->replace(result->values, core.names());
  return result;
}

Result<EvalResult> decode_evaluate(SessionCore& core, const Reply& reply) {
  return core.reader().eval(reply);
}

Result<IncrementalResult> decode_incremental(SessionCore& core, const Reply& reply) {
  auto result = core.reader().incremental(reply);
  if (result.ok() && core.mirror() != nullptr) core.mirror()->update(result->changed);
  return result;
}

Result<BlockResult> decode_block(SessionCore& core, const Reply& reply) {
  return core.reader().block(reply);
}

Result<Values> decode_values(SessionCore& core, const Reply& reply) {
  return core.reader().values(reply);
}

Result<Values> decode_all_values(SessionCore& core, const Reply& reply) {
  auto result = core.reader().values(reply);
  if (result.ok() && core.mirror() != nullptr) core.mirror()->replace(*result, core.names());
  return result;
}

Result<std::vector<Diagnostic>> decode_diagnostics(SessionCore& core, const Reply& reply) {
  return core.reader().diagnostics(reply);
}

Result<std::string> decode_snapshot_text(SessionCore& core, const Reply& reply) {
  return core.reader().snapshot(reply);
}

Result<std::string> decode_text(SessionCore& core, const Reply& reply) {
  return core.reader().text(reply);
}

Result<Stats> decode_stats(SessionCore& core, const Reply& reply) {
  return core.reader().stats(reply);
}

Result<std::vector<DatasetInfo>> decode_datasets(SessionCore& core, const Reply& reply) {
  return core.reader().datasets(reply);
}

Result<std::uint64_t> decode_registered(SessionCore& core, const Reply& reply) {
  return core.reader().registered_bytes(reply);
}

Result<bool> decode_released(SessionCore& core, const Reply& reply) {
  return core.reader().released(reply);
}

Result<void> decode_nothing(SessionCore& core, const Reply& reply) {
  return core.reader().nothing(reply);
}

Result<DaemonInfo> decode_hello(SessionCore& core, const Reply& reply) {
  return core.reader().hello(reply);
}

Result<SessionInfo> decode_session(SessionCore& core, const Reply& reply) {
  return core.reader().session(reply);
}

Result<std::vector<SessionRow>> decode_sessions(SessionCore& core, const Reply& reply) {
  return core.reader().sessions(reply);
}

Result<std::uint32_t> decode_epoch(SessionCore& core, const Reply& reply) {
  return core.reader().epoch(reply);
}

Result<RawMessage> decode_raw(SessionCore& /*core*/, const Reply& reply) {
  return raw_message(reply.frame);
}

bool let_go(const Error& error) noexcept {
  return error.code == ErrorCode::DaemonLost || info_of(error.code).blame == Blame::Engine;
}

}  // namespace chainsolved::client
