#include "protocol/json_reader.h"

#include "protocol/json_text.h"
#include "tests/protocol/bytes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>

namespace chainsolved {
namespace {

using test::TightText;

Result<nlohmann::json> parse(std::string_view text) {
  const TightText tight(text);
  return parse_json(tight.view(), {});
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

class RefusedText : public testing::TestWithParam<std::string_view> {};

TEST_P(RefusedText, IsAParseError) {
  const auto read = parse(GetParam());
  ASSERT_FALSE(read.ok()) << GetParam();
  EXPECT_EQ(read.error().code, ErrorCode::ParseError);
  EXPECT_FALSE(read.error().message.empty());
}

INSTANTIATE_TEST_SUITE_P(JsonText,
                         RefusedText,
                         testing::Values("",
                                         " ",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         "[1",
                                         "[1,",
                                         "[1,]",
                                         "[,1]",
                                         "[1 2]",
                                         "[1]]",
                                         "{]",
                                         "[}",
                                         R"({"a")",
                                         R"({"a":)",
                                         R"({"a":1)",
                                         R"({"a":1,})",
                                         R"({,"a":1})",
                                         R"({"a" 1})",
                                         R"({"a":1 "b":2})",
                                         R"({a:1})",
                                         R"({1:1})",
                                         R"("a" "b")",
                                         "1 2",
                                         "tru",
                                         "truex",
                                         "nul",
                                         "falsey",
                                         "True",
                                         "NaN",
                                         "Infinity",
                                         "-",
                                         "+1",
                                         "01",
                                         "-01",
                                         "1.",
                                         ".5",
                                         "1e",
                                         "1e+",
                                         "0x1",
                                         "1_0",
                                         "--1",
                                         "1a",
                                         R"(1"a")",
                                         R"("a"1)",
                                         R"(["a"x])",
                                         R"("abc)",
                                         R"("\x")",
                                         R"("\u12")",
                                         R"("\u12G4")",
                                         R"("\ud800")",
                                         R"("\ud800\u0041")",
                                         R"("\udc00")",
                                         R"("\)",
                                         "\"\n\"",
                                         "\"\x01\"",
                                         "\"\xFF\"",
                                         "\"\xC3\"",
                                         "\"\xED\xA0\x80\"",
                                         "\xEF\xBB\xBF{}",
                                         "{}x",
                                         "{} {}",
                                         "[]\x0C",
                                         "[\x1A]",
                                         "//\n1",
                                         "[1/*x*/]",
                                         "'a'"));

TEST(JsonText, TakesEveryNumberOfTheGrammar) {
  const auto read = parse(
      "[0, -0, 7, -7, 1.5e3, 18446744073709551615, 18446744073709551616, 1e999, -1e999, "
      "1e-999, -9223372036854775808, 123456789012345678901234567890, 5e-324, 0.1E+1]");
  ASSERT_TRUE(read.ok()) << read.error().message;
  const auto& numbers = *read;
  EXPECT_TRUE(std::signbit(numbers[1].get<double>()));
  EXPECT_TRUE(numbers[2].is_number_unsigned());
  EXPECT_TRUE(numbers[3].is_number_integer());
  EXPECT_EQ(numbers[4].get<double>(), 1500);
  EXPECT_EQ(numbers[5].get<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(numbers[6].get<double>(), 18446744073709551616.0);
  EXPECT_EQ(numbers[7].get<double>(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(numbers[8].get<double>(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(numbers[9].get<double>(), 0);
  EXPECT_EQ(numbers[10].get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(numbers[11].get<double>(), 123456789012345678901234567890.0);
  EXPECT_EQ(numbers[12].get<double>(), 5e-324);
  EXPECT_EQ(numbers[13].get<double>(), 1);
}

TEST(JsonText, ResolvesEveryEscape) {
  const auto read = parse(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u6c34\ud83d\ude00\u0000z")");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->get<std::string>(), std::string("\"\\/\b\f\n\r\tAé水😀\0z", 20));
}

TEST(JsonText, OfEqualKeysTheLastCounts) {
  const auto read = parse(R"({"a":1,"b":2,"\u0061":{"x":3}})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->dump(), R"({"a":{"x":3},"b":2})");
}

TEST(JsonText, NestingIsBoundedBeforeTheStackIs) {
  Limits limits;
  limits.max_nesting = 5;
  EXPECT_TRUE(parse_json(nested(5), limits).ok());
  const auto refused = parse_json(nested(6), limits);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::LimitExceeded);
  EXPECT_NE(refused.error().detail.find("maxNesting"), std::string::npos);
  limits.max_nesting = std::numeric_limits<std::uint64_t>::max();
  EXPECT_FALSE(parse_json(nested(1'000'000), limits).ok());
  EXPECT_FALSE(parse_json(std::string(1'000'000, '['), limits).ok());
}

TEST(JsonText, AgreesWithNlohmannOnDamagedText) {
  const std::string good =
      R"({"a": [1, -2.5e3, "x\u00e9\n", {"b": null, "c": true}], "d": {}, "e": [false, []]})";
  test::Mutator mutate(3);
  int accepted = 0;
  for (int i = 0; i < test::tries(200'000); ++i) {
    const std::string text = mutate(good);
    const auto ours = parse(text);
    const auto theirs = nlohmann::json::parse(text, nullptr, false);
    if (!theirs.is_discarded()) {
      ASSERT_TRUE(ours.ok()) << text << "\n" << ours.error().message;
      ASSERT_EQ(*ours, theirs) << text;
      ++accepted;
    } else if (ours.ok()) {
      // The one thing we take and it does not: numbers beyond double.
      ASSERT_NE(text.find_first_of("eE0123456789"), std::string::npos) << text;
      ASSERT_NE(ours->dump().find("null"), std::string::npos) << text;
    }
  }
  EXPECT_GT(accepted, test::tries(1000));  // the damage is not so great that nothing is compared
}

TEST(JsonReader, PassesOverAnArrayByItsBracketsAndCounts) {
  JsonReader reader;
  std::size_t elements = 0;
  for (const auto& [text, count] : {std::pair<std::string_view, std::size_t>{"[]", 0},
                                    {"[1]", 1},
                                    {R"([[1,2],{"a":[3,4]},"x,]"])", 3}}) {
    ASSERT_TRUE(reader.start(text, 8));
    EXPECT_TRUE(reader.skip_unchecked(&elements));
    EXPECT_EQ(elements, count) << text;
    EXPECT_TRUE(reader.finish());
  }
  ASSERT_TRUE(reader.start("[[1]", 8));
  EXPECT_FALSE(reader.skip_unchecked());
  EXPECT_TRUE(reader.failed());
}

TEST(JsonReader, AFaultStaysUntilTheNextText) {
  JsonReader reader;
  ASSERT_TRUE(reader.start("[1,x,2]", 8));
  const auto begin = reader.place();
  EXPECT_FALSE(reader.skip());
  reader.go(begin);
  EXPECT_FALSE(reader.enter_array());
  EXPECT_FALSE(reader.finish());
  EXPECT_EQ(reader.error().code, ErrorCode::ParseError);
  EXPECT_NE(reader.error().message.find("byte 3"), std::string::npos) << reader.error().message;
  ASSERT_TRUE(reader.start("[1]", 8));
  EXPECT_TRUE(reader.skip() && reader.finish());
}

TEST(JsonReader, FindsABackslashWhereverItStands) {
  for (std::size_t length = 1; length < 40; ++length)
    for (std::size_t at = 0; at < length; ++at) {
      std::string content(length, 'a');
      content.replace(at, 1, "\\n");
      std::string expected(length, 'a');
      expected[at] = '\n';
      const TightText text("\"" + content + "\"");
      JsonReader reader;
      std::string_view read;
      ASSERT_TRUE(reader.start(text.view(), 1) && reader.string(read));
      EXPECT_EQ(read, expected);
    }
}

}  // namespace
}  // namespace chainsolved
