#include "daemon/engine/ops/fmu_model.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace chainsolved::test {
namespace {

nlohmann::json exported(const Value& data, std::string_view node = "{}") {
  const Value value = run_block("fmu.export", {{"data", data}}, node).value;
  EXPECT_TRUE(value.is(ValueKind::Text));
  return value.is(ValueKind::Text) ? nlohmann::json::parse(value.as_text()) : nlohmann::json();
}

std::size_t occurrences(const std::string& text, std::string_view wanted) {
  std::size_t count = 0;
  for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1))
    ++count;
  return count;
}

TEST(FmuExport, HasOneOutputPerEntry) {
  const auto files = exported(list({1, -2.5, 1e-7}));
  const auto xml = files["modelDescriptionXml"].get<std::string>();
  EXPECT_EQ(occurrences(xml, "<ScalarVariable"), 3);
  EXPECT_EQ(occurrences(xml, "<Unknown"), 3);
  EXPECT_NE(xml.find("start=\"-2.5\""), std::string::npos);
  EXPECT_NE(files["cStub"].get<std::string>().find("{1.0, -2.5, 1e-07}"), std::string::npos);
}

TEST(FmuExport, NamesTheOutputsOfATableAfterItsColumns) {
  Table table;
  table.columns = {"speed", "power"};
  table.row_count = 1;
  table.width = 2;
  table.cells = Numbers({3, 4});
  const auto xml = exported(Value::table(table))["modelDescriptionXml"].get<std::string>();
  EXPECT_NE(xml.find("name=\"speed\""), std::string::npos);
  EXPECT_NE(xml.find("name=\"power\""), std::string::npos);
}

TEST(FmuExport, CannotBeBrokenOutOfByAName) {
  const auto files =
      exported(scalar(1), R"({"fmuModelName": "a*/ #error \"<b>&\n", "fmuDescription": "\"/>"})");
  const auto xml = files["modelDescriptionXml"].get<std::string>();
  EXPECT_NE(xml.find("modelName=\"a*/ #error &quot;&lt;b&gt;&amp; \""), std::string::npos) << xml;
  EXPECT_NE(xml.find("description=\"&quot;/&gt;\""), std::string::npos);
  const auto stub = files["cStub"].get<std::string>();
  EXPECT_EQ(stub.find("#error"), std::string::npos);
}

TEST(FmuExport, OfNothingIsAnError) {
  EXPECT_TRUE(run_block("fmu.export", {}).value.is(ValueKind::Error));
  EXPECT_TRUE(run_block("fmu.export", {{"data", list({})}}).value.is(ValueKind::Error));
}

TEST(ModelIdentifier, IsACIdentifier) {
  EXPECT_EQ(ops::model_identifier("Pump 1/2"), "Pump_1_2");
  EXPECT_EQ(ops::model_identifier("2nd"), "_2nd");
  EXPECT_EQ(ops::model_identifier(""), "model");
}

}  // namespace
}  // namespace chainsolved::test
