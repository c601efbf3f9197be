#include "protocol/json_writer.h"

#include "protocol/json_text.h"
#include "tests/protocol/bytes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace chainsolved {
namespace {

std::string number(double value) {
  std::string text;
  append_json_number(text, value);
  return text;
}

std::string in_quotes(std::string_view value) {
  std::string text;
  append_json_string(text, value);
  return text;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("a", 1.5).key("b").begin_array();
  json.null().boolean(true).integer(-3).begin_object().end_object().begin_array().end_array();
  json.end_array().member("c", "x").key("d").raw("[1,2]").member("e", std::uint64_t{18});
  json.end_object();
  EXPECT_EQ(text, R"({"a":1.5,"b":[null,true,-3,{},[]],"c":"x","d":[1,2],"e":18})");
}

TEST(JsonWriter, WritesNumbersShortly) {
  EXPECT_EQ(number(5), "5");
  EXPECT_EQ(number(-12), "-12");
  EXPECT_EQ(number(100000), "100000");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(0.0), "0");
  EXPECT_EQ(number(-0.0), "-0.0");
  EXPECT_EQ(number(1e300), "1e+300");
}

TEST(JsonWriter, WritesNonFiniteNumbersAsTheirNames) {
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "\"NaN\"");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "\"Infinity\"");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
}

TEST(JsonWriter, EveryFiniteDoubleReadsBackToTheSameBits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < test::tries(100'000); ++i) {
    auto value = std::bit_cast<double>(random());
    if (i % 3 == 0) value = static_cast<double>(static_cast<std::int64_t>(random()) >> (i % 60));
    if (!(value - value == 0)) continue;
    const std::string text = number(value);
    const auto read = parse_json(text, {});
    ASSERT_TRUE(read.ok()) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(read->get<double>()),
              std::bit_cast<std::uint64_t>(value))
        << text;
  }
}

TEST(JsonWriter, EscapesWhatJsonMustEscape) {
  EXPECT_EQ(in_quotes("a\"b\\c\n\r\t\x01\x1f\x7f/"), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\x7f/\"");
  EXPECT_EQ(in_quotes(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(JsonWriter, LeavesValidUtf8AsItIs) {
  constexpr std::string_view kText = "Ω é 水 😀 \xF4\x8F\xBF\xBF";
  EXPECT_EQ(in_quotes(kText), "\"" + std::string(kText) + "\"");
  EXPECT_EQ(valid_utf8(kText), kText);
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  constexpr std::string_view kBad = "\xEF\xBF\xBD";
  for (const std::string_view bytes : {"\x80", "\xFF", "\xC0", "\xC1", "\xF5", "\xC3"}) {
    EXPECT_EQ(valid_utf8("a" + std::string(bytes)), "a" + std::string(kBad));
    EXPECT_EQ(in_quotes("a" + std::string(bytes)), "\"a" + std::string(kBad) + "\"");
  }
  // overlong, surrogate, above U+10FFFF, cut off
  EXPECT_EQ(valid_utf8("\xE0\x80\x80x").back(), 'x');
  EXPECT_EQ(valid_utf8("\xED\xA0\x80").find('\xED'), std::string::npos);
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80").find('\xF4'), std::string::npos);
  EXPECT_EQ(valid_utf8("\xE6\xB0").find('\xE6'), std::string::npos);
}

TEST(JsonWriter, AnyBytesBecomeReadableText) {
  std::mt19937_64 random(11);
  for (int i = 0; i < test::tries(20'000); ++i) {
    std::string bytes(random() % 24, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random());
    const auto read = parse_json(in_quotes(bytes), {});
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(read->get<std::string>(), valid_utf8(bytes));
  }
}

}  // namespace
}  // namespace chainsolved
