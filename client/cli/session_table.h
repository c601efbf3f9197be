#pragma once

#include "chainsolved/control.h"

#include <string>
#include <vector>

namespace chainsolved::cli {

/// The sessions for people, one a line; says so when there are none.
std::string session_table(const std::vector<client::SessionRow>& sessions);

}  // namespace chainsolved::cli
