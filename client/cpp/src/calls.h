#pragma once

#include "chainsolved/results.h"
#include "client/cpp/src/result_reader.h"
#include "client/cpp/src/session_core.h"
#include "protocol/error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace chainsolved::client {

/// How a method's answer becomes its result: one function per result, used by both faces. Called
/// when the answer comes, in the order of the answers, so that slots and mirror are right.
template <class T>
using Decode = Result<T> (*)(SessionCore&, const Reply&);

Result<EvalResult> decode_load(SessionCore& core, const Reply& reply);
Result<EvalResult> decode_evaluate(SessionCore& core, const Reply& reply);
Result<IncrementalResult> decode_incremental(SessionCore& core, const Reply& reply);
Result<BlockResult> decode_block(SessionCore& core, const Reply& reply);
Result<Values> decode_values(SessionCore& core, const Reply& reply);
/// All values of a session that was joined: the mirror begins with them.
Result<Values> decode_all_values(SessionCore& core, const Reply& reply);
Result<std::vector<Diagnostic>> decode_diagnostics(SessionCore& core, const Reply& reply);
Result<std::string> decode_snapshot_text(SessionCore& core, const Reply& reply);
Result<std::string> decode_text(SessionCore& core, const Reply& reply);
Result<Stats> decode_stats(SessionCore& core, const Reply& reply);
Result<std::vector<DatasetInfo>> decode_datasets(SessionCore& core, const Reply& reply);
Result<std::uint64_t> decode_registered(SessionCore& core, const Reply& reply);
Result<bool> decode_released(SessionCore& core, const Reply& reply);
Result<void> decode_nothing(SessionCore& core, const Reply& reply);
Result<DaemonInfo> decode_hello(SessionCore& core, const Reply& reply);
Result<SessionInfo> decode_session(SessionCore& core, const Reply& reply);
Result<std::vector<SessionRow>> decode_sessions(SessionCore& core, const Reply& reply);
Result<std::uint32_t> decode_epoch(SessionCore& core, const Reply& reply);
Result<RawMessage> decode_raw(SessionCore& core, const Reply& reply);

/// Whether an answer to `dispose` says that there is nothing left to dispose of.
bool let_go(const Error& error) noexcept;

}  // namespace chainsolved::client
