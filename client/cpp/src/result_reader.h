#pragma once

#include "chainsolved/control.h"
#include "chainsolved/options.h"
#include "chainsolved/recreation.h"
#include "chainsolved/results.h"
#include "client/cpp/src/frame.h"
#include "client/cpp/src/slot_names.h"
#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

/// An answer as the core hands it over, with the names that its slots stand for.
struct Reply {
  FrameRef frame;
  std::shared_ptr<SlotNames> names;
};

/// A notification's method and where its params lie.
struct NotificationText {
  std::string method;
  std::string_view params = "{}";
};

/// Reads answers and notifications. What does not read as WIRE.md says is PROTOCOL_ERROR with the
/// place. New slots are added to the reply's names on the way. Keeps its buffers; one per
/// connection.
class ResultReader {
 public:
  Result<EvalResult> eval(const Reply& reply);
  Result<IncrementalResult> incremental(const Reply& reply);
  Result<Values> values(const Reply& reply);
  Result<BlockResult> block(const Reply& reply);
  Result<std::vector<Diagnostic>> diagnostics(const Reply& reply);
  Result<Stats> stats(const Reply& reply);
  Result<std::vector<DatasetInfo>> datasets(const Reply& reply);
  Result<std::uint64_t> registered_bytes(const Reply& reply);
  Result<bool> released(const Reply& reply);
  /// The text of `result`, and of one member of it.
  Result<std::string> text(const Reply& reply);
  Result<std::string> snapshot(const Reply& reply);
  Result<void> nothing(const Reply& reply);

  Result<DaemonInfo> hello(const Reply& reply);
  Result<SessionInfo> session(const Reply& reply);
  Result<std::vector<SessionRow>> sessions(const Reply& reply);
  /// The epoch that a restart came to.
  Result<std::uint32_t> epoch(const Reply& reply);

  /// The error that an error frame carries.
  Error error(const FrameRef& frame);
  Result<NotificationText> notification(const FrameRef& frame);
  /// With `full`, the reply's names become new ones.
  Result<ValuesChanged> values_changed(Reply& reply, std::string_view params);
  Result<Progress> progress(std::string_view params);
  Result<SessionEvent> session_event(std::string_view params);
  Result<RecreatingEvent> recreating(std::string_view params);
  Result<RecreatedEvent> recreated(std::string_view params);
  Result<std::string> dataset_id(std::string_view params);
  /// What `connectionError` says.
  Error connection_error(std::string_view params);
  /// Takes the new slots of an answer that nobody decodes.
  void learn_slots(const Reply& reply);

 private:
  /// Calls `member(key)` for each member of the object that comes next.
  template <class Member>
  bool each_member(Member&& member);
  template <class Element>
  bool each_element(Element&& element);
  /// Begins with a frame and goes to its `result` object.
  bool start_result(const Reply& reply);
  /// Begins with params that lie in a frame.
  bool start_params(std::string_view params);
  void begin();
  /// What the reading came to.
  Result<void> end();

  bool value_member(std::string_view key, Values& into, bool& known);
  bool scalars(Values& into);
  bool gone(Values& into);
  bool new_slots();
  void add_new_slots(SlotNames& names);
  bool named_values(std::vector<NamedValue>& into);
  bool value(Value& into);
  bool slow_value(Value& into);
  bool diagnostic_list(std::vector<Diagnostic>& into);
  bool ignored_list(std::vector<Ignored>& into);
  template <class T>
  bool column(ColumnType type, std::span<const T>& into);
  bool column_bytes(ColumnType type, std::span<const std::byte>& into);
  template <class T>
  bool count(T& into);
  bool text_value(std::string& into);
  bool raw_text(std::string& into);
  bool fail(Error error);
  bool fail(std::string_view what);
  void keep_memory(const Reply& reply, Values& into);

  JsonReader json_;
  Limits limits_;
  std::optional<Error> fault_;
  std::optional<FrameColumns> columns_;
  std::span<const std::uint32_t> new_slots_;  // of the message being read
  std::vector<std::string> new_ids_;
};

template <class Member>
bool ResultReader::each_member(Member&& member) {
  if (!json_.enter_object()) return false;
  std::string_view key;
  while (json_.next_key(key)) {
    if (!member(key)) return false;
  }
  return !json_.failed();
}

template <class Element>
bool ResultReader::each_element(Element&& element) {
  if (!json_.enter_array()) return false;
  while (json_.next_element()) {
    if (!element()) return false;
  }
  return !json_.failed();
}

}  // namespace chainsolved::client
