#include "daemon/engine/log.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <unistd.h>

namespace chainsolved::engine {

namespace {

constexpr std::string_view kPrefix = "engine: ";

}  // namespace

void log_line(std::string_view text) noexcept {
  std::array<char, 512> line{};
  const std::size_t room = line.size() - kPrefix.size() - 1;
  char* end = std::copy(kPrefix.begin(), kPrefix.end(), line.begin());
  end = std::transform(text.begin(),
                       text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), room)),
                       end,
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 ? '?' : c; });
  *end++ = '\n';
  // Whether anybody keeps the log is not the engine's business.
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, line.data(), static_cast<std::size_t>(end - line.data()));
}

}  // namespace chainsolved::engine
