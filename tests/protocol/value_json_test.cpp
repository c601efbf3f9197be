#include "protocol/value_json.h"

#include "protocol/columns.h"
#include "protocol/json_text.h"
#include "protocol/json_writer.h"
#include "protocol/value.h"
#include "tests/protocol/bytes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Collects data bytes, as an engine's sink does.
class ByteColumns final : public ColumnSink {
 public:
  void put(JsonWriter& json, ColumnType type, std::span<const std::byte> from) override {
    json.begin_object().key("$column").begin_object().member("type", name_of(type));
    json.member("offset", std::uint64_t{bytes.size()});
    json.member("count", std::uint64_t{from.size() / element_size(type)});
    json.end_object().end_object();
    bytes.insert(bytes.end(), from.begin(), from.end());
    bytes.resize((bytes.size() + 7) / 8 * 8);
  }
  void put(JsonWriter& json, const Numbers& numbers) override {
    put(json, ColumnType::F64, std::as_bytes(numbers.span()));
  }

  std::vector<std::byte> bytes;
};

// One segment of four numbers.
class OneSegment final : public DataBytes {
 public:
  OneSegment() : DataBytes({}) {}
  Result<Numbers> segment(std::uint64_t index, std::uint64_t offset, std::uint64_t count) override {
    if (index != 1 || offset % 8 != 0 || offset / 8 > 4 || count > 4 - offset / 8)
      return Error{ErrorCode::InvalidParams, "outside", {}};
    return numbers_.slice(offset / 8, count);
  }

 private:
  Numbers numbers_{std::vector<double>{1, 2, 3, 4}};
};

Result<Value> read(std::string_view text) {
  const auto json = parse_json(text, {});
  if (!json.ok()) return json.error();
  OneSegment columns;
  return read_value(*json, columns);
}

std::string write(const Value& value) {
  std::string text;
  JsonWriter json(text);
  InlineColumns columns;
  write_value(json, value, columns);
  return text;
}

Value ragged_table() {
  Table table;
  table.columns = {"x", "y"};
  table.row_count = 3;
  table.width = 3;
  table.cells = Numbers(std::vector<double>{1, 2, 0, 10, 0, 0, 100, 0, 0});
  table.row_lengths = {3, 1, 0};
  return Value::table(std::move(table));
}

Value plain_table() {
  Table table;
  table.columns = {"t", "näme \"q\""};
  table.row_count = 2;
  table.width = 2;
  table.cells = Numbers(std::vector<double>{1, 2, kNan, -kInfinity});
  return Value::table(std::move(table));
}

std::vector<Value> all_kinds() {
  return {Value::scalar(2.5),
          Value::scalar(kNan),
          Value::scalar(kInfinity),
          Value::scalar(-0.0),
          Value::vector(std::vector<double>{}),
          Value::vector(std::vector<double>{1, -kInfinity, kNan, 5e-324}),
          plain_table(),
          ragged_table(),
          Value::table({}),
          Value::error("no \"luck\""),
          Value::text("Ω\n"),
          Value::interval(-kInfinity, 3),
          Value::complex(1.5, -2),
          Value::matrix(2, 3, Numbers(std::vector<double>{1, 2, 3, 4, 5, kNan})),
          Value::matrix(0, 3, {}),
          Value::high_precision({"3.14159265358979323846", 3.141592653589793, 21})};
}

TEST(ValueJson, EveryKindReadsBackIdenticalFromJson) {
  for (const Value& value : all_kinds()) {
    const std::string text = write(value);
    const auto back = read(text);
    ASSERT_TRUE(back.ok()) << text << back.error().message;
    EXPECT_TRUE(identical(*back, value)) << text;
  }
}

TEST(ValueJson, EveryKindReadsBackIdenticalFromColumns) {
  for (const Value& value : all_kinds()) {
    std::string text;
    JsonWriter json(text);
    ByteColumns sink;
    write_value(json, value, sink);
    DataBytes source(sink.bytes);
    const auto back = read_value(nlohmann::json::parse(text), source);
    ASSERT_TRUE(back.ok()) << text << back.error().message;
    EXPECT_TRUE(identical(*back, value)) << text;
  }
}

TEST(ValueJson, DifferentValuesAreNotIdentical) {
  const auto values = all_kinds();
  for (std::size_t a = 0; a < values.size(); ++a)
    for (std::size_t b = 0; b < values.size(); ++b)
      EXPECT_EQ(identical(values[a], values[b]), a == b) << a << " " << b;
}

