#include "client/cli/output.h"

#include "client/cli/exit_status.h"
#include "client/cli/value_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace chainsolved::cli {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({{"ID"}, {"EMPTY"}, {"N", Align::Right}});
  table.row({"τ", "", "1"});
  table.row({"long", "", "250"});
  EXPECT_EQ(table.text(), "ID      N\nτ       1\nlong  250\n");
}

TEST(TextTable, NoLabelCanMoveTheCursor) {
  TextTable table({{"X"}});
  table.row({"a\x1b[2Jb\nc\xC2\x9B!\x80"});
  EXPECT_EQ(table.text(), "X\na [2Jb c !\xEF\xBF\xBD\n");
}

TEST(CsvWriter, QuotesWhatNeedsQuotes) {
  CsvWriter csv;
  csv.cell("a,b").cell("say \"hi\"").number(0.1).number(NAN).number(-INFINITY).end_row();
  EXPECT_EQ(std::move(csv).take(), "\"a,b\",\"say \"\"hi\"\"\",0.1,NaN,-Infinity\n");
}

TEST(Units, AreSaidAsPeopleSayThem) {
  EXPECT_EQ(byte_count(512), "512 B");
  EXPECT_EQ(byte_count(1536), "1.5 KiB");
  EXPECT_EQ(duration(250), "250 ms");
  EXPECT_EQ(duration(2500), "2.5 s");
  EXPECT_EQ(duration(3'700'000), "1 h 1 min");
  EXPECT_EQ(short_number(0.1 + 0.2), "0.3");
}

Value sample_table() {
  Table table;
  table.columns = {"x", "y"};
  table.row_count = 2;
  table.width = 2;
  table.cells = Numbers(std::vector<double>{1, 2, 10, 20});
  return Value::table(std::move(table));
}

TEST(ValueText, EveryKindHasAOneLineSummary) {
  EXPECT_EQ(summary_of(Value()), "(no value)");
  EXPECT_EQ(summary_of(Value::scalar(2.5)), "2.5");
  EXPECT_EQ(summary_of(Value::vector(std::vector<double>{1, 2})), "[1, 2]");
  EXPECT_EQ(summary_of(Value::vector(std::vector<double>(1000, 3))),
            "[3, 3, 3, 3, 3, ...] (1000 entries)");
  EXPECT_EQ(summary_of(sample_table()), "table 2 × 2 (x, y)");
  EXPECT_EQ(summary_of(Value::error("Divide: no")), "error: Divide: no");
  EXPECT_EQ(summary_of(Value::text("hello")), "hello");
  EXPECT_EQ(summary_of(Value::interval(1, 2)), "[1, 2]");
  EXPECT_EQ(summary_of(Value::complex(1, -2)), "1 - 2i");
  EXPECT_EQ(summary_of(Value::matrix(1, 2, Numbers(std::vector<double>{1, 2}))), "matrix 1 × 2");
  EXPECT_EQ(summary_of(Value::high_precision({"3.14159", 3.14159, 6})), "3.14159");
}

TEST(ValueText, GridsArePrintedWhole) {
  EXPECT_EQ(full_text_of(sample_table()), "row  x   y\n  0  1  10\n  1  2  20\n");
  CsvWriter csv;
  write_grid(csv, sample_table());
  EXPECT_EQ(std::move(csv).take(), "x,y\n1,10\n2,20\n");
}

TEST(ValueText, CellsThatARaggedTableLacksStayEmpty) {
  Table table;
  table.columns = {"x"};
  table.row_count = 2;
  table.width = 2;
  table.cells = Numbers(std::vector<double>{1, 2, 10, 0});
  table.row_lengths = {2, 1};
  CsvWriter csv;
  write_grid(csv, Value::table(std::move(table)));
  EXPECT_EQ(std::move(csv).take(), "x,column_2\n1,10\n2,\n");
}

TEST(ValueText, LongRowsSayWhereEachNumberStands) {
  CsvWriter csv;
  write_long_rows(csv, "s", Value::scalar(1));
  write_long_rows(csv, "v", Value::vector(std::vector<double>{5}));
  write_long_rows(csv, "t", sample_table());
  write_long_rows(csv, "c", Value::complex(1, 2));
  write_long_rows(csv, "e", Value::error("a, b"));
  write_long_rows(csv, "none", Value());
  EXPECT_EQ(std::move(csv).take(),
            "s,scalar,,,1\n"
            "v,vector,0,,5\n"
            "t,table,0,x,1\nt,table,0,y,10\nt,table,1,x,2\nt,table,1,y,20\n"
            "c,complex,,re,1\nc,complex,,im,2\n"
            "e,error,,,\"a, b\"\n");
}

TEST(ExitStatus, IsTheSameInTheTableAndOnThePage) {
  std::ifstream file(CHAINSOLVED_SOURCE_DIR "/docs/command-line.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const ExitStatusInfo& row : kExitStatuses) {
    const std::string line = "| " + std::to_string(static_cast<int>(row.status)) + " | " +
                             std::string(row.meaning) + " |";
    EXPECT_NE(page.str().find(line), std::string::npos) << "docs/command-line.md lacks: " << line;
  }
}

ExitStatus status_of(ErrorCode code) {
  return exit_status_of(Error{code, ""});
}

TEST(ExitStatus, EveryErrorHasTheOneThatFits) {
  EXPECT_EQ(status_of(ErrorCode::VersionMismatch), ExitStatus::VersionMismatch);
  EXPECT_EQ(status_of(ErrorCode::DaemonLost), ExitStatus::NoDaemon);
  EXPECT_EQ(status_of(ErrorCode::Cancelled), ExitStatus::Cancelled);
  EXPECT_EQ(status_of(ErrorCode::NotAllowed), ExitStatus::NotAllowed);
  EXPECT_EQ(status_of(ErrorCode::LimitExceeded), ExitStatus::Limit);
  EXPECT_EQ(status_of(ErrorCode::DatasetQuotaExceeded), ExitStatus::Limit);
  EXPECT_EQ(status_of(ErrorCode::WorkerCrashed), ExitStatus::EngineDied);
  EXPECT_EQ(status_of(ErrorCode::WorkerWatchdog), ExitStatus::EngineDied);
  EXPECT_EQ(status_of(ErrorCode::EngineStartFailed), ExitStatus::EngineDied);
  EXPECT_EQ(status_of(ErrorCode::InvalidSnapshot), ExitStatus::Usage);
  EXPECT_EQ(status_of(ErrorCode::UnknownPort), ExitStatus::Usage);
  EXPECT_EQ(status_of(ErrorCode::UnknownSession), ExitStatus::Usage);
}

}  // namespace
}  // namespace chainsolved::cli
