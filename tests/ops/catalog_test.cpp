#include "daemon/engine/ops/aliases.h"
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/catalog_json.h"
#include "daemon/engine/ops/category.h"
#include "tests/ops/block_helpers.h"
#include "tests/support/conformance.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;
using ops::all_blocks;
using ops::BlockDef;

std::map<std::string, Json> by_id(const Json& catalog) {
  std::map<std::string, Json> rows;
  for (const Json& row : catalog)
    rows[row["opId"]] = row;
  return rows;
}

TEST(Catalog, EveryListedRowIsAsFrontEndsKnowIt) {
  const auto shared = shared_folder();
  if (!shared) GTEST_SKIP() << "catalog.json is not here (../shared or $CHAINSOLVED_SHARED)";
  const auto known = by_id(read_json_file(*shared / "conformance" / "catalog.json"));
  const Json ours = Json::parse(ops::catalog_json());
  EXPECT_GT(ours.size(), 60);
  for (const Json& row : ours) {
    const std::string id = row["opId"];
    ASSERT_TRUE(known.contains(id)) << id << " is listed but not in catalog.json";
    EXPECT_EQ(row, known.at(id)) << id;
  }
}

TEST(Catalog, HoldsEveryBlockOfTheCategoriesThatAreBuilt) {
  const auto shared = shared_folder();
  if (!shared) GTEST_SKIP() << "catalog.json is not here (../shared or $CHAINSOLVED_SHARED)";
  const std::set<std::string> built = {"input",
                                       "output",
                                       "math",
                                       "trig",
                                       "logic",
                                       "data",
                                       "vectorOps",
                                       "tableOps",
                                       "statsDesc",
                                       "presetMaterials",
                                       "plot",
                                       "probComb",
                                       "probDist",
                                       "utilCalc",
                                       "dateTime",
                                       "customFunctions",
                                       "vehicleSim",
                                       "symbolic"};
  for (const Json& row : read_json_file(*shared / "conformance" / "catalog.json")) {
    if (!built.contains(row["category"])) continue;
    EXPECT_NE(ops::find_block(row["opId"].get<std::string>()), nullptr) << row["opId"];
  }
}

TEST(Catalog, MembersStandInTheOrderOfThePublicOne) {
  EXPECT_EQ(
      ops::catalog_json().substr(0, 109),
      R"([{"opId":"number","label":"Number","category":"input","nodeKind":"csSource","inputs":[],)"
      R"("proOnly":false},{"op)");
}

TEST(Catalog, ConstantValuesAreThoseOfSourcesWithoutData) {
  const Json values = Json::parse(ops::constant_values_json());
  EXPECT_EQ(values["number"], 0.0);
  EXPECT_EQ(values["boolean_input"], 0.0);
  EXPECT_FALSE(values.contains("subscribe")) << "its value without data is NaN";
  for (const auto& [id, value] : values.items()) {
    const auto result = run_block(id, {});
    ASSERT_TRUE(result.value.is(ValueKind::Scalar)) << id;
    EXPECT_EQ(result.value.as_scalar(), value.get<double>()) << id;
  }
}

TEST(Catalog, HashIsSixteenDigitsAndStaysTheSame) {
  EXPECT_EQ(ops::catalog_hash().size(), 16);
  EXPECT_EQ(ops::catalog_hash(), ops::catalog_hash());
  EXPECT_EQ(ops::catalog_hash().find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Rows, HaveIdsThatAreFoundAgain) {
  std::set<std::string_view> ids;
  for (const BlockDef* row : all_blocks()) {
    EXPECT_TRUE(ids.insert(row->id).second) << row->id << " has two rows";
    EXPECT_EQ(ops::find_block(row->id), row) << row->id;
  }
  EXPECT_EQ(ops::find_block("no.such.block"), nullptr);
  EXPECT_EQ(ops::find_block(""), nullptr);
}

TEST(Rows, SayWhatTheyCompute) {
  for (const BlockDef* row : all_blocks()) {
    EXPECT_FALSE(row->label.empty()) << row->id;
    EXPECT_FALSE(row->formula.empty()) << row->id;
    EXPECT_EQ(row->formula.find('\n'), std::string_view::npos) << row->id;
  }
}

TEST(Rows, HavePortsWithIdsAndLabelsOfTheirOwn) {
  for (const BlockDef* row : all_blocks()) {
    std::set<std::string_view> ids;
    for (const ops::Port& port : row->ports) {
      EXPECT_FALSE(port.label.empty()) << row->id << "." << port.id;
      EXPECT_TRUE(ids.insert(port.id).second) << row->id << "." << port.id;
      if (!port.alias.empty()) {
        EXPECT_TRUE(ids.insert(port.alias).second) << row->id;
      }
    }
  }
}

TEST(Rows, HaveTheFunctionAndThePortsOfTheirShape) {
  using Shape = ops::Kernel::Shape;
  for (const BlockDef* row : all_blocks()) {
    const ops::Kernel& kernel = row->kernel;
    EXPECT_EQ(kernel.shape == Shape::Unary, kernel.unary != nullptr) << row->id;
    EXPECT_EQ(kernel.shape == Shape::Binary, kernel.binary != nullptr) << row->id;
    EXPECT_EQ(kernel.shape == Shape::Formula, kernel.formula != nullptr) << row->id;
    EXPECT_EQ(kernel.shape == Shape::General, kernel.general != nullptr) << row->id;
    if (kernel.shape == Shape::Unary) {
      EXPECT_EQ(row->ports.size(), 1) << row->id;
    }
    if (kernel.shape == Shape::Binary) {
      EXPECT_EQ(row->ports.size(), 2) << row->id;
    }
    for (const ops::Port& port : row->ports) {
      const bool broadcasts = kernel.shape == Shape::Unary || kernel.shape == Shape::Binary;
      if (broadcasts) {
        EXPECT_EQ(port.takes, ops::Takes::Broadcast) << row->id;
      }
      if (kernel.shape == Shape::Formula) {
        EXPECT_EQ(port.takes, ops::Takes::Scalar) << row->id;
      }
    }
  }
}

TEST(Rows, ComeInCatalogOrderWithUnlistedOnesLast) {
  const auto rows = all_blocks();
  EXPECT_TRUE(std::ranges::is_sorted(rows, [](const BlockDef* a, const BlockDef* b) {
    return a->listed != b->listed ? a->listed : a->category < b->category;
  }));
}

TEST(Aliases, LeadToTheirTargets) {
  for (const ops::Alias& alias : ops::all_aliases()) {
    EXPECT_EQ(ops::find_block(alias.id), ops::find_block(alias.target)) << alias.id;
    EXPECT_NE(alias.id, alias.target);
  }
  EXPECT_EQ(ops::find_block("lookupTable1D"), ops::find_block("lookup.1d"));
  EXPECT_NE(ops::find_block("lookupTable1D"), nullptr);
}

TEST(Families, AreTheFilesThatDefineThem) {
  const std::filesystem::path folder =
      std::filesystem::path(CHAINSOLVED_SOURCE_DIR) / "daemon" / "engine" / "ops";
  std::ifstream list(folder / "block_list.h");
  std::stringstream list_text;
  list_text << list.rdbuf();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const std::string family = entry.path().stem().string();
    const bool defines = text.str().find(" " + family + "_blocks() noexcept") != std::string::npos;
    const bool listed = list_text.str().find("X(" + family + ")") != std::string::npos;
    EXPECT_EQ(defines, listed) << family << ".cpp and its word in block_list.h";
  }
}

}  // namespace
}  // namespace chainsolved::test