TEST(ValueJson, HasTheContractsShapes) {
  EXPECT_EQ(write(Value::scalar(kNan)), R"({"kind":"scalar","value":"NaN"})");
  EXPECT_EQ(write(Value::vector(std::vector<double>{1, 2.5})),
            R"({"kind":"vector","value":[1,2.5]})");
  EXPECT_EQ(write(ragged_table()),
            R"({"kind":"table","columns":["x","y"],"rows":[[1,10,100],[2],[]]})");
  EXPECT_EQ(write(Value::interval(1, 2)), R"({"kind":"interval","lo":1,"hi":2})");
  EXPECT_EQ(write(Value::error("x")), R"({"kind":"error","message":"x"})");
  EXPECT_EQ(write(Value::matrix(1, 1, Numbers(std::vector<double>{4}))),
            R"({"kind":"matrix","rows":1,"cols":1,"data":[4]})");
}

TEST(ValueJson, TablesInColumnsHaveCellsAndARowCount) {
  std::string text;
  JsonWriter json(text);
  ByteColumns sink;
  write_value(json, plain_table(), sink);
  EXPECT_NE(text.find(R"("rowCount":2,"cells":{"$column":{"type":"f64","offset":0,"count":4}})"),
            std::string::npos)
      << text;
}

TEST(ValueJson, NumbersMayLieInASegment) {
  const auto value = read(
      R"({"kind":"vector","value":{"$segment":{"index":1,"type":"f64","offset":8,"count":2}}})");
  ASSERT_TRUE(value.ok()) << value.error().message;
  EXPECT_EQ(value->as_vector()[0], 2);
  EXPECT_EQ(value->as_vector().size(), 2U);
}

TEST(ValueJson, NullIsNaNAndNamesAreNumbers) {
  const auto value = read(R"({"kind":"vector","value":[null,"NaN","Infinity","-Infinity",1e999]})");
  ASSERT_TRUE(value.ok());
  const Numbers& numbers = value->as_vector();
  EXPECT_TRUE(numbers[0] != numbers[0] && numbers[1] != numbers[1]);
  EXPECT_EQ(numbers[2], kInfinity);
  EXPECT_EQ(numbers[3], -kInfinity);
  EXPECT_EQ(numbers[4], kInfinity);
}

TEST(ValueJson, EveryNamedColumnOfARaggedTableHasCells) {
  const auto value = read(R"({"kind":"table","columns":["a","b","c"],"rows":[[1],[2]]})");
  ASSERT_TRUE(value.ok());
  const Table& table = value->as_table();
  EXPECT_EQ(table.column(2).size(), 2U);
  EXPECT_EQ(table.row_length(0), 1U);
}

class RefusedValue : public testing::TestWithParam<std::string_view> {};

