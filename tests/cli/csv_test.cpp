#include "client/cli/csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace chainsolved::cli {
namespace {

CsvFile parsed_csv(const std::string& text) {
  Result<CsvFile> file = CsvFile::parse(text, "test.csv");
  EXPECT_TRUE(file.ok()) << file.error().message;
  return std::move(file).value();
}

std::string refused_csv(const std::string& text) {
  const Result<CsvFile> file = CsvFile::parse(text, "test.csv");
  return file.ok() ? "was accepted" : file.error().message;
}

std::vector<double> cells(const CsvFile& file, std::vector<std::size_t> columns) {
  std::vector<double> out(columns.size() * file.rows(), -1);
  file.fill(columns, out);
  return out;
}

using Doubles = std::vector<double>;

TEST(Csv, HeaderAndNumbersAreTakenColumnAfterColumn) {
  const CsvFile file = parsed_csv("a,b\n1,10\n2,20\n3,30\n");
  EXPECT_TRUE(file.has_header());
  ASSERT_EQ(file.rows(), 3U);
  EXPECT_EQ(file.columns()[0].name, "a");
  EXPECT_EQ(cells(file, {0, 1}), (Doubles{1, 2, 3, 10, 20, 30}));
  EXPECT_EQ(cells(file, {1}), (Doubles{10, 20, 30}));
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineBreaks) {
  const CsvFile file = parsed_csv("\"name, \"\"x\"\"\nof it\",v\n\"1\",2\n\"say \"\"hi\"\"\",3\n");
  EXPECT_EQ(file.columns()[0].name, "name, \"x\"\nof it");
  EXPECT_FALSE(file.columns()[0].numeric);
  EXPECT_EQ(file.columns()[0].text_example, "say \"hi\"");
  EXPECT_EQ(file.columns()[0].text_line, 4U);
  EXPECT_EQ(cells(file, {1}), (Doubles{2, 3}));
}

TEST(Csv, WindowsLineEndsByteOrderMarkAndMissingLastLineBreakAreNoDifference) {
  const CsvFile file = parsed_csv("\xEF\xBB\xBFx,y\r\n1,2\r\n\"3\",4");
  EXPECT_EQ(file.columns()[0].name, "x");
  EXPECT_EQ(cells(file, {0, 1}), (Doubles{1, 3, 2, 4}));
}

TEST(Csv, MissingValuesAreNaNAndCounted) {
  const CsvFile file = parsed_csv("x,y\n1,\nNA,2\n n/a ,3\n4,NaN\nnull,5\n#N/A,6\n");
  ASSERT_TRUE(file.columns()[0].numeric);
  EXPECT_EQ(file.columns()[0].missing, 4U);
  EXPECT_EQ(file.columns()[1].missing, 2U);
  const Doubles x = cells(file, {0});
  EXPECT_EQ(x[0], 1);
  EXPECT_TRUE(std::isnan(x[1]) && std::isnan(x[2]) && std::isnan(x[4]) && std::isnan(x[5]));
}

TEST(Csv, NumbersAreReadToTheLastBit) {
  EXPECT_EQ(csv_number("0.1"), 0.1);
  EXPECT_EQ(csv_number(" +1.5e-3 "), 1.5e-3);
  EXPECT_EQ(csv_number("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(csv_number("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(csv_number("1e-999"), 0.0);
  EXPECT_FALSE(csv_number("1,5"));
  EXPECT_FALSE(csv_number("12 kg"));
  EXPECT_FALSE(csv_number("+-1"));
  EXPECT_FALSE(csv_number("2012-01-01"));
}

TEST(Csv, WithoutAHeaderColumnsAreNumbered) {
  const CsvFile file = parsed_csv("1,2\n3,4\n");
  EXPECT_FALSE(file.has_header());
  EXPECT_EQ(file.rows(), 2U);
  EXPECT_EQ(file.columns()[1].name, "column_2");
  EXPECT_EQ(cells(file, {1}), (Doubles{2, 4}));
}

TEST(Csv, ARowOfDataWithTextIsNoHeader) {
  const CsvFile file = parsed_csv("2012-01-01,1\n2012-01-02,2\n");
  EXPECT_FALSE(file.has_header());
  EXPECT_EQ(file.rows(), 2U);
  EXPECT_FALSE(file.columns()[0].numeric);
}

TEST(Csv, AYearAmongTheColumnNamesIsStillAHeader) {
  const CsvFile file = parsed_csv("depth,2020\n1,0.5\n2,0.25\n");
  EXPECT_TRUE(file.has_header());
  EXPECT_EQ(file.columns()[1].name, "2020");
  EXPECT_EQ(cells(file, {0, 1}), (Doubles{1, 2, 0.5, 0.25}));
}

TEST(Csv, BlankLinesArePassedOver) {
  EXPECT_EQ(cells(parsed_csv("\n\nx,y\n1,2\n\r\n3,4\n\n"), {0, 1}), (Doubles{1, 3, 2, 4}));
}

TEST(Csv, InASingleColumnABlankLineIsAMissingValue) {
  const Doubles x = cells(parsed_csv("\nx\n1\n\n3\n"), {0});
  ASSERT_EQ(x.size(), 3U);
  EXPECT_TRUE(std::isnan(x[1]));
  EXPECT_EQ(x[2], 3);
}

TEST(Csv, TooFewFieldsAreRefusedWithLineAndColumn) {
  EXPECT_EQ(refused_csv("a,b,c\n1,2,3\n4,5\n"),
            "test.csv, line 3, column 4: this line has 2 fields, the first has 3");
}

TEST(Csv, TooManyFieldsAreRefusedWithLineAndColumn) {
  EXPECT_EQ(refused_csv("a,b\n1,2\n\"x\ny\",2,3,4\n"),
            "test.csv, line 4, column 6: this line has 4 fields, the first has 2");
}

TEST(Csv, AnOpenQuoteIsRefusedWhereItOpens) {
  EXPECT_EQ(refused_csv("a,b\n1,\"2\n3,4\n"),
            "test.csv, line 2, column 3: a quote is opened and not closed");
}

TEST(Csv, TextAfterAClosingQuoteIsRefused) {
  EXPECT_TRUE(
      refused_csv("a,b\n\"1\"x,2\n").starts_with("test.csv, line 2, column 4: after a closing"))
      << refused_csv("a,b\n\"1\"x,2\n");
  EXPECT_TRUE(
      refused_csv("a,b\n\"1\"\rx,2\n").starts_with("test.csv, line 2, column 4: after a closing"));
}

TEST(Csv, NothingToReadIsRefused) {
  EXPECT_EQ(refused_csv(""), "test.csv, line 1, column 1: the file is empty");
  EXPECT_EQ(refused_csv("\n\n"), "test.csv, line 1, column 1: the file is empty");
  EXPECT_EQ(refused_csv("a,b\n"),
            "test.csv, line 1, column 1: there is a header but no data below it");
}

TEST(Csv, AFileThatCannotBeOpenedIsNamedWithTheReason) {
  const Result<CsvFile> file = CsvFile::read("/nowhere/x.csv");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().message, "cannot open /nowhere/x.csv: No such file or directory");
}

TEST(Csv, RealWeatherHasFourNumericColumnsOfSix) {
  const Result<CsvFile> file =
      CsvFile::read(CHAINSOLVED_SOURCE_DIR "/examples/data/seattle-weather.csv");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->rows(), 1461U);
  std::string numeric;
  for (const CsvFile::Column& column : file->columns())
    if (column.numeric) numeric += column.name + " ";
  EXPECT_EQ(numeric, "precipitation temp_max temp_min wind ");
  EXPECT_EQ(cells(*file, {2, 3})[1461], 5.0);
}

}  // namespace
}  // namespace chainsolved::cli
