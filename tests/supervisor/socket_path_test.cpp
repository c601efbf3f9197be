#include "protocol/socket_path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace chainsolved {
namespace {

const SocketEnvironment kFull{"/opt/x.sock", "/var/x.sock", "/run/user/1000", "/home/ann"};

std::string chosen(SocketEnvironment environment, SocketUse use = SocketUse::Serve) {
  const auto path = socket_path(environment, use);
  EXPECT_TRUE(path.ok());
  return path.ok() ? path->path : "";
}

TEST(SocketPath, OptionThenVariableThenRuntimeDirectoryThenHome) {
  SocketEnvironment environment = kFull;
  EXPECT_EQ(chosen(environment), "/opt/x.sock");
  environment.option.reset();
  EXPECT_EQ(chosen(environment), "/var/x.sock");
  environment.variable.reset();
  EXPECT_EQ(chosen(environment), "/run/user/1000/chainsolved/engine.sock");
  environment.runtime_dir.reset();
  EXPECT_EQ(chosen(environment), "/home/ann/.local/state/chainsolved/run/engine.sock");
  environment.home.reset();
  EXPECT_EQ(chosen(environment), "/run/chainsolved/engine.sock");
}

TEST(SocketPath, RelativeRuntimeDirectoryIsPassedOver) {
  SocketEnvironment environment{{}, {}, "tmp", "/home/ann"};
  EXPECT_EQ(chosen(environment), "/home/ann/.local/state/chainsolved/run/engine.sock");
}

TEST(SocketPath, ClientTakesTheFirstPlaceWhereASocketLies) {
  const SocketEnvironment environment{{}, {}, "/run/user/1000", "/home/ann"};
  const auto only_system = [](const std::string& path) {
    return path == "/run/chainsolved/engine.sock";
  };
  const auto found = socket_path(environment, SocketUse::Connect, only_system);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->path, "/run/chainsolved/engine.sock");
  const auto nothing = [](const std::string&) {
    return false;
  };
  EXPECT_EQ(socket_path(environment, SocketUse::Connect, nothing)->path,
            "/run/user/1000/chainsolved/engine.sock");
  EXPECT_EQ(socket_path(environment, SocketUse::Serve, only_system)->path,
            "/run/user/1000/chainsolved/engine.sock");
}

TEST(SocketPath, GivenPathIsUsedEvenIfNothingLiesThere) {
  const auto only_system = [](const std::string& path) {
    return path == "/run/chainsolved/engine.sock";
  };
  EXPECT_EQ(socket_path(kFull, SocketUse::Connect, only_system)->path, "/opt/x.sock");
}

TEST(SocketPath, EveryCandidateHasAVerdictAndOneIsChosen) {
  for (const SocketEnvironment& environment :
       {kFull, SocketEnvironment{}, SocketEnvironment{{}, {}, "/r", {}}}) {
    const auto path = socket_path(environment, SocketUse::Connect);
    ASSERT_TRUE(path.ok());
    EXPECT_EQ(path->candidates.size(), 5U);
    EXPECT_EQ(std::count_if(path->candidates.begin(),
                            path->candidates.end(),
                            [](const auto& candidate) { return candidate.chosen; }),
              1);
    for (const auto& candidate : path->candidates) {
      EXPECT_FALSE(candidate.verdict.empty()) << candidate.source;
      EXPECT_FALSE(candidate.path.starts_with("/tmp"));
    }
  }
}

TEST(SocketPath, PathOfOneByteTooManyIsRefusedWithItsLength) {
  const std::string longest = "/" + std::string(106, 'a');
  EXPECT_EQ(chosen({longest, {}, {}, {}}), longest);
  const auto refused = socket_path({longest + "a", {}, {}, {}}, SocketUse::Serve);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::LimitExceeded);
  EXPECT_NE(refused.error().message.find("108 bytes"), std::string::npos);
}

}  // namespace
}  // namespace chainsolved
