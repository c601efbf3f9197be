#include "protocol/channel.h"

#include "protocol/error.h"
#include "protocol/json_text.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace chainsolved {

namespace {

using nlohmann::json;

// Every message lists its members once: the same list writes and reads it. `Message` is const when
// it is written.

template <class Visitor, class Options>
requires std::same_as<std::remove_const_t<Options>, SessionOptions>
void visit_members(Visitor& visit, Options& options) {
  visit("watchdogMs", options.watchdog_ms);
  visit("watchdogMode", options.watchdog_mode);
  visit("maxRequestMs", options.max_request_ms);
  visit("timeBudgetMs", options.time_budget_ms);
  visit("datasets", options.datasets);
  visit("lingerMs", options.linger_ms);
  visit("valueBoard", options.value_board);
}

template <class Visitor, class L>
requires std::same_as<std::remove_const_t<L>, Limits>
void visit_members(Visitor& visit, L& limits) {
  for (const LimitInfo& limit : kLimits)
    visit(limit.name, limits.*limit.member);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, ConfigureMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("session", message.session_id);
  visit("name", message.session_name);
  visit("epoch", message.epoch);
  visit("generation", message.generation);
  visit.object("options", message.options);
  visit.object("limits", message.limits);
}

template <class Visitor, class Open>
requires std::same_as<std::remove_const_t<Open>, PendingOpen>
void visit_members(Visitor& visit, Open& open) {
  visit("id", open.id);
  visit("created", open.created);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, AttachMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("client", message.client);
  visit("epoch", message.epoch);
  visit("names", message.names);
  visit("pid", message.pid);
  visit.optional("open", message.open);
  visit("error", message.error);
  visit.list("answered", message.answered);
  visit.list("unsent", message.unsent);
}

template <class Visitor, class Frame>
requires std::same_as<std::remove_const_t<Frame>, UnsentFrame>
void visit_members(Visitor& visit, Frame& frame) {
  visit("kind", frame.kind);
  visit("id", frame.id);
  visit("epoch", frame.epoch);
  visit("json", frame.json);
}

template <class Visitor, class Node>
requires std::same_as<std::remove_const_t<Node>, BlamedNode>
void visit_members(Visitor& visit, Node& node) {
  visit("slot", node.slot);
  visit("id", node.id);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, KeepMessage> ||
    std::same_as<std::remove_const_t<Message>, ForgetMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("n", message.n);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, ReplayMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("snapshot", message.has_snapshot);
  visit("committed", message.committed);
  visit.list("suspects", message.suspects);
  visit.list("quarantined", message.quarantined);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, GenerationMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("n", message.n);
  visit("snapshot", message.has_snapshot);
  visit("snapshotBytes", message.snapshot_bytes);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, ReplayedMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("hash", message.hash);
  visit("records", message.records);
  visit("evaluated", message.evaluated);
  visit.list("suspects", message.suspects);
  visit.list("lostDatasets", message.lost_datasets);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, RetriedMessage> ||
    std::same_as<std::remove_const_t<Message>, QuarantineEndedMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("slot", message.slot);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, AttachedMessage> ||
    std::same_as<std::remove_const_t<Message>, DetachedMessage>
void visit_members(Visitor& visit, Message& message) {
  visit("client", message.client);
}

template <class Visitor, class Message>
requires std::same_as<std::remove_const_t<Message>, ReadyMessage>
void visit_members(Visitor& /*visit*/, Message& /*message*/) {}

class MemberWriter {
 public:
  explicit MemberWriter(JsonWriter& out) : out_(out) {}

  void operator()(std::string_view name, std::uint64_t value) { out_.member(name, value); }
  void operator()(std::string_view name, std::uint32_t value) {
    out_.member(name, std::uint64_t{value});
  }
  void operator()(std::string_view name, double value) { out_.member(name, value); }
  void operator()(std::string_view name, bool value) { out_.member(name, value); }
  void operator()(std::string_view name, const std::string& value) {
    out_.member(name, std::string_view(value));
  }

  template <class Part>
  void object(std::string_view name, const Part& part) {
    out_.key(name).begin_object();
    visit_members(*this, part);
    out_.end_object();
  }

  template <class Part>
  void optional(std::string_view name, const std::optional<Part>& part) {
    if (part) object(name, *part);
  }

  template <class Part>
  void list(std::string_view name, const std::vector<Part>& parts) {
    out_.key(name).begin_array();
    for (const Part& part : parts)
      element(part);
    out_.end_array();
  }

 private:
  void element(std::uint64_t value) { out_.unsigned_integer(value); }
  void element(const std::string& value) { out_.string(value); }
  template <class Part>
  void element(const Part& part) {
    out_.begin_object();
    visit_members(*this, part);
    out_.end_object();
  }

  JsonWriter& out_;
};

// Reads members of one object; the first that is missing or of another type is the error.
class MemberReader {
 public:
  MemberReader(const json& object, std::string place) : object_(object), place_(std::move(place)) {}

  void operator()(std::string_view name, std::uint64_t& value) {
    if (const json* member = find(name, "a count", &json::is_number_unsigned))
      value = member->get<std::uint64_t>();
  }
  void operator()(std::string_view name, std::uint32_t& value) {
    const json* member = find(name, "a count", &json::is_number_unsigned);
    if (member == nullptr) return;
    const auto wide = member->get<std::uint64_t>();
    if (wide > std::numeric_limits<std::uint32_t>::max()) return refuse(name, "is too large");
    value = static_cast<std::uint32_t>(wide);
  }
  void operator()(std::string_view name, double& value) {
    if (const json* member = find(name, "a number", &json::is_number))
      value = member->get<double>();
  }
  void operator()(std::string_view name, bool& value) {
    if (const json* member = find(name, "true or false", &json::is_boolean))
      value = member->get<bool>();
  }
  void operator()(std::string_view name, std::string& value) {
    if (const json* member = find(name, "a string", &json::is_string))
      value = member->get<std::string>();
  }

  template <class Part>
  void object(std::string_view name, Part& part) {
    const json* member = find(name, "an object", &json::is_object);
    if (member == nullptr) return;
    MemberReader inner(*member, place_ + "." + std::string(name));
    visit_members(inner, part);
    if (!error_) error_ = std::move(inner.error_);
  }

  template <class Part>
  void optional(std::string_view name, std::optional<Part>& part) {
    if (object_.contains(name)) object(name, part.emplace());
  }

  template <class Part>
  void list(std::string_view name, std::vector<Part>& parts) {
    const json* member = find(name, "an array", &json::is_array);
    if (member == nullptr) return;
    parts.reserve(member->size());
    for (const json& entry : *member)
      element(name, entry, parts.emplace_back());
  }

  const std::optional<Error>& error() const noexcept { return error_; }

 private:
  const json* find(std::string_view name,
                   std::string_view what,
                   bool (json::*fits)() const noexcept) {
    const auto member = object_.find(name);
    if (member == object_.end()) {
      refuse(name, "is missing");
      return nullptr;
    }
    if (((*member).*fits)()) return &*member;
    refuse(name, "is not " + std::string(what));
    return nullptr;
  }

  void element(std::string_view name, const json& entry, std::uint64_t& value) {
    if (!entry.is_number_unsigned()) return refuse(name, "has an entry that is not a count");
    value = entry.get<std::uint64_t>();
  }
  void element(std::string_view name, const json& entry, std::string& value) {
    if (!entry.is_string()) return refuse(name, "has an entry that is not a string");
    value = entry.get<std::string>();
  }
  template <class Part>
  void element(std::string_view name, const json& entry, Part& part) {
    if (!entry.is_object()) return refuse(name, "has an entry that is not an object");
    MemberReader inner(entry, place_ + "." + std::string(name));
    visit_members(inner, part);
    if (!error_) error_ = std::move(inner.error_);
  }

  void refuse(std::string_view name, const std::string& what) {
    if (error_) return;
    error_ =
        Error{ErrorCode::InvalidParams, place_ + "." + std::string(name) + " " + what + ".", {}};
  }

  const json& object_;
  std::string place_;
  std::optional<Error> error_;
};

template <class Message>
std::string write_message(const Message& message) {
  std::string text;
  JsonWriter out(text);
  MemberWriter writer(out);
  out.begin_object().member("method", Message::kName).key("params").begin_object();
  visit_members(writer, message);
  out.end_object().end_object();
  return text;
}

Result<json> parse_message(std::string_view text) {
  auto message = parse_json(text, Limits{});
  if (!message.ok()) return message;
  const auto method = message->is_object() ? message->find("method") : message->end();
  if (!message->is_object() || method == message->end() || !method->is_string())
    return Error{ErrorCode::InvalidRequest, "The channel message has no method.", {}};
  return message;
}

template <class Message>
Result<Message> read_message(std::string_view text) {
  auto parsed = parse_message(text);
  if (!parsed.ok()) return std::move(parsed).error();
  const auto params = parsed->find("params");
  if ((*parsed)["method"] != Message::kName || params == parsed->end() || !params->is_object())
    return Error{ErrorCode::InvalidParams,
                 "This is no " + std::string(Message::kName) + " message with params.",
                 {}};
  Message message;
  MemberReader reader(*params, std::string(Message::kName));
  visit_members(reader, message);
  if (reader.error()) return *reader.error();
  return message;
}

}  // namespace

std::string to_json(const ConfigureMessage& message) {
  return write_message(message);
}
std::string to_json(const AttachMessage& message) {
  return write_message(message);
}
std::string to_json(const AttachedMessage& message) {
  return write_message(message);
}
std::string to_json(const DetachedMessage& message) {
  return write_message(message);
}
std::string to_json(const ReadyMessage& message) {
  return write_message(message);
}
std::string to_json(const KeepMessage& message) {
  return write_message(message);
}
std::string to_json(const ForgetMessage& message) {
  return write_message(message);
}
std::string to_json(const ReplayMessage& message) {
  return write_message(message);
}
std::string to_json(const GenerationMessage& message) {
  return write_message(message);
}
std::string to_json(const ReplayedMessage& message) {
  return write_message(message);
}
std::string to_json(const RetriedMessage& message) {
  return write_message(message);
}
std::string to_json(const QuarantineEndedMessage& message) {
  return write_message(message);
}

Result<std::string> channel_method(std::string_view json_text) {
  auto message = parse_message(json_text);
  if (!message.ok()) return std::move(message).error();
  return (*message)["method"].get<std::string>();
}

Result<ConfigureMessage> read_configure(std::string_view json_text) {
  return read_message<ConfigureMessage>(json_text);
}
Result<AttachMessage> read_attach(std::string_view json_text) {
  return read_message<AttachMessage>(json_text);
}
Result<AttachedMessage> read_attached(std::string_view json_text) {
  return read_message<AttachedMessage>(json_text);
}
Result<DetachedMessage> read_detached(std::string_view json_text) {
  return read_message<DetachedMessage>(json_text);
}
Result<KeepMessage> read_keep(std::string_view json_text) {
  return read_message<KeepMessage>(json_text);
}
Result<ForgetMessage> read_forget(std::string_view json_text) {
  return read_message<ForgetMessage>(json_text);
}
Result<ReplayMessage> read_replay(std::string_view json_text) {
  return read_message<ReplayMessage>(json_text);
}
Result<GenerationMessage> read_generation(std::string_view json_text) {
  return read_message<GenerationMessage>(json_text);
}
Result<ReplayedMessage> read_replayed(std::string_view json_text) {
  return read_message<ReplayedMessage>(json_text);
}
Result<RetriedMessage> read_retried(std::string_view json_text) {
  return read_message<RetriedMessage>(json_text);
}
Result<QuarantineEndedMessage> read_quarantine_ended(std::string_view json_text) {
  return read_message<QuarantineEndedMessage>(json_text);
}

}  // namespace chainsolved
