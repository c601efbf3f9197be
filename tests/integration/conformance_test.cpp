// The conformance data through the whole chain: chainsolve rpc, daemon, engine.
#include "tests/support/conformance.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace chainsolved::test {
namespace {

/// Runs a shell command and gives its output; `status` is its exit status.
std::string output_of(const std::string& command, int& status) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::array<char, 4096> buffer{};
  while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), n);
  status = ::pclose(pipe);
  return text;
}

class ThroughRpc : public ::testing::TestWithParam<const char*> {};

TEST_P(ThroughRpc, EveryCasePasses) {
  const auto shared = shared_folder();
  if (!shared)
    GTEST_SKIP() << "the conformance data is not here (../shared or $CHAINSOLVED_SHARED)";
  const std::string tools = (*shared / "conformance" / "tools").string();
  int status = 0;
  const std::string text = output_of(
      "PYTHONDONTWRITEBYTECODE=1 python3 " + tools + "/check.py --verbose 20 --only " + GetParam() +
          " -- python3 " + tools + "/rpc_adapter.py " CHAINSOLVED_BINARY_DIR "/chainsolve 2>&1",
      status);
  EXPECT_EQ(status, 0) << text;
  EXPECT_EQ(text.find("\n0 passed"), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Category,
    ThroughRpc,
    ::testing::Values(
        "input", "output", "math", "trig", "logic", "data", "vectorOps", "tableOps", "statsDesc"),
    [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace chainsolved::test
