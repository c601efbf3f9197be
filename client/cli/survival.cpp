#include "client/cli/survival.h"

#include "chainsolved/recreation.h"

#include <charconv>
#include <csignal>
#include <string_view>

namespace chainsolved::cli {

namespace {

/// The number in "signal 9 (Killed)"; 0 for other text.
int signal_number(std::string_view words) {
  constexpr std::string_view kPrefix = "signal ";
  if (!words.starts_with(kPrefix)) return 0;
  words.remove_prefix(kPrefix.size());
  int number = 0;
  std::from_chars(words.data(), words.data() + words.size(), number);
  return number;
}

/// People and service managers send these; no fault of an engine raises them.
bool is_sent_by_people(int signal) {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP ||
         signal == SIGQUIT;
}

bool is_nobodys_fault(const Error& error) {
  if (error.code == ErrorCode::SessionRestarted) return true;
  if (error.code != ErrorCode::WorkerCrashed) return false;
  const client::ErrorContext context = client::context_of(error);
  const bool never_taken = context.signal.empty() && !context.elapsed_ms.has_value();
  return never_taken || is_sent_by_people(signal_number(context.signal));
}

}  // namespace

Survival survival_of(const Error& error) {
  if (!is_nobodys_fault(error)) return Survival::None;
  if (error.applied == Applied::Unknown) return Survival::None;
  return error.applied == Applied::Yes ? Survival::ReadBack : Survival::SendAgain;
}

std::string death_in_words(const Error& error) {
  if (error.code == ErrorCode::SessionRestarted) return "the session was restarted";
  const std::string signal = client::context_of(error).signal;
  return signal.empty() ? "the engine died" : "the engine was killed by " + signal;
}

}  // namespace chainsolved::cli
