#include "client/cli/exit_status.h"

namespace chainsolved::cli {

ExitStatus exit_status_of(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::VersionMismatch:
    case ErrorCode::ProtocolFault:
      return ExitStatus::VersionMismatch;
    case ErrorCode::DaemonLost:
      return ExitStatus::NoDaemon;
    case ErrorCode::Cancelled:
    case ErrorCode::EngineDisposed:
      return ExitStatus::Cancelled;
    case ErrorCode::NotAllowed:
      return ExitStatus::NotAllowed;
    default:
      break;
  }
  switch (info_of(error.code).blame) {
    case Blame::Limit:
    case Blame::Peer:  // SLOW_CONSUMER: the queue that the daemon keeps for us was full
      return ExitStatus::Limit;
    case Blame::Engine:
    case Blame::Daemon:
      return ExitStatus::EngineDied;
    case Blame::Caller:
      break;
  }
  return ExitStatus::Usage;
}

std::string exit_status_help() {
  std::string text = "Exit status:\n";
  for (const ExitStatusInfo& row : kExitStatuses) {
    std::string number = std::to_string(static_cast<unsigned>(row.status));
    text.append("  ").append(5 - number.size(), ' ').append(number).append("  ");
    text.append(row.meaning).append("\n");
  }
  return text;
}

}  // namespace chainsolved::cli
