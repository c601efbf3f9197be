#include "protocol/error.h"

#include <array>
#include <cstddef>

namespace chainsolved {

namespace {

constexpr auto kErrors = std::to_array<ErrorInfo>({
#define X(name, rpc, wire, blame, text) {rpc, wire, Blame::blame, text},
    CHAINSOLVED_ERRORS(X)
#undef X
});

}  // namespace

const ErrorInfo& info_of(ErrorCode code) noexcept {
  return kErrors[static_cast<std::size_t>(code)];
}

ErrorCode error_code_named(std::string_view wire) noexcept {
  for (std::size_t i = 0; i < kErrors.size(); ++i)
    if (kErrors[i].wire == wire) return static_cast<ErrorCode>(i);
  return ErrorCode::InternalError;
}

Error limit_error(std::string_view limit, std::uint64_t max, std::string_view what) {
  Error error{ErrorCode::LimitExceeded, std::string(what), {}};
  error.message.append(" (limit ")
      .append(limit)
      .append(" is ")
      .append(std::to_string(max))
      .append(")");
  error.detail.append("\"limit\":\"")
      .append(limit)
      .append("\",\"max\":")
      .append(std::to_string(max));
  return error;
}

}  // namespace chainsolved
