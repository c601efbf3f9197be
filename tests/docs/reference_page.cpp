#include "tests/docs/reference_page.h"

#include "protocol/error.h"
#include "protocol/limits.h"
#include "protocol/methods.h"

#include <array>
#include <string_view>

namespace chainsolved::docs {

namespace {

constexpr std::string_view kOpening =
    "# Reference: methods, errors, limits\n"
    "\n"
    "This page is made from the tables in `protocol/` by `./dev docs`; a test fails when it is "
    "stale.\n";

std::string_view words(Served served) {
  return served == Served::Supervisor ? "supervisor" : "engine";
}

std::string_view words(Turn turn) {
  switch (turn) {
    case Turn::Ordered:
      return "in order";
    case Turn::Immediate:
      return "at once";
    case Turn::WhenIdle:
      return "at once, unless an earlier request of the client waits";
  }
  return "";
}

std::string_view words(Blame blame) {
  switch (blame) {
    case Blame::Caller:
      return "the caller";
    case Blame::Peer:
      return "the peer";
    case Blame::Limit:
      return "a limit";
    case Blame::Engine:
      return "the engine";
    case Blame::Daemon:
      return "the daemon";
  }
  return "";
}

/// A table cell: a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

void append_row(std::string& out, std::initializer_list<std::string> cells) {
  for (const std::string& text : cells)
    out.append("| ").append(text).append(" ");
  out.append("|\n");
}

void append_methods(std::string& out) {
  out +=
      "\n## Methods\n\n| method | served by | taken | may change the graph | params | result |\n"
      "|---|---|---|---|---|---|\n";
  for (const MethodInfo& method : kMethods)
    append_row(out,
               {"`" + std::string(method.name) + "`",
                std::string(words(method.served)),
                std::string(words(method.turn)),
                method.effect == Effect::Changes ? "yes" : "no",
                "`" + cell(method.params) + "`",
                method.result.empty() ? "" : "`" + cell(method.result) + "`"});
}

void append_errors(std::string& out) {
  out +=
      "\n## Errors\n\n`data.code` stands in errors whose JSON-RPC code is -32000; their message "
      "begins with it in\n"
      "brackets.\n\n| `data.code` | JSON-RPC code | whose | usual sentence |\n|---|---|---|---|\n";
  constexpr auto kCodes = std::to_array<ErrorCode>({
#define X(name, rpc, wire, blame, text) ErrorCode::name,
      CHAINSOLVED_ERRORS(X)
#undef X
  });
  for (const ErrorCode code : kCodes) {
    const ErrorInfo& info = info_of(code);
    append_row(out,
               {"`" + std::string(info.wire) + "`",
                std::to_string(info.rpc_code),
                std::string(words(info.blame)),
                cell(info.sentence)});
  }
}

void append_limits(std::string& out) {
  out +=
      "\n## Limits\n\nTold in the answer to `hello`; changed with `chainsolved --limit "
      "NAME=VALUE`. A request over one\n"
      "is answered `LIMIT_EXCEEDED` with `data.limit` and `data.max`.\n\n| limit | default | "
      "bounds |\n|---|---|---|\n";
  for (const LimitInfo& limit : kLimits)
    append_row(out,
               {"`" + std::string(limit.name) + "`",
                std::to_string(limit.default_value),
                std::string(limit.what)});
}

}  // namespace

std::string reference_page() {
  std::string out(kOpening);
  append_methods(out);
  append_errors(out);
  append_limits(out);
  return out;
}

}  // namespace chainsolved::docs
