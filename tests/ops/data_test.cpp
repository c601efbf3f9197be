#include "protocol/numbers.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

Value two_columns() {
  Table table;
  table.columns = {"t", "v"};
  table.row_count = 2;
  table.width = 2;
  table.cells = Numbers(std::vector<double>{0, 1, 10, 20});
  return Value::table(std::move(table));
}

Value one_column() {
  Table table;
  table.columns = {"v"};
  table.row_count = 3;
  table.width = 1;
  table.cells = Numbers(std::vector<double>{1, 2, 3});
  return Value::table(std::move(table));
}

std::vector<std::string_view> codes(const graph::BlockResult& result) {
  std::vector<std::string_view> codes;
  for (const graph::Diagnostic& diagnostic : result.diagnostics)
    codes.push_back(diagnostic.code);
  return codes;
}

TEST(ArrayInput, GivesTheDatasetsOwnMemory) {
  DatasetMap datasets;
  datasets.values["d"] = list({3, 4});
  const auto result =
      run_block("vectorInput", {}, R"({"datasetRef": "d", "vectorData": [1]})", datasets);
  ASSERT_TRUE(result.value.is(ValueKind::Vector));
  EXPECT_TRUE(result.value.as_vector().same_memory(datasets.values["d"].as_vector()));
}

TEST(ArrayInput, FallsBackOnWhatTheNodeCarries) {
  const auto result = run_block("vectorInput", {}, R"({"datasetRef": "d", "vectorData": [1, 2]})");
  ASSERT_TRUE(result.value.is(ValueKind::Vector));
  EXPECT_EQ(result.value.as_vector()[1], 2);
  EXPECT_TRUE(result.diagnostics.empty());
}

TEST(ArrayInput, SaysSoWhenItsDatasetIsGone) {
  for (const std::string_view data :
       {R"({"datasetRef": "d"})", R"({"datasetRef": "d", "vectorData": []})"}) {
    const auto result = run_block("vectorInput", {}, data);
    ASSERT_TRUE(result.value.is(ValueKind::Error)) << data;
    EXPECT_EQ(result.value.error_message(), "Array Input: dataset 'd' is not registered");
    EXPECT_EQ(codes(result), std::vector<std::string_view>{"DATASET_MISSING"});
  }
}

TEST(ArrayInput, TakesATableOfOneColumnAndRefusesALargerOne) {
  DatasetMap datasets;
  datasets.values["one"] = one_column();
  datasets.values["two"] = two_columns();
  const auto one = run_block("vectorInput", {}, R"({"datasetRef": "one"})", datasets);
  ASSERT_TRUE(one.value.is(ValueKind::Vector));
  EXPECT_EQ(one.value.as_vector().data(), datasets.values["one"].as_table().cells.data());
  const auto two = run_block("vectorInput", {}, R"({"datasetRef": "two"})", datasets);
  EXPECT_TRUE(two.value.is(ValueKind::Error));
}

TEST(TableInput, GivesTheDatasetOrAListAsOneColumn) {
  DatasetMap datasets;
  datasets.values["table"] = two_columns();
  datasets.values["list"] = list({5, 6});
  const auto table = run_block("tableInput", {}, R"({"datasetRef": "table"})", datasets);
  ASSERT_TRUE(table.value.is(ValueKind::Table));
  EXPECT_EQ(table.value.as_table().cells.data(), datasets.values["table"].as_table().cells.data());
  const auto column = run_block("tableInput", {}, R"({"datasetRef": "list"})", datasets);
  ASSERT_TRUE(column.value.is(ValueKind::Table));
  EXPECT_EQ(column.value.as_table().columns, std::vector<std::string>{"value"});
  EXPECT_EQ(column.value.as_table().cells.data(), datasets.values["list"].as_vector().data());
}

