#include "client/cli/rpc_request.h"

#include "client/cli/line_reader.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace chainsolved::cli {
namespace {

RpcFault fault_of(std::string_view line) {
  RpcReader reader;
  RpcFault fault;
  EXPECT_FALSE(reader.read(line, fault)) << line;
  return fault;
}

TEST(RpcReader, PartsStayTheTextThatTheyWere) {
  RpcReader reader;
  RpcFault fault;
  const auto request = reader.read(
      R"( {"params": {"x": 1.50}, "jsonrpc": "1.0", "method": "a\u0062", "id": 1e3} )", fault);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, "1e3");
  EXPECT_EQ(request->method, "ab");
  EXPECT_EQ(request->params, R"({"x": 1.50})");
}

TEST(RpcReader, FaultsKnowWhomToAnswer) {
  EXPECT_EQ(fault_of("{\"id\":1").error.code, ErrorCode::ParseError);
  EXPECT_EQ(fault_of("{\"id\":1} x").id, "null");
  EXPECT_EQ(fault_of("[{\"id\":1,\"method\":\"x\"}]").error.code, ErrorCode::InvalidRequest);
  EXPECT_EQ(fault_of("\"text\"").error.code, ErrorCode::InvalidRequest);
  const RpcFault no_method = fault_of(R"({"id": "seven", "method": null})");
  EXPECT_EQ(no_method.error.code, ErrorCode::InvalidRequest);
  EXPECT_EQ(no_method.id, "\"seven\"");
}

TEST(RpcReader, InlineNumbersGoIntoASegmentAndTheRestStays) {
  RpcReader reader;
  const auto dataset =
      reader.read_dataset(R"({"values": [1, "NaN", null, -2.5], "datasetId": "d", "rows": 2})");
  ASSERT_TRUE(dataset);
  EXPECT_EQ(nlohmann::json::parse(dataset->params),
            nlohmann::json::parse(
                R"({"datasetId": "d", "rows": 2,
                    "data": {"$segment": {"index": 0, "type": "f64", "offset": 0, "count": 4}}})"));
  EXPECT_EQ(dataset->segment.size(), 32U);
  const auto mapping = dataset->segment.map();
  ASSERT_TRUE(mapping.ok());
  const auto numbers = numbers_in(*mapping, 0, 4);
  ASSERT_TRUE(numbers.ok());
  EXPECT_EQ((*numbers)[3], -2.5);
  EXPECT_NE((*numbers)[1], (*numbers)[1]);
}

TEST(RpcReader, WhatTheEngineShallRefuseIsLeftAlone) {
  RpcReader reader;
  for (const char* params : {R"({"datasetId": "d", "values": [1, "x"]})",
                             R"({"datasetId": "d", "values": [1, [2]]})",
                             R"({"datasetId": "d", "values": []})",
                             R"({"datasetId": "d", "values": 7})",
                             R"({"datasetId": "d", "values": [1], "data": {}})",
                             R"([])"})
    EXPECT_FALSE(reader.read_dataset(params)) << params;
}

class Lines : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{-1, -1};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_ = UniqueFd(AdoptFd{}, ends[0]);
    writer_ = UniqueFd(AdoptFd{}, ends[1]);
  }
  void feed(std::string_view text) {
    ASSERT_EQ(::write(writer_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  static std::string take(LineReader& lines) {
    std::string_view line;
    switch (lines.next(line)) {
      case LineReader::Next::Line:
        return "line " + std::string(line);
      case LineReader::Next::TooLong:
        return "too long";
      case LineReader::Next::Nothing:
        break;
    }
    return "nothing";
  }

  UniqueFd reader_;
  UniqueFd writer_;
};

TEST_F(Lines, ComeWholeHoweverTheyArrive) {
  LineReader lines(reader_.borrow(), 100);
  feed("one\ntw");
  EXPECT_TRUE(lines.read_some());
  EXPECT_EQ(take(lines), "line one");
  EXPECT_EQ(take(lines), "nothing");
  feed("o\n\nlast");
  EXPECT_TRUE(lines.read_some());
  EXPECT_EQ(take(lines), "line two");
  EXPECT_EQ(take(lines), "line ");
  EXPECT_EQ(take(lines), "nothing");
  writer_.reset();
  EXPECT_FALSE(lines.read_some());
  EXPECT_EQ(take(lines), "line last");
  EXPECT_EQ(take(lines), "nothing");
}

TEST_F(Lines, OverTheLimitAreDroppedToTheirEnd) {
  LineReader lines(reader_.borrow(), 5);
  feed("123456");
  EXPECT_TRUE(lines.read_some());
  EXPECT_EQ(take(lines), "too long");
  feed("789\nok\n");
  EXPECT_TRUE(lines.read_some());
  EXPECT_EQ(take(lines), "line ok");
  feed("123456\n12345\n");
  EXPECT_TRUE(lines.read_some());
  EXPECT_EQ(take(lines), "too long");
  EXPECT_EQ(take(lines), "line 12345");
}

}  // namespace
}  // namespace chainsolved::cli
