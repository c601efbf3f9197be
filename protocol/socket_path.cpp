#include "protocol/socket_path.h"

#include <cstdlib>
#include <string_view>
#include <utility>

namespace chainsolved {

namespace {

constexpr std::string_view kSystemSocket = "/run/chainsolved/engine.sock";

std::optional<std::string> from_environment(const char* name) {
  // Read before the program has threads, by main.
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  // An empty variable means the same as none (XDG base directory specification).
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::string(text);
}

Result<void> check_length(const SocketCandidate& candidate) {
  if (candidate.path.size() <= kMaxSocketPath) return {};
  return limit_error("socketPath",
                     kMaxSocketPath,
                     "the socket path " + candidate.path + " (from " + candidate.source + ") has " +
                         std::to_string(candidate.path.size()) +
                         " bytes; choose a shorter one with --socket or $CHAINSOLVED_SOCKET");
}

SocketCandidate absolute_place(std::string source,
                               const std::optional<std::string>& directory,
                               std::string_view below) {
  SocketCandidate candidate;
  candidate.source = std::move(source);
  if (!directory) {
    candidate.verdict = "passed over: not set";
  } else if (directory->front() != '/') {
    candidate.verdict = "passed over: \"" + *directory + "\" is not an absolute path";
  } else {
    candidate.path = *directory;
    candidate.path.append(below);
  }
  return candidate;
}

std::vector<SocketCandidate> candidates_of(const SocketEnvironment& environment) {
  std::vector<SocketCandidate> candidates;
  candidates.push_back({"--socket", environment.option.value_or(""), "", false});
  candidates.push_back({"$CHAINSOLVED_SOCKET", environment.variable.value_or(""), "", false});
  candidates.push_back(
      absolute_place("$XDG_RUNTIME_DIR", environment.runtime_dir, "/chainsolved/engine.sock"));
  SocketCandidate state = absolute_place("~/.local/state (no $XDG_RUNTIME_DIR)",
                                         environment.home,
                                         "/.local/state/chainsolved/run/engine.sock");
  if (!candidates.back().path.empty()) {
    state.path.clear();
    state.verdict = "passed over: $XDG_RUNTIME_DIR is set";
  }
  candidates.push_back(std::move(state));
  candidates.push_back({"system service", std::string(kSystemSocket), "", false});
  return candidates;
}

/// The index of the place to use: an explicit one at once, else by `use`.
std::size_t choose(const std::vector<SocketCandidate>& candidates,
                   SocketUse use,
                   const std::function<bool(const std::string&)>& exists,
                   std::string& why) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (candidates[i].path.empty()) continue;
    why = "chosen: given";
    return i;
  }
  std::size_t first = candidates.size();
  for (std::size_t i = 2; i < candidates.size(); ++i) {
    if (candidates[i].path.empty()) continue;
    if (first == candidates.size()) first = i;
    if (use == SocketUse::Connect && exists && exists(candidates[i].path)) {
      why = "chosen: a socket lies there";
      return i;
    }
  }
  why = use == SocketUse::Connect ? "chosen: no socket lies anywhere, the first place is used"
                                  : "chosen: the first place there is";
  return first;
}

}  // namespace

SocketEnvironment SocketEnvironment::current(std::optional<std::string> option) {
  if (option && option->empty()) option.reset();
  return {std::move(option),
          from_environment("CHAINSOLVED_SOCKET"),
          from_environment("XDG_RUNTIME_DIR"),
          from_environment("HOME")};
}

Result<SocketPath> socket_path(const SocketEnvironment& environment,
                               SocketUse use,
                               const std::function<bool(const std::string&)>& exists) {
  SocketPath result;
  result.candidates = candidates_of(environment);
  std::string why;
  const std::size_t chosen = choose(result.candidates, use, exists, why);
  for (std::size_t i = 0; i < result.candidates.size(); ++i) {
    SocketCandidate& candidate = result.candidates[i];
    if (i == chosen) {
      candidate.chosen = true;
      candidate.verdict = why;
    } else if (candidate.verdict.empty()) {
      if (candidate.path.empty())
        candidate.verdict = "passed over: not given";
      else
        candidate.verdict = i < chosen ? "passed over: no socket lies there"
                                       : "passed over: an earlier place is used";
    }
  }
  if (auto fits = check_length(result.candidates[chosen]); !fits.ok()) return fits.error();
  result.path = result.candidates[chosen].path;
  return {std::move(result)};
}

}  // namespace chainsolved
