#pragma once

#include "protocol/error.h"
#include "shm/status_page.h"
#include "shm/unique_fd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace chainsolved::supervisor {

/// How engines are started.
struct EngineCommand {
  std::string program;
  bool portable_math = false;  // the same bits on every machine (ENGINE.md)
  std::vector<std::string> arguments = {};
};

/// What an engine process finds at its start.
inline constexpr int kEngineChannelFd = 3;
inline constexpr int kEngineStatusFd = 4;

/// How far a child came on its way to exec. What it was doing when it failed says more than errno.
enum class StartStage : std::uint8_t {
  ProcessGroup,
  DeathSignal,
  ParentAlive,
  CoreLimit,
  StandardStreams,
  Descriptors,
  CloseOthers,
  Signals,
  Execute,
};

/// Written by the child into its start pipe, if it fails before exec.
struct StartFailure {
  StartStage stage;
  int error;
};

/// "cannot be executed (PATH): No such file or directory".
std::string words_of(const StartFailure& failure, const std::string& program);

struct SpawnedEngine {
  std::string program;
  pid_t pid;
  UniqueFd process;       // pidfd
  UniqueFd channel;       // our end of the pair
  UniqueFd start_report;  // end of file once exec has succeeded
  SharedStatusPage page;
};

/// Forks and executes one engine: own process group, dies with the calling thread, only its own
/// descriptors, a clean environment. Call it from the main thread only, while there is no other.
/// ENGINE_START_FAILED with what was refused.
Result<SpawnedEngine> spawn_engine(const EngineCommand& command);

/// What the child wrote into its start pipe, if anything. Does not block.
std::optional<StartFailure> read_start_report(BorrowedFd start_report) noexcept;

}  // namespace chainsolved::supervisor
