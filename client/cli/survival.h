#pragma once

#include "protocol/error.h"

#include <cstdint>
#include <string>

namespace chainsolved::cli {

/// What a command does about a request whose engine was taken away from it.
enum class Survival : std::uint8_t {
  None,       // the error stands
  SendAgain,  // the graph does not have its change: the successor may be asked, once
  ReadBack,   // the graph that came back has its change: only the answer is missing
};

/// A request survives what is not its own doing: somebody's restart, a kill from outside, and a
/// refusal by a successor because it was sent to the engine before. A hang, a crash of the engine's
/// own and its running out of memory would come again.
Survival survival_of(const Error& error);

/// What happened, for standard error.
std::string death_in_words(const Error& error);

}  // namespace chainsolved::cli
