#pragma once

#include "protocol/error.h"

#include <string>

namespace chainsolved::cli {

/// A file's whole content. INVALID_PARAMS with the path and the reason in words.
Result<std::string> read_text_file(const std::string& path);

/// Standard input, to its end.
Result<std::string> read_standard_input();

}  // namespace chainsolved::cli
