#include "chainsolved/control.h"

#include "client/cpp/src/blocking_driver.h"
#include "client/cpp/src/open_blocking.h"

#include <utility>

namespace chainsolved::client {

struct ControlConnection::Impl {
  Greeted greeted;
};

ControlConnection::ControlConnection(std::unique_ptr<Impl> impl) noexcept
    : impl_(std::move(impl)) {}
ControlConnection::ControlConnection(ControlConnection&&) noexcept = default;
ControlConnection& ControlConnection::operator=(ControlConnection&&) noexcept = default;
ControlConnection::~ControlConnection() = default;

Result<ControlConnection> ControlConnection::open(const Options& options) {
  const Deadline deadline = std::chrono::steady_clock::now() + options.open_timeout;
  auto greeted = greet(options, {}, Purpose::Control, deadline);
  if (!greeted.ok()) return std::move(greeted).error();
  auto impl = std::make_unique<Impl>();
  impl->greeted = std::move(*greeted);
  return ControlConnection(std::move(impl));
}

const DaemonInfo& ControlConnection::hello() const noexcept {
  return impl_->greeted.daemon;
}

Result<std::vector<SessionRow>> ControlConnection::list_sessions() {
  BlockingDriver& driver = *impl_->greeted.driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::ListSessions), decode_sessions);
}

Result<std::string> ControlConnection::status() {
  BlockingDriver& driver = *impl_->greeted.driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::Status), decode_text);
}

Result<void> ControlConnection::close_session(std::string_view session) {
  BlockingDriver& driver = *impl_->greeted.driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::CloseSession, "session", session),
                     decode_nothing);
}

Result<std::uint32_t> ControlConnection::restart_session(std::string_view session) {
  BlockingDriver& driver = *impl_->greeted.driver;
  return driver.call(
      driver.encoder.plain(fresh(driver), Method::RestartSession, "session", session),
      decode_epoch);
}

Result<RawMessage> ControlConnection::call_raw(RawRequest request) {
  BlockingDriver& driver = *impl_->greeted.driver;
  return driver.call(driver.encoder.raw(fresh(driver), std::move(request)), decode_raw);
}

}  // namespace chainsolved::client
