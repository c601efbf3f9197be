#include "daemon/supervisor/open_request.h"

#include <gtest/gtest.h>

#include <string>

namespace chainsolved::supervisor {
namespace {

Error refusal(std::string_view params, const Limits& limits = {}) {
  const auto request = read_open_request(params, limits);
  EXPECT_FALSE(request.ok()) << params;
  return request.ok() ? Error{} : request.error();
}

TEST(OpenRequest, WhatIsNotGivenIsTheDaemons) {
  const auto request = read_open_request(R"({"watchdogMs":250,"limits":{"maxNodes":7}})", {});
  ASSERT_TRUE(request.ok());
  EXPECT_TRUE(request->create);
  SessionOptions defaults;
  defaults.max_request_ms = 9;
  const SessionOptions options = options_for(*request, defaults);
  EXPECT_EQ(options.watchdog_ms, 250U);
  EXPECT_EQ(options.max_request_ms, 9U);
  EXPECT_EQ(limits_for(*request, {}).max_nodes, 7U);
  EXPECT_EQ(limits_for(*request, {}).max_edges, Limits{}.max_edges);
}

TEST(OpenRequest, EveryParameterIsChecked) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"name":5})", "openSession.name"},
      {R"({"name":""})", "openSession.name"},
      {R"({"name":"a\u0007b"})", "openSession.name"},
      {R"({"create":"yes"})", "openSession.create"},
      {R"({"watchdogMs":-1})", "openSession.watchdogMs"},
      {R"({"watchdogMs":0})", "openSession.watchdogMs"},
      {R"({"watchdogMs":1.5})", "openSession.watchdogMs"},
      {R"({"lingerMs":1e300})", "openSession.lingerMs"},
      {R"({"watchdogMode":"never"})", "\"progress\" or \"response\""},
      {R"({"datasets":"keep"})", "\"drop\" or \"reattach\""},
      {R"({"timeBudgetMs":"long"})", "openSession.timeBudgetMs"},
      {R"({"limits":5})", "openSession.limits"},
      {R"({"limits":{"maxUnicorns":5}})", "maxUnicorns"},
      {R"([])", "object"}};
  for (const auto& [params, words] : wrong) {
    const Error error = refusal(params);
    EXPECT_EQ(error.code, ErrorCode::InvalidParams) << params;
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
  }
}

TEST(OpenRequest, NameOneByteTooLongIsALimit) {
  Limits limits;
  limits.max_name_bytes = 4;
  EXPECT_TRUE(read_open_request(R"({"name":"four"})", limits).ok());
  const Error error = refusal(R"({"name":"fiver"})", limits);
  EXPECT_EQ(error.code, ErrorCode::LimitExceeded);
  EXPECT_NE(error.detail.find("maxNameBytes"), std::string::npos);
}

TEST(OpenRequest, LimitsCanBeLoweredButNotRaised) {
  EXPECT_EQ(refusal(R"({"limits":{"maxNodes":4000001}})").code, ErrorCode::NotAllowed);
}

TEST(OpenRequest, WhatTheDaemonDoesNotOfferIsRefused) {
  EXPECT_EQ(refusal(R"({"valueBoard":true})").code, ErrorCode::NotAllowed);
  EXPECT_EQ(refusal(R"({"share":"group"})").code, ErrorCode::NotAllowed);
  EXPECT_TRUE(read_open_request(R"({"valueBoard":false,"share":"none"})", {}).ok());
}

TEST(OpenRequest, JoiningContradictsOnlyInWhatWasGiven) {
  SessionOptions options;
  options.watchdog_ms = 100;
  const auto silent = read_open_request(R"({"name":"a"})", {});
  EXPECT_TRUE(check_agrees(*silent, options, {}).ok());
  const auto same = read_open_request(R"({"name":"a","watchdogMs":100})", {});
  EXPECT_TRUE(check_agrees(*same, options, {}).ok());
  const auto other = read_open_request(
      R"({"name":"a","watchdogMs":200,"lingerMs":5,"limits":{"maxNodes":1}})", {});
  const auto refused = check_agrees(*other, options, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::NotAllowed);
  EXPECT_NE(refused.error().message.find("watchdogMs, lingerMs, limits.maxNodes"),
            std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace chainsolved::supervisor
