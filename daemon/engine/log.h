#pragma once

#include <string_view>

namespace chainsolved::engine {

/// One line on standard error, which is the supervisor's log. Bytes that are not text are replaced
/// by '?', so that what a client sent cannot forge a line.
void log_line(std::string_view text) noexcept;

}  // namespace chainsolved::engine
