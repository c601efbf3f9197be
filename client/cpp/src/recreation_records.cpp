// What is told of a recreation: its two notifications, the errors, and the deaths in listSessions.
#include "chainsolved/recreation.h"
#include "client/cpp/src/record_members.h"
#include "client/cpp/src/result_reader.h"
#include "protocol/json_text.h"

#include <utility>

namespace chainsolved::client {

namespace {

ErrorCode told_code(const nlohmann::json& params) {
  const std::string code = text_of(params, "code");
  return code.empty() ? ErrorCode::WorkerCrashed : error_code_named(code);
}

Result<nlohmann::json> params_tree(std::string_view params) {
  auto tree = parse_json(params, Limits());
  if (tree.ok() && !tree->is_object())
    return Error{ErrorCode::ProtocolFault, "a notification's params are not an object"};
  return tree;
}

}  // namespace

Result<RecreatingEvent> ResultReader::recreating(std::string_view params) {
  auto tree = params_tree(params);
  if (!tree.ok()) return std::move(tree).error();
  return RecreatingEvent{told_code(*tree), text_of(*tree, "reason"), std::string(params)};
}

Result<RecreatedEvent> ResultReader::recreated(std::string_view params) {
  auto tree = params_tree(params);
  if (!tree.ok()) return std::move(tree).error();
  RecreatedEvent event;
  event.epoch = number_of<std::uint32_t>(*tree, "epoch");
  event.code = told_code(*tree);
  event.reason = text_of(*tree, "reason");
  event.node = text_of(*tree, "node");
  event.elapsed_ms = number_of<double>(*tree, "elapsedMs");
  event.replayed = number_of<std::uint64_t>(*tree, "replayed");
  event.snapshot_set_aside = flag_of(*tree, "snapshotSetAside");
  event.lost_datasets = texts_of(*tree, "lostDatasets");
  event.suspects = texts_of(*tree, "suspects");
  if (const auto timing = tree->find("timing"); timing != tree->end() && timing->is_object()) {
    event.timing.stop_us = number_of<double>(*timing, "stopUs");
    event.timing.answer_us = number_of<double>(*timing, "answerUs");
    event.timing.spare_us = number_of<double>(*timing, "spareUs");
    event.timing.replay_us = number_of<double>(*timing, "replayUs");
  }
  event.json = params;
  return event;
}

ErrorContext context_of(const Error& error) {
  ErrorContext context;
  const auto tree = parse_json("{" + error.detail + "}", Limits());
  if (!tree.ok() || !tree->is_object()) return context;
  context.method = text_of(*tree, "method");
  context.node = text_of(*tree, "node");
  context.signal = text_of(*tree, "signal");
  context.reason = text_of(*tree, "reason");
  if (const auto elapsed = tree->find("elapsedMs"); elapsed != tree->end() && elapsed->is_number())
    context.elapsed_ms = elapsed->get<double>();
  return context;
}

}  // namespace chainsolved::client
