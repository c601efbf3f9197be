#pragma once

#include "chainsolved/control.h"
#include "chainsolved/engine.h"
#include "client/cli/connect.h"
#include "client/cli/rpc_request.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chainsolved::cli {

/// What `chainsolve rpc` does between its lines and its engine, without touching standard input or
/// output: lines go in, lines come out of output(). Requests are sent on as they come, any number
/// of them, and answered as their answers come. `hello` and `openSession` are answered from what
/// they came to when the session was opened; the supervisor's other methods go over a connection of
/// their own. One thread.
class RpcSession {
 public:
  RpcSession(client::Engine& engine, const ConnectOptions& connect)
      : engine_(engine), connect_(connect) {}

  /// One line of input, without its line break. Blank lines are passed over.
  void on_line(std::string_view line);
  /// A line longer than the limit was thrown away.
  void on_long_line(std::size_t limit);
  /// An answer or notification of the engine.
  void on_message(const client::RawMessage& message);
  /// The connection ended: every unanswered request gets the error, and so do later ones.
  void on_end(const Error& error);

  /// Lines to be written, and how many requests have no answer yet.
  std::string& output() noexcept { return output_; }
  std::size_t pending() const noexcept { return pending_.size(); }
  /// `dispose` was asked for: the end of the connection is then no loss.
  bool disposed() const noexcept { return disposing_; }

 private:
  void dispatch(RpcRequest request);
  void send(RpcRequest request);
  void cancel(const RpcRequest& request);
  void ask_supervisor(const RpcRequest& request);
  void answer_open_session(const RpcRequest& request);
  void answer(const std::string& id, std::string_view body);
  void answer_error(const std::string& id, const Error& error);
  void notify(const client::RawMessage& message);
  std::string with_callers_id(const std::string& body) const;

  client::Engine& engine_;
  const ConnectOptions& connect_;
  RpcReader reader_;
  std::optional<client::ControlConnection> control_;
  std::unordered_map<client::RequestId, std::string> pending_;  // the caller's ids, as JSON text
  std::optional<Error> ended_;
  bool disposing_ = false;
  std::string output_;
};

}  // namespace chainsolved::cli
