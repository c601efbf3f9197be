#include "examples/recovery.h"

#include "chainsolved/control.h"
#include "chainsolved/recreation.h"
#include "client/cli/dataset_import.h"
#include "client/cli/failure.h"
#include "client/cli/graph_file.h"
#include "protocol/columns.h"
#include "protocol/json_writer.h"
#include "protocol/value_json.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/types.h>

namespace chainsolved::examples {

namespace {

using cli::done;
using cli::usable;
using Clock = std::chrono::steady_clock;

/// By node, written out so that every bit shows.
using ValueTexts = std::map<std::string, std::string, std::less<>>;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

ValueTexts texts_of(const client::Values& values) {
  ValueTexts texts;
  values.for_each([&](std::string_view node, const Value& value) {
    std::string text;
    JsonWriter json(text);
    InlineColumns numbers;
    write_value(json, value, numbers);
    texts.emplace(node, std::move(text));
  });
  return texts;
}

class Victim {
 public:
  Victim(client::Engine& engine, const Example& example, std::string input)
      : engine_(engine), example_(example), input_(std::move(input)) {
    for (const std::string& argument : example.datasets) {
      cli::ImportedDataset dataset = cli::import_dataset(argument);
      datasets_.push_back(
          done(dataset.id, engine.register_dataset(dataset.id, dataset.data, dataset.shape)));
    }
    const cli::GraphFile graph = usable(cli::GraphFile::read(example.graph_file));
    before_ = texts_of(done(example.name, engine.load_snapshot(graph.text())).values);
    engine.handlers().on_recreated = [this](const client::RecreatedEvent& event) {
      recreated_ = event;
    };
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() { engine_.handlers().on_recreated = nullptr; }

  void freeze() {
    const pid_t process = signal_engine(SIGSTOP);
    std::printf("\nFroze the engine (SIGSTOP to process %d) and sent it a change:\n", process);
    const auto start = Clock::now();
    const auto moved = engine_.set_input(input_, "value", 400);
    const double waited = milliseconds_since(start);
    check(!moved.ok(), "a frozen engine answered");
    if (moved.ok()) return;
    const Error& error = moved.error();
    std::printf("  after %.0f ms the call came back: [%s] %s; the graph %s the change\n",
                waited,
                std::string(info_of(error.code).wire).c_str(),
                error.message.c_str(),
                error.applied == Applied::No ? "does not have" : "may have");
    check(error.code == ErrorCode::WorkerWatchdog, "it was not the watchdog");
    check(error.applied == Applied::No, "the change was said to be applied");
    compare_with_before(start);
  }

  void kill() {
    const pid_t process = signal_engine(SIGKILL);
    std::printf("\nKilled the engine (SIGKILL to process %d):\n", process);
    compare_with_before(Clock::now());
  }

  RecoveryVerdict take_verdict() && { return std::move(verdict_); }

 private:
  /// The engine that serves the session now, as listSessions tells.
  pid_t signal_engine(int signal) {
    client::Options options;
    options.socket = engine_.daemon().socket;
    options.spawn = client::Spawn::Never;
    client::ControlConnection control =
        done("asking the daemon", client::ControlConnection::open(options));
    for (const client::SessionRow& row : done("listing the sessions", control.list_sessions())) {
      if (row.session_id != engine_.session().session_id || row.pid <= 1) continue;
      recreated_.reset();
      if (::kill(static_cast<pid_t>(row.pid), signal) != 0)
        throw std::system_error(errno, std::generic_category(), "signalling the engine");
      return static_cast<pid_t>(row.pid);
    }
    throw std::runtime_error("the daemon does not list this session's engine");
  }

  void compare_with_before(Clock::time_point start) {
    std::optional<Result<client::Values>> values;
    // What was sent before the daemon had noticed is refused by the successor, and sent again.
    int refused = 0;
    for (; refused < kMostRefusals; ++refused) {
      values.emplace(engine_.get_values());
      if (values->ok() || info_of(values->error().code).blame != Blame::Engine) break;
    }
    const double took = milliseconds_since(start);
    const ValueTexts after = texts_of(done("reading the values", std::move(*values)));
    check(recreated_.has_value(), "nobody told that the engine was replaced");
    if (recreated_.has_value())
      std::printf(
          "  %.1f ms after the daemon had noticed, a successor had the graph (epoch %u); the "
          "client\n  library registered %zu dataset again\n",
          recreated_->elapsed_ms,
          recreated_->epoch,
          recreated_->registering_again.size());
    compare(after);
    std::printf("  %.1f ms after the signal all %zu values were read again: %s\n",
                took,
                after.size(),
                after == before_ ? "the same as before, bit for bit" : "NOT the same");
    if (refused > 0)
      std::printf("  (%d call was refused by the successor and repeated)\n", refused);
  }

  void compare(const ValueTexts& after) {
    check(after.size() == before_.size(), "there are more or fewer values than before");
    for (const auto& [node, text] : before_) {
      const auto found = after.find(node);
      check(found != after.end() && found->second == text, node + " is not what it was");
    }
  }

  void check(bool fine, const std::string& otherwise) {
    ++verdict_.checked;
    if (!fine) verdict_.wrong.push_back(example_.name + ", taken away: " + otherwise);
  }

  static constexpr int kMostRefusals = 3;

  client::Engine& engine_;
  const Example& example_;
  std::string input_;
  std::vector<client::DatasetHandle> datasets_;
  ValueTexts before_;
  std::optional<client::RecreatedEvent> recreated_;
  RecoveryVerdict verdict_;
};

}  // namespace

RecoveryVerdict freeze_and_kill(client::Engine& engine,
                                const Example& example,
                                const std::string& input) {
  Victim victim(engine, example, input);
  victim.freeze();
  victim.kill();
  return std::move(victim).take_verdict();
}

}  // namespace chainsolved::examples