TEST_P(RefusedValue, IsInvalidParams) {
  const auto value = read(GetParam());
  ASSERT_FALSE(value.ok()) << GetParam();
  EXPECT_EQ(value.error().code, ErrorCode::InvalidParams);
  EXPECT_FALSE(value.error().message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    ValueJson,
    RefusedValue,
    testing::Values(
        "5",
        "[]",
        "{}",
        R"({"kind":5})",
        R"({"kind":"none"})",
        R"({"kind":"tensor"})",
        R"({"kind":"scalar"})",
        R"({"kind":"scalar","value":"7"})",
        R"({"kind":"scalar","value":true})",
        R"({"kind":"vector"})",
        R"({"kind":"vector","value":5})",
        R"({"kind":"vector","value":[1,"x"]})",
        R"({"kind":"vector","value":{}})",
        R"({"kind":"vector","value":{"$column":5}})",
        R"({"kind":"vector","value":{"$column":{"type":"u32","offset":0,"count":0}}})",
        R"({"kind":"vector","value":{"$column":{"type":"f64","offset":-8,"count":1}}})",
        R"({"kind":"vector","value":{"$column":{"type":"f64","offset":0,"count":1}}})",
        R"({"kind":"vector","value":{"$column":{"type":"f64","offset":0.5,"count":0}}})",
        R"({"kind":"vector","value":{"$segment":{"index":0,"type":"f64","offset":0,"count":1}}})",
        R"({"kind":"vector","value":{"$segment":{"index":1,"type":"f64","offset":16,"count":3}}})",
        R"({"kind":"vector","value":{"$segment":{"type":"f64","offset":0,"count":1}}})",
        R"({"kind":"table","rows":[]})",
        R"({"kind":"table","columns":[5],"rows":[]})",
        R"({"kind":"table","columns":["a"]})",
        R"({"kind":"table","columns":["a"],"rows":5})",
        R"({"kind":"table","columns":["a"],"rows":[5]})",
        R"({"kind":"table","columns":["a"],"rows":[["x"]]})",
        R"({"kind":"table","columns":["a"],"rowCount":2,"cells":[1]})",
        R"({"kind":"table","columns":["a"],"rowCount":-1,"cells":[]})",
        R"({"kind":"table","columns":[],"rowCount":9e15,"cells":[]})",
        R"({"kind":"matrix","rows":2,"cols":2,"data":[1,2,3]})",
        R"({"kind":"matrix","rows":4294967296,"cols":4294967296,"data":[]})",
        R"({"kind":"matrix","rows":9007199254740993,"cols":0,"data":[]})",
        R"({"kind":"matrix","rows":1.5,"cols":2,"data":[1,2,3]})",
        R"({"kind":"matrix","data":[]})",
        R"({"kind":"interval","lo":1})",
        R"({"kind":"interval","hi":1})",
        R"({"kind":"complex","re":1,"im":"x"})",
        R"({"kind":"text","value":5})",
        R"({"kind":"error"})",
        R"({"kind":"highPrecision","display":"1","approx":1})",
        R"({"kind":"highPrecision","display":"1","approx":1,"precision":4294967296})",
        R"({"kind":"highPrecision","display":1,"approx":1,"precision":4})"));

TEST(ValueJson, RaggedRowsMayNotBeMadeToFillTheMemory) {
  std::string text = R"({"kind":"table","columns":[],"rows":[[)";
  for (int i = 0; i < 4000; ++i)
    text += i == 0 ? "1" : ",1";
  text += "]";
  for (int i = 0; i < 4000; ++i)
    text += ",[]";
  text += "]}";
  const auto value = read(text);  // 16 million cells from 8,000
  ASSERT_FALSE(value.ok());
  EXPECT_NE(value.error().message.find("differ too much"), std::string::npos);
}

TEST(DataBytes, ChecksAlignmentAndRange) {
  const std::vector<std::byte> bytes(32);
  DataBytes data(bytes);
  EXPECT_TRUE(data.column(ColumnType::F64, 8, 3).ok());
  EXPECT_TRUE(data.column(ColumnType::U8, 24, 8).ok());
  EXPECT_TRUE(data.column(ColumnType::F64, 32, 0).ok());
  EXPECT_FALSE(data.column(ColumnType::F64, 8, 4).ok());
  EXPECT_FALSE(data.column(ColumnType::U8, 4, 1).ok());
  EXPECT_FALSE(data.column(ColumnType::U32, 40, 0).ok());
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_FALSE(data.column(ColumnType::F64, 8, kMost).ok());
  EXPECT_FALSE(data.column(ColumnType::F64, kMost - 7, 1).ok());
  EXPECT_FALSE(data.column(ColumnType::U8, kMost - 7, kMost).ok());
  EXPECT_FALSE(data.segment(0, 0, 0).ok());
}

TEST(InlineColumns, WriteEveryTypeAsAnArray) {
  const std::uint32_t slots[] = {0, 4'000'000'000};
  const std::uint8_t flags[] = {0, 255};
  std::string text;
  JsonWriter json(text);
  InlineColumns columns;
  json.begin_array();
  columns.put(json, ColumnType::U32, std::as_bytes(std::span(slots)));
  columns.put(json, ColumnType::U8, std::as_bytes(std::span(flags)));
  columns.put(json, Numbers(std::vector<double>{kNan, 2}));
  json.end_array();
  EXPECT_EQ(text, R"([[0,4000000000],[0,255],["NaN",2]])");
}

TEST(ValueJson, DamagedValuesAreReadOrRefused) {
  const std::vector<std::string> good = [] {
    std::vector<std::string> texts;
    for (const Value& value : all_kinds())
      texts.push_back(write(value));
    texts.emplace_back(
        R"({"kind":"vector","value":{"$segment":{"index":1,"type":"f64","offset":8,"count":2}}})");
    return texts;
  }();
  test::Mutator mutate(17);
  for (int i = 0; i < test::tries(100'000); ++i) {
    const test::TightText text(mutate(good[mutate.pick(good.size())]));
    const auto value = read(text.view());
    if (!value.ok()) continue;
    const auto again = read(write(*value));
    ASSERT_TRUE(again.ok() && identical(*again, *value)) << text.view();
  }
}

}  // namespace
}  // namespace chainsolved
