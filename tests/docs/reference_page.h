#pragma once

#include <string>

namespace chainsolved::docs {

/// docs/reference.md: methods, errors and limits, straight from the tables that the programs use.
std::string reference_page();

}  // namespace chainsolved::docs
