#include "daemon/engine/die_at.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <utility>

#include <unistd.h>

namespace chainsolved::engine {

#ifdef CHAINSOLVED_TEST_HOOKS

namespace {

constexpr auto kSteps = std::to_array<std::pair<std::string_view, Step>>({
    {"peeked", Step::Peeked},
    {"before-commit", Step::BeforeCommit},
    {"after-commit", Step::AfterCommit},
    {"in-send", Step::InSend},
    {"in-snapshot-switch", Step::InSnapshotSwitch},
    {"in-compaction", Step::InCompaction},
    {"in-replay", Step::InReplay},
    {"in-retry", Step::InRetry},
});

struct Armed {
  Step step = Step::None;
  unsigned times = 1;  // the step is passed so often, and then no more
};

Armed& armed() noexcept {
  static Armed one;
  return one;
}

}  // namespace

bool arm_death(std::string_view step) noexcept {
  const auto name = step.substr(0, step.find(':'));
  const auto* known = std::find_if(
      kSteps.begin(), kSteps.end(), [name](const auto& entry) { return entry.first == name; });
  if (known == kSteps.end()) return false;
  armed() = {known->second, 1};
  if (name.size() == step.size()) return true;
  const auto count = step.substr(name.size() + 1);
  const char* end = count.data() + count.size();
  const auto read = std::from_chars(count.data(), end, armed().times);
  return read.ec == std::errc{} && read.ptr == end && armed().times > 0;
}

void die_at(Step step) noexcept {
  if (step != armed().step || --armed().times > 0) return;
  ::kill(::getpid(), SIGKILL);
}

#else

bool arm_death(std::string_view /*step*/) noexcept {
  return false;
}

#endif

}  // namespace chainsolved::engine
