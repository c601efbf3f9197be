// Blocks that do what no block should (--debug-blocks). Each passes its input through unless it is
// armed: data.armed is not false and the input is not 0.
#include "daemon/engine/ops/debug.h"

#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/rows.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

namespace chainsolved::ops {

namespace {

using Clock = std::chrono::steady_clock;

bool enabled = false;

bool armed(const Call& call) {
  const double a = call.scalar(0);
  return call.data().boolean("armed").value_or(true) && a != 0;
}

Clock::time_point end_of(const Call& call) {
  const double seconds = std::clamp(call.data().number_or("seconds", 1), 0.0, 1e6);
  return Clock::now() +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

Value passed_through(const Call& call) {
  return call.input(0);
}

Value spin(Call& call) {
  volatile bool forever = armed(call);
  while (forever) {}
  return passed_through(call);
}

Value block_for(Call& call) {
  if (!armed(call)) return passed_through(call);
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto end = end_of(call);
  while (never.wait_until(lock, end) != std::cv_status::timeout) {}
  return passed_through(call);
}

template <int Signal>
Value die_of(Call& call) {
  if (armed(call)) {
    // Whatever handles it would make something else of it.
    static_cast<void>(std::signal(Signal, SIG_DFL));
    static_cast<void>(std::raise(Signal));
  }
  return passed_through(call);
}

Value allocate(Call& call) {
  if (!armed(call)) return passed_through(call);
  constexpr std::size_t kChunk = 16U << 20;
  std::vector<std::unique_ptr<std::vector<std::byte>>> chunks;
  for (;;)
    chunks.push_back(std::make_unique<std::vector<std::byte>>(kChunk, std::byte{1}));
}

Value progress(Call& call) {
  if (!armed(call)) return passed_through(call);
  constexpr std::size_t kMuchWork = 64U << 10;
  const auto end = end_of(call);
  while (Clock::now() < end && call.keep_going(kMuchWork)) {}
  return passed_through(call);
}

constexpr std::array kIn{Port{"a", "A", Takes::Any}};
constexpr std::array<std::string_view, 2> kKeys{"armed", "seconds"};

constexpr BlockDef debug_row(std::string_view id,
                             std::string_view label,
                             GeneralFn run,
                             std::string_view formula) {
  return reads(
      kKeys,
      unlisted(
          row(NodeKind::Operation, Category::Legacy, id, label, kIn, Kernel::of(run), formula)));
}

constexpr std::array kRows{
    debug_row("debug.spin", "Debug: spin", spin, "a, or never"),
    debug_row("debug.sleep", "Debug: sleep", block_for, "a, after data.seconds without progress"),
    debug_row("debug.segv", "Debug: segmentation fault", die_of<SIGSEGV>, "a, or SIGSEGV"),
    debug_row("debug.abort", "Debug: abort", die_of<SIGABRT>, "a, or SIGABRT"),
    debug_row("debug.bus", "Debug: bus error", die_of<SIGBUS>, "a, or SIGBUS"),
    debug_row("debug.allocate", "Debug: allocate", allocate, "a, or all memory"),
    debug_row("debug.progress", "Debug: progress", progress, "a, after data.seconds of progress"),
};

}  // namespace

void enable_debug_blocks() noexcept {
  enabled = true;
}

const BlockDef* find_debug_block(std::string_view id) noexcept {
  if (!enabled) return nullptr;
  const auto* found = std::ranges::find(kRows, id, &BlockDef::id);
  return found == kRows.end() ? nullptr : found;
}

}  // namespace chainsolved::ops
