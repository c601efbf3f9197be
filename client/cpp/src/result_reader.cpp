#include "client/cpp/src/result_reader.h"

#include "protocol/json_text.h"
#include "protocol/value_json.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <utility>

namespace chainsolved::client {

namespace {

Error protocol_fault(std::string_view what) {
  return {ErrorCode::ProtocolFault, "the daemon's answer cannot be read: " + std::string(what)};
}

/// The error in `{"error": {code, message, data}}`.
Error error_in(std::string_view json, const Limits& limits) {
  auto tree = parse_json(json, limits);
  if (!tree.ok() || !tree->is_object()) return protocol_fault("an error is not an object");
  const nlohmann::json wire = tree->value("error", nlohmann::json::object());
  if (!wire.is_object()) return protocol_fault("an error is not an object");
  const auto string_in = [](const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  nlohmann::json data = wire.value("data", nlohmann::json::object());
  if (!data.is_object()) data = nlohmann::json::object();
  Error error;
  const std::string code = string_in(data, "code");
  error.code = error_code_named(code);
  error.message = string_in(wire, "message");
  const std::string bracket = "[" + code + "] ";
  if (!code.empty() && error.message.starts_with(bracket)) error.message.erase(0, bracket.size());
  if (const auto applied = data.find("applied"); applied != data.end()) {
    error.applied = !applied->is_boolean() ? Applied::Unknown
                    : applied->get<bool>() ? Applied::Yes
                                           : Applied::No;
  }
  data.erase("code");
  data.erase("applied");
  if (!data.empty()) {
    const std::string rest = data.dump();
    error.detail = rest.substr(1, rest.size() - 2);
  }
  return error;
}

}  // namespace

bool ResultReader::fail(Error error) {
  if (!fault_.has_value()) fault_ = std::move(error);
  return false;
}

bool ResultReader::fail(std::string_view what) {
  return fail(protocol_fault(what));
}

void ResultReader::begin() {
  fault_.reset();
  new_slots_ = {};
  new_ids_.clear();
}

bool ResultReader::start_params(std::string_view params) {
  begin();
  return json_.start(params, limits_.max_nesting);
}

bool ResultReader::start_result(const Reply& reply) {
  begin();
  columns_.emplace(reply.frame);
  if (!json_.start(reply.frame->json, limits_.max_nesting) || !json_.enter_object()) return false;
  std::string_view key;
  while (json_.next_key(key)) {
    if (key == "result") return true;
    if (!json_.skip()) return false;
  }
  return fail("it has no result");
}

Result<void> ResultReader::end() {
  columns_.reset();
  if (fault_.has_value()) return *std::exchange(fault_, std::nullopt);
  if (json_.failed()) return protocol_fault(json_.error().message);
  return {};
}

// --- members that several results have ---

template <class T>
bool ResultReader::count(T& into) {
  double number = 0;
  if (!json_.number(number)) return false;
  if (!(number >= 0) || number > 9007199254740992.0) return fail("a count is not one");
  into = static_cast<T>(number);
  return true;
}
template bool ResultReader::count(std::uint32_t&);
template bool ResultReader::count(std::uint64_t&);

bool ResultReader::text_value(std::string& into) {
  std::string_view text;
  if (!json_.string(text)) return false;
  into = text;
  return true;
}

bool ResultReader::raw_text(std::string& into) {
  std::string_view text;
  if (!json_.raw(text)) return false;
  into = text;
  return true;
}

bool ResultReader::column_bytes(ColumnType type, std::span<const std::byte>& into) {
  std::string_view kind;
  if (!json_.enter_object() || !json_.next_key(kind)) return fail("a column is missing");
  const bool in_segment = kind == "$segment";
  if (!in_segment && kind != "$column") return fail("a column is neither $column nor $segment");
  std::uint64_t index = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string_view type_name;
  const bool read = each_member([&](std::string_view key) {
    if (key == "index") return count(index);
    if (key == "offset") return count(offset);
    if (key == "count") return count(length);
    return key == "type" ? json_.string(type_name) : json_.skip();
  });
  if (!read) return false;
  if (type_name != name_of(type)) return fail("a column has another type than it should");
  if (std::string_view more; json_.next_key(more)) return fail("a column has too many members");
  auto bytes = in_segment ? columns_->segment_column(index, type, offset, length)
                          : columns_->column(type, offset, length);
  if (!bytes.ok()) return fail(bytes.error().message);
  into = *bytes;
  return true;
}

template <class T>
bool ResultReader::column(ColumnType type, std::span<const T>& into) {
  std::span<const std::byte> bytes;
  if (!column_bytes(type, bytes)) return false;
  // Columns begin at multiples of 8 of a buffer or mapping that is itself aligned.
  into = {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  return true;
}

bool ResultReader::scalars(Values& into) {
  const bool read = each_member([&](std::string_view key) {
    if (key == "slots") return column(ColumnType::U32, into.slots_);
    return key == "values" ? column(ColumnType::F64, into.scalars_) : json_.skip();
  });
  if (!read) return false;
  return into.slots_.size() == into.scalars_.size() ||
         fail("scalars have " + std::to_string(into.slots_.size()) + " slots and " +
              std::to_string(into.scalars_.size()) + " values");
}

bool ResultReader::gone(Values& into) {
  if (json_.peek() == JsonReader::Type::Object) return column(ColumnType::U32, into.gone_slots_);
  return each_element([&] { return text_value(into.gone_ids_.emplace_back()); });
}

bool ResultReader::new_slots() {
  const bool read = each_member([&](std::string_view key) {
    if (key == "slots") return column(ColumnType::U32, new_slots_);
    if (key == "ids") return each_element([&] { return text_value(new_ids_.emplace_back()); });
    return json_.skip();
  });
  if (!read) return false;
  return new_slots_.size() == new_ids_.size() || fail("new slots and their ids differ in number");
}

void ResultReader::add_new_slots(SlotNames& names) {
  for (std::size_t i = 0; i < new_ids_.size(); ++i)
    names.add(new_slots_[i], new_ids_[i]);
}

bool ResultReader::named_values(std::vector<NamedValue>& into) {
  return each_member([&](std::string_view key) {
    NamedValue& named = into.emplace_back();
    named.id = key;
    return value(named.value);
  });
}

bool ResultReader::value(Value& into) {
  // Scalars, of which there may be many, without a tree.
  const JsonReader::Place begin = json_.place();
  std::string_view key;
  std::string_view kind;
  if (json_.enter_object() && json_.next_key(key) && key == "kind" && json_.string(kind) &&
      kind == "scalar" && json_.next_key(key) && key == "value" &&
      json_.peek() == JsonReader::Type::Number) {
    double number = 0;
    if (!json_.number(number) || json_.next_key(key)) return fail("a scalar is not one");
    into = Value::scalar(number);
    return true;
  }
  if (json_.failed()) return false;
  json_.go(begin);
  return slow_value(into);
}

bool ResultReader::slow_value(Value& into) {
  std::string_view text;
  if (!json_.raw(text)) return false;
  auto tree = parse_json(text, limits_);
  if (!tree.ok()) return fail(tree.error().message);
  auto read = read_value(*tree, *columns_);
  if (!read.ok()) return fail(read.error().message);
  into = std::move(*read);
  return true;
}

bool ResultReader::diagnostic_list(std::vector<Diagnostic>& into) {
  return each_element([&] {
    Diagnostic& one = into.emplace_back();
    return each_member([&](std::string_view key) {
      if (key == "level") return text_value(one.level);
      if (key == "code") return text_value(one.code);
      if (key == "message") return text_value(one.message);
      if (key == "nodeId" && json_.peek() == JsonReader::Type::String)
        return text_value(one.node_id);
      return json_.skip();
    });
  });
}

bool ResultReader::ignored_list(std::vector<Ignored>& into) {
  return each_element([&] {
    Ignored& one = into.emplace_back();
    return each_member([&](std::string_view key) {
      if (key == "index") return count(one.index);
      if (key == "op") return text_value(one.op);
      if (key == "id") return text_value(one.id);
      return json_.skip();
    });
  });
}

bool ResultReader::value_member(std::string_view key, Values& into, bool& known) {
  known = true;
  if (key == "scalars") return scalars(into);
  if (key == "values" || key == "changedValues") return named_values(into.others_);
  if (key == "gone") return gone(into);
  if (key == "newSlots" || key == "slots") return new_slots();
  known = false;
  return true;
}

void ResultReader::keep_memory(const Reply& reply, Values& into) {
  add_new_slots(*reply.names);
  into.names_ = reply.names;
  if (into.slots_.empty() && into.gone_slots_.empty()) return;
  into.frame_ = reply.frame;
  into.segments_ = columns_->mappings();
}

// --- results ---

Result<EvalResult> ResultReader::eval(const Reply& reply) {
  EvalResult result;
  const bool read = start_result(reply) && each_member([&](std::string_view key) {
                      bool known = false;
                      if (!value_member(key, result.values, known) || known) return known;
                      if (key == "diagnostics") return diagnostic_list(result.diagnostics);
                      if (key == "elapsedUs") return json_.number(result.elapsed_us);
                      if (key == "partial") return json_.boolean(result.partial);
                      if (key == "trace") return raw_text(result.trace);
                      return json_.skip();
                    });
  if (read) keep_memory(reply, result.values);
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<IncrementalResult> ResultReader::incremental(const Reply& reply) {
  IncrementalResult result;
  const bool read = start_result(reply) && each_member([&](std::string_view key) {
                      bool known = false;
                      if (!value_member(key, result.changed, known) || known) return known;
                      if (key == "diagnostics") return diagnostic_list(result.diagnostics);
                      if (key == "elapsedUs") return json_.number(result.elapsed_us);
                      if (key == "evaluatedCount") return count(result.evaluated_count);
                      if (key == "totalCount") return count(result.total_count);
                      if (key == "partial") return json_.boolean(result.partial);
                      if (key == "ignored") return ignored_list(result.ignored);
                      if (key == "trace") return raw_text(result.trace);
                      return json_.skip();
                    });
  if (read) keep_memory(reply, result.changed);
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<Values> ResultReader::values(const Reply& reply) {
  Values result;
  const bool read = start_result(reply) && each_member([&](std::string_view key) {
                      bool known = false;
                      return value_member(key, result, known) && (known || json_.skip());
                    });
  if (read) keep_memory(reply, result);
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<BlockResult> ResultReader::block(const Reply& reply) {
  BlockResult result;
  static_cast<void>(start_result(reply) && each_member([&](std::string_view key) {
                      if (key == "value" && json_.peek() == JsonReader::Type::Object)
                        return value(result.value);
                      return key == "diagnostics" ? diagnostic_list(result.diagnostics)
                                                  : json_.skip();
                    }));
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<std::vector<Diagnostic>> ResultReader::diagnostics(const Reply& reply) {
  auto result = block(reply);
  if (!result.ok()) return std::move(result).error();
  return std::move(result->diagnostics);
}

Result<std::string> ResultReader::text(const Reply& reply) {
  std::string result;
  static_cast<void>(start_result(reply) && raw_text(result));
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<std::string> ResultReader::snapshot(const Reply& reply) {
  std::string result;
  static_cast<void>(start_result(reply) && each_member([&](std::string_view key) {
                      return key == "snapshot" ? raw_text(result) : json_.skip();
                    }));
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  if (result.empty()) return protocol_fault("it has no snapshot");
  return result;
}

Result<void> ResultReader::nothing(const Reply& reply) {
  static_cast<void>(start_result(reply) && json_.skip());
  return end();
}

// --- errors and notifications ---

Error ResultReader::error(const FrameRef& frame) {
  return error_in(frame->json, limits_);
}

Result<NotificationText> ResultReader::notification(const FrameRef& frame) {
  NotificationText result;
  static_cast<void>(start_params(frame->json) && each_member([&](std::string_view key) {
                      if (key == "method") return text_value(result.method);
                      return key == "params" ? json_.raw(result.params) : json_.skip();
                    }));
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<ValuesChanged> ResultReader::values_changed(Reply& reply, std::string_view params) {
  columns_.emplace(reply.frame);
  ValuesChanged result;
  const bool read = start_params(params) && each_member([&](std::string_view key) {
                      bool known = false;
                      if (!value_member(key, result.changed, known) || known) return known;
                      return key == "full" ? json_.boolean(result.full) : json_.skip();
                    });
  // Everything is told anew, under slots that may be others.
  if (read && result.full) reply.names = std::make_shared<SlotNames>();
  if (read) keep_memory(reply, result.changed);
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<Progress> ResultReader::progress(std::string_view params) {
  Progress result;
  static_cast<void>(start_params(params) && each_member([&](std::string_view key) {
                      if (key == "requestId") return count(result.request_id);
                      if (key == "evaluatedNodes") return count(result.evaluated_nodes);
                      if (key == "totalNodesEstimate") return count(result.total_nodes_estimate);
                      return key == "elapsedMs" ? json_.number(result.elapsed_ms) : json_.skip();
                    }));
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<SessionEvent> ResultReader::session_event(std::string_view params) {
  SessionEvent result;
  result.json = params;
  static_cast<void>(start_params(params) && each_member([&](std::string_view key) {
                      if (key == "epoch") return count(result.epoch);
                      if (key == "reason" && json_.peek() == JsonReader::Type::String)
                        return text_value(result.reason);
                      return json_.skip();
                    }));
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Result<std::string> ResultReader::dataset_id(std::string_view params) {
  std::string result;
  static_cast<void>(start_params(params) && each_member([&](std::string_view key) {
                      return key == "datasetId" ? text_value(result) : json_.skip();
                    }));
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return result;
}

Error ResultReader::connection_error(std::string_view params) {
  return error_in(params, limits_);
}

void ResultReader::learn_slots(const Reply& reply) {
  const bool read = start_result(reply) && each_member([&](std::string_view key) {
                      return key == "newSlots" ? new_slots() : json_.skip();
                    });
  if (read) add_new_slots(*reply.names);
  static_cast<void>(end());
}

}  // namespace chainsolved::client
