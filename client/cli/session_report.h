#pragma once

#include "chainsolved/control.h"

#include <string>
#include <vector>

namespace chainsolved::cli {

/// All that is known of one session, for people.
std::string session_report(const client::SessionRow& session);

/// How the engines of these sessions ended; empty when none did.
std::string death_table(const std::vector<client::SessionRow>& sessions);

}  // namespace chainsolved::cli
