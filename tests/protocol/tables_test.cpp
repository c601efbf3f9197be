#include "protocol/columns.h"
#include "protocol/error.h"
#include "protocol/limits.h"
#include "protocol/methods.h"
#include "protocol/snapshot.h"
#include "protocol/value.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace chainsolved {
namespace {

template <class Enum>
Enum at(std::size_t i) {
  return static_cast<Enum>(i);
}

TEST(Tables, EveryErrorCodeHasANameThatParsesBack) {
  constexpr auto kLast = static_cast<std::size_t>(ErrorCode::SlowConsumer);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i <= kLast; ++i) {
    const ErrorInfo& info = info_of(at<ErrorCode>(i));
    EXPECT_EQ(error_code_named(info.wire), at<ErrorCode>(i)) << info.wire;
    EXPECT_FALSE(info.sentence.empty()) << info.wire;
    EXPECT_TRUE(names.insert(info.wire).second) << info.wire;
  }
  EXPECT_EQ(error_code_named("NO_SUCH_CODE"), ErrorCode::InternalError);
}

TEST(Tables, EveryValueKindHasANameThatParsesBack) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ValueKind::HighPrecision); ++i)
    EXPECT_EQ(value_kind_named(name_of(at<ValueKind>(i))), at<ValueKind>(i));
  EXPECT_FALSE(value_kind_named("tensor"));
}

TEST(Tables, EveryColumnTypeHasANameThatParsesBack) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ColumnType::U8); ++i)
    EXPECT_EQ(column_type_named(name_of(at<ColumnType>(i))), at<ColumnType>(i));
  EXPECT_FALSE(column_type_named("i16"));
}

TEST(Tables, EveryMethodIsFoundByItsName) {
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    EXPECT_EQ(kMethods[i].method, at<Method>(i));
    EXPECT_EQ(&info_of(at<Method>(i)), &kMethods[i]);
    EXPECT_EQ(find_method(kMethods[i].name), &kMethods[i]);
  }
  EXPECT_EQ(find_method("setInputx"), nullptr);
  EXPECT_EQ(find_method(""), nullptr);
}

TEST(Tables, EveryLimitIsFoundByItsNameAndHasItsDefault) {
  const Limits limits;
  for (const LimitInfo& info : kLimits) {
    EXPECT_EQ(find_limit(info.name), &info);
    EXPECT_EQ(limits.*info.member, info.default_value) << info.name;
    EXPECT_GT(info.default_value, 0U) << info.name;
  }
  EXPECT_EQ(find_limit("maxEverything"), nullptr);
}

TEST(Tables, EveryPatchKindHasItsWireName) {
  EXPECT_EQ(name_of(PatchKind::AddNode), "addNode");
  EXPECT_EQ(name_of(PatchKind::RemoveNode), "removeNode");
  EXPECT_EQ(name_of(PatchKind::UpdateNodeData), "updateNodeData");
  EXPECT_EQ(name_of(PatchKind::AddEdge), "addEdge");
  EXPECT_EQ(name_of(PatchKind::RemoveEdge), "removeEdge");
}

TEST(Tables, MethodsHashIsSixteenHexDigits) {
  const std::string hash = methods_hash();
  EXPECT_EQ(hash.size(), 16U);
  EXPECT_EQ(hash.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(hash, methods_hash());
}

TEST(Tables, LimitErrorNamesTheLimitAndItsValue) {
  const Error error = limit_error("maxNodes", 7, "Too many nodes");
  EXPECT_EQ(error.code, ErrorCode::LimitExceeded);
  EXPECT_EQ(error.detail, R"("limit":"maxNodes","max":7)");
  EXPECT_NE(error.message.find("maxNodes is 7"), std::string::npos);
}

}  // namespace
}  // namespace chainsolved
