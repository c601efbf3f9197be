#pragma once

#include <cstdint>
#include <string_view>

namespace chainsolved::engine {

/// Where a test may let an engine die, each between two stores or messages that belong together.
enum class Step : std::uint8_t {
  None,
  Peeked,            // entered in the table, not received
  BeforeCommit,      // applied to the definition, not in the journal
  AfterCommit,       // published, not answered
  InSend,            // the kernel took the reply, the entry is still there
  InSnapshotSwitch,  // the generation is sent, its commit word not stored
  InCompaction,      // the engine's own snapshot is written, the generation not sent
  InReplay,          // records are applied, nothing is evaluated
  InRetry,           // a suspect is about to be tried
};

/// "after-commit", or "after-commit:3" for the third time; false when it names no step. Only in
/// builds with CHAINSOLVED_TEST_HOOKS: elsewhere nothing is known by any name.
bool arm_death(std::string_view step) noexcept;

#ifdef CHAINSOLVED_TEST_HOOKS
/// SIGKILL, if this is the armed step and its time.
void die_at(Step step) noexcept;
#else
inline void die_at(Step /*step*/) noexcept {}
#endif

}  // namespace chainsolved::engine
