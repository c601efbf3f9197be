// From SIGKILL to a session that serves again, beside what the kernel needs to hand a descriptor to
// a process that waits for it and to be answered: a bare warm spare.
#include "chainsolved/control.h"
#include "tests/bench/echo_floor.h"
#include "tests/bench/graphs.h"
#include "tests/bench/service.h"

#include <nlohmann/json.hpp>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/types.h>

namespace chainsolved::bench {

namespace {

constexpr int kPatienceMs = 30'000;

/// Medians of what `recreated` tells, in microseconds.
struct Split {
  Samples stop;
  Samples answer;
  Samples replay;

  std::string words() const {
    std::array<char, 96> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "stop %.0f, answer %.0f, replay %.0f us",
                  stop.median(),
                  answer.median(),
                  replay.median());
    return text.data();
  }
};

/// A session whose engine can be killed, as one of its clients sees it.
class Victim {
 public:
  explicit Victim(std::size_t nodes) {
    client::Options options;
    options.spawn = client::Spawn::Private;
    options.client_name = "chainsolved-bench";
    options.daemon_arguments = {"--max-restarts", "1000000"};
    engine_.emplace(require(client::Engine::create(options)));
    options.socket = engine_->daemon().socket;
    options.spawn = client::Spawn::Never;
    control_.emplace(require(client::ControlConnection::open(options)));
    if (nodes > 0) (void)require(engine_->load_snapshot(chain_snapshot(nodes)));
    engine_->handlers().on_recreated = [this](const auto& event) {
      note(event.json);
    };
  }

  /// From the kill to the `recreated` that the client reads.
  void die() {
    recreated_ = false;
    ::kill(pid_, SIGKILL);
    while (!recreated_) {
      pollfd client{engine_->fd().get(), POLLIN, 0};
      if (::poll(&client, 1, kPatienceMs) <= 0)
        give_up(Error{ErrorCode::InternalError, "the session did not come back", {}});
      if (const auto taken = engine_->poll(); !taken.ok()) give_up(taken.error());
    }
  }

  /// The process that serves the session, looked up before the clock starts.
  void find() { pid_ = static_cast<pid_t>(require(control_->list_sessions()).at(0).pid); }
  const Split& split() const noexcept { return split_; }

 private:
  void note(const std::string& params) {
    recreated_ = true;
    const auto event = nlohmann::json::parse(params, nullptr, false);
    const auto timing = event.find("timing");
    if (timing == event.end()) return;
    split_.stop.add(timing->value("stopUs", 0.0));
    split_.answer.add(timing->value("answerUs", 0.0));
    split_.replay.add(timing->value("replayUs", 0.0));
  }

  std::optional<client::Engine> engine_;
  std::optional<client::ControlConnection> control_;
  pid_t pid_ = 0;
  bool recreated_ = false;
  Split split_;
};

void measure(Report& report, const std::string& name, std::size_t nodes) {
  constexpr int kDeaths = 30;
  Victim victim(nodes);
  EchoProcess floor;
  const UniqueFd fd{AdoptFd{}, ::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  Samples ours;
  Samples bare;
  for (int i = 0; i < kDeaths; ++i) {
    victim.find();
    ours.add(timed([&] { victim.die(); }));
    bare.add(timed([&] { floor.round_trip_with_fd(100, fd.borrow()); }));
  }
  Row row;
  row.name = name;
  row.floor_name = "descriptor to a waiting process and back";
  row.ours_ns = ours.median();
  row.ours_p99_ns = ours.quantile(0.99);
  row.floor_ns = bare.median();
  row.note = victim.split().words();
  report.add(row);
}

}  // namespace

void measure_recreation(Report& report) {
  measure(report, "killed -> recreated, empty", 0);
  measure(report, "killed -> recreated, 10^4 nodes", 10'000);
  measure(report, "killed -> recreated, 10^5 nodes", 100'000);
}

}  // namespace chainsolved::bench