TEST(TableInput, SaysSoWhenItsDatasetIsGone) {
  const auto result = run_block("tableInput", {}, R"({"datasetRef": "d"})");
  EXPECT_TRUE(result.value.is(ValueKind::Error));
  EXPECT_EQ(codes(result), std::vector<std::string_view>{"DATASET_MISSING"});
}

TEST(TableInput, KeepsRaggedRowsAsTheyAre) {
  const auto result = run_block(
      "tableInput", {}, R"({"tableData": {"columns": ["a", "b"], "rows": [[1, 2], [3]]}})");
  ASSERT_TRUE(result.value.is(ValueKind::Table));
  const Table& table = result.value.as_table();
  EXPECT_TRUE(table.ragged());
  EXPECT_EQ(table.row_length(0), 2);
  EXPECT_EQ(table.row_length(1), 1);
}

TEST(TableInput, RefusesRowsWhosePaddingWouldFillTheMemory) {
  // Half a million short rows and one of half a million cells: 250 thousand million cells padded.
  std::string rows = "[0";
  for (int i = 0; i < 500'000; ++i)
    rows += ",0";
  rows += "]";
  for (int i = 0; i < 500'000; ++i)
    rows += ",[0]";
  const auto result =
      run_block("tableInput", {}, R"({"tableData": {"columns": ["a"], "rows": [)" + rows + "]}}");
  ASSERT_TRUE(result.value.is(ValueKind::Error));
  EXPECT_NE(result.value.error_message().find("unequal"), std::string::npos);
}

TEST(Importers, GiveTheStoredTableOrSayWhatIsNeeded) {
  for (const std::string_view id :
       {"fmu.import", "data.hdf5Import", "data.stepImport", "data.openDriveImport"}) {
    const auto stored =
        run_block(id, {}, R"({"tableData": {"columns": ["a"], "rows": [[1], [2]]}})");
    ASSERT_TRUE(stored.value.is(ValueKind::Table)) << id;
    EXPECT_EQ(stored.value.as_table().row_count, 2) << id;
    const auto nothing = run_block(id, {});
    ASSERT_TRUE(nothing.value.is(ValueKind::Error)) << id;
    EXPECT_NE(nothing.value.error_message().find("import a file"), std::string::npos) << id;
  }
}

TEST(ListSlice, SharesTheMemoryOfItsList) {
  const Value numbers = list({0, 1, 2, 3, 4});
  const auto result =
      run_block("vectorSlice", {{"vec", numbers}, {"start", scalar(1)}, {"end", scalar(3)}});
  ASSERT_TRUE(result.value.is(ValueKind::Vector));
  EXPECT_EQ(result.value.as_vector().data(), numbers.as_vector().data() + 1);
}

TEST(TableColumn, SharesTheMemoryOfItsTable) {
  const Value table = two_columns();
  const auto result = run_block("table_extract_col", {{"table", table}, {"index", scalar(1)}});
  ASSERT_TRUE(result.value.is(ValueKind::Vector));
  EXPECT_EQ(result.value.as_vector().data(), table.as_table().cells.data() + 2);
}

TEST(TableColumn, OfATableWithoutColumnsIsAsLongAsTheTable) {
  Table table;
  table.row_count = 2;
  for (const double index : {-1.0, 0.0, 1e300}) {
    const auto result =
        run_block("table_extract_col", {{"table", Value::table(table)}, {"index", scalar(index)}});
    ASSERT_TRUE(result.value.is(ValueKind::Vector)) << index;
    EXPECT_EQ(result.value.as_vector().size(), 2) << index;
  }
}

TEST(ListConcat, TakesNumberedPortsToo) {
  const auto result =
      run_block("vectorConcat", {{"in_0", list({1})}, {"in_1", list({2, 3})}, {"in_2", list({4})}});
  ASSERT_TRUE(result.value.is(ValueKind::Vector));
  EXPECT_EQ(result.value.as_vector().size(), 4);
  EXPECT_EQ(result.value.as_vector()[3], 4);
}

}  // namespace
}  // namespace chainsolved::test
