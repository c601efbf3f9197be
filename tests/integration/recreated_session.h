#pragma once

#include "chainsolved/control.h"
#include "tests/integration/options_on.h"
#include "tests/integration/raw_client.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::test {

/// A daemon, one client in the session "s", and a hand on the process that serves it.
class RecreatedSession : public ::testing::Test {
 protected:
  /// `open_more`: further members of openSession.
  void start(std::vector<std::string> arguments = {}, std::string_view open_more = "") {
    daemon_.emplace(Daemon::start(std::move(arguments)));
    ASSERT_TRUE(daemon_->running()) << daemon_->said();
    auto control = client::ControlConnection::open(options_on(*daemon_));
    ASSERT_TRUE(control.ok()) << control.error().message;
    control_.emplace(std::move(*control));
    client_.emplace(daemon_->socket());
    client_->open(session_named("s", open_more));
  }

  nlohmann::json row() {
    const auto sessions = control_->list_sessions();
    EXPECT_TRUE(sessions.ok() && sessions->size() == 1);
    return nlohmann::json::parse(sessions->at(0).json);
  }
  pid_t engine() { return row()["pid"].get<pid_t>(); }
  void send(int signal) { ASSERT_EQ(::kill(engine(), signal), 0); }

  nlohmann::json values() { return client_->call("getValues").json.at("result"); }
  nlohmann::json snapshot() {
    return client_->call("getSnapshot").json.at("result").at("snapshot");
  }

  std::optional<Daemon> daemon_;
  std::optional<client::ControlConnection> control_;
  std::optional<RawClient> client_;
};

}  // namespace chainsolved::test
