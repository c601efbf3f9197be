#include "daemon/supervisor/open_request.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <utility>

namespace chainsolved::supervisor {

namespace {

using nlohmann::json;

// What doubles hold exactly: JSON numbers of other languages end there.
constexpr double kMostInteger = 9007199254740992.0;

Error wrong(std::string_view name, std::string_view wanted) {
  return Error{ErrorCode::InvalidParams,
               "openSession." + std::string(name) + " must be " + std::string(wanted)};
}

/// Reads the members of the params object; the first thing that is wrong is kept.
class Members {
 public:
  explicit Members(const json& object) : object_(object) {}

  void read(const char* name, bool& out) {
    if (const json* member = find(name)) {
      if (member->is_boolean())
        out = member->get<bool>();
      else
        fail(wrong(name, "true or false"));
    }
  }

  void read(const char* name, std::string& out) {
    if (const json* member = find(name)) {
      if (member->is_string())
        out = member->get<std::string>();
      else
        fail(wrong(name, "a string"));
    }
  }

  void read(const char* name, std::optional<double>& out) {
    if (const json* member = find(name)) {
      if (member->is_number() && member->get<double>() >= 0)
        out = member->get<double>();
      else
        fail(wrong(name, "a number of milliseconds that is not negative"));
    }
  }

  void read(const char* name, std::optional<std::uint64_t>& out) {
    if (const json* member = find(name)) {
      const double number = member->is_number() ? member->get<double>() : -1;
      if (number >= 0 && number <= kMostInteger && std::floor(number) == number)
        out = static_cast<std::uint64_t>(number);
      else
        fail(wrong(name, "a whole number that is not negative"));
    }
  }

  void read_choice(const char* name,
                   std::optional<std::string>& out,
                   std::string_view first,
                   std::string_view second) {
    std::string text;
    read(name, text);
    if (text.empty()) return;
    if (text != first && text != second) {
      std::string wanted = "\"";
      wanted.append(first).append("\" or \"").append(second).append("\"");
      fail(wrong(name, wanted));
    }
    out = std::move(text);
  }

  const json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }
  const std::optional<Error>& error() const noexcept { return error_; }

 private:
  const json& object_;
  std::optional<Error> error_;
};

void read_limits(Members& members, OpenRequest& request, const Limits& own) {
  const json* limits = members.find("limits");
  if (limits == nullptr) return;
  if (!limits->is_object()) return members.fail(wrong("limits", "an object"));
  Members each(*limits);
  for (const auto& [name, value] : limits->items()) {
    const LimitInfo* info = find_limit(name);
    if (info == nullptr) return members.fail(wrong("limits." + name, "a limit that `hello` names"));
    std::optional<std::uint64_t> number;
    each.read(name.c_str(), number);
    if (each.error()) return members.fail(*each.error());
    if (!number) continue;
    if (*number > own.*(info->member))
      return members.fail(Error{ErrorCode::NotAllowed,
                                "openSession.limits." + name + " is above the daemon's own, " +
                                    std::to_string(own.*(info->member))});
    request.limits.emplace_back(info, *number);
  }
}

Result<void> check_name(const OpenRequest& request, const Members& members, const Limits& limits) {
  if (members.find("name") == nullptr) return {};
  if (request.name.empty()) return wrong("name", "a string that is not empty");
  if (request.name.size() > limits.max_name_bytes)
    return limit_error("maxNameBytes",
                       limits.max_name_bytes,
                       "the session's name has " + std::to_string(request.name.size()) + " bytes");
  for (const char c : request.name)
    if (static_cast<unsigned char>(c) < 0x20) return wrong("name", "without control characters");
  return {};
}

/// What WIRE.md has and this daemon does not.
Result<void> check_offered(Members& members) {
  bool value_board = false;
  std::string share = "none";
  members.read("valueBoard", value_board);
  members.read("share", share);
  if (value_board)
    return Error{ErrorCode::NotAllowed,
                 "this daemon has no value boards; ask only for what `hello` lists under "
                 "capabilities"};
  if (share != "none")
    return Error{ErrorCode::NotAllowed,
                 "sessions of this daemon belong to one user and cannot be shared with others"};
  return {};
}

}  // namespace

Result<OpenRequest> read_open_request(std::string_view params, const Limits& limits) {
  const json object = json::parse(params, nullptr, false);
  if (!object.is_object())
    return Error{ErrorCode::InvalidParams, "the params of openSession must be an object"};
  OpenRequest request;
  Members members(object);
  members.read("name", request.name);
  members.read("create", request.create);
  members.read("names", request.names);
  members.read("watchdogMs", request.watchdog_ms);
  members.read_choice("watchdogMode", request.watchdog_mode, "progress", "response");
  members.read("maxRequestMs", request.max_request_ms);
  members.read("timeBudgetMs", request.time_budget_ms);
  members.read_choice("datasets", request.datasets, "drop", "reattach");
  members.read("lingerMs", request.linger_ms);
  read_limits(members, request, limits);
  const Result<void> offered = check_offered(members);
  if (members.error()) return *members.error();
  if (!offered.ok()) return offered.error();
  if (auto name = check_name(request, members, limits); !name.ok()) return name.error();
  if (request.watchdog_ms == 0U) return wrong("watchdogMs", "at least 1");
  return {std::move(request)};
}

SessionOptions options_for(const OpenRequest& request, SessionOptions defaults) {
  SessionOptions options = std::move(defaults);
  options.watchdog_ms = request.watchdog_ms.value_or(options.watchdog_ms);
  options.watchdog_mode = request.watchdog_mode.value_or(options.watchdog_mode);
  options.max_request_ms = request.max_request_ms.value_or(options.max_request_ms);
  options.time_budget_ms = request.time_budget_ms.value_or(options.time_budget_ms);
  options.datasets = request.datasets.value_or(options.datasets);
  options.linger_ms = request.linger_ms.value_or(options.linger_ms);
  return options;
}

Limits limits_for(const OpenRequest& request, Limits defaults) {
  for (const auto& [info, value] : request.limits)
    defaults.*(info->member) = value;
  return defaults;
}

Result<void> check_agrees(const OpenRequest& request,
                          const SessionOptions& options,
                          const Limits& limits) {
  std::string differing;
  const auto compare = [&](std::string_view name, const auto& wanted, const auto& has) {
    if (!wanted || *wanted == has) return;
    differing.append(differing.empty() ? "" : ", ").append(name);
  };
  compare("watchdogMs", request.watchdog_ms, options.watchdog_ms);
  compare("watchdogMode", request.watchdog_mode, options.watchdog_mode);
  compare("maxRequestMs", request.max_request_ms, options.max_request_ms);
  compare("timeBudgetMs", request.time_budget_ms, options.time_budget_ms);
  compare("datasets", request.datasets, options.datasets);
  compare("lingerMs", request.linger_ms, options.linger_ms);
  for (const auto& [info, value] : request.limits)
    compare("limits." + std::string(info->name), std::optional(value), limits.*(info->member));
  if (differing.empty()) return {};
  return Error{ErrorCode::NotAllowed,
               "session \"" + request.name + "\" exists with other options: " + differing +
                   "; leave them out to join it"};
}

}  // namespace chainsolved::supervisor
