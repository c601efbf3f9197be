// Data that a node carries or that was moved in as a dataset, and what importers left in the node.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace chainsolved::ops {

namespace {

/// What a data node says, read once per change of its data.
struct Stored {
  std::string dataset;       // empty: none
  std::optional<Value> own;  // what the node itself carries
  bool unusable = false;     // it carries something that cannot be kept
};

std::shared_ptr<const void> prepare_vector(const BlockData& data) {
  auto stored = std::make_shared<Stored>();
  stored->dataset = data.text_or("datasetRef", "");
  if (auto numbers = data.numbers("vectorData")) stored->own = Value::vector(*std::move(numbers));
  return stored;
}

std::shared_ptr<const void> prepare_table(const BlockData& data) {
  auto stored = std::make_shared<Stored>();
  stored->dataset = data.text_or("datasetRef", "");
  if (auto table = data.table("tableData")) {
    stored->own = Value::table(*std::move(table));
  } else {
    stored->unusable = data.json().contains("tableData") && data.json()["tableData"].is_object();
  }
  return stored;
}

bool is_empty(const Value& value) {
  return value.is(ValueKind::Vector) ? value.as_vector().empty() : value.as_table().row_count == 0;
}

/// A node that names a dataset which is not there falls back on its own data; an empty list is
/// none, since a dataset that is gone must not look like a list of nothing.
Value own_data(Call& call, const Stored& stored, const Value& when_absent) {
  if (stored.unusable) return call.fail("the table's rows are too unequal in length to be stored");
  if (stored.dataset.empty()) return stored.own ? *stored.own : when_absent;
  if (stored.own && !is_empty(*stored.own)) return *stored.own;
  const std::string reason = "dataset '" + stored.dataset + "' is not registered";
  call.diagnose("DATASET_MISSING", reason + ", and the node carries no data of its own");
  return call.fail(reason);
}

const Value* dataset_of(Call& call, const Stored& stored) {
  return stored.dataset.empty() ? nullptr : call.find_dataset(stored.dataset);
}

Value vector_input(Call& call) {
  const auto& stored = call.prepared<Stored>();
  const Value* dataset = dataset_of(call, stored);
  if (dataset == nullptr) return own_data(call, stored, Value::vector(Numbers()));
  if (dataset->is(ValueKind::Vector)) return *dataset;
  const Table& table = dataset->as_table();
  if (table.width == 1) return Value::vector(table.column(0));
  return call.fail("dataset '" + stored.dataset + "' is a table; use a Table Input");
}

Value table_from(Call& call, const Value& when_absent) {
  const auto& stored = call.prepared<Stored>();
  const Value* dataset = dataset_of(call, stored);
  if (dataset == nullptr) return own_data(call, stored, when_absent);
  if (dataset->is(ValueKind::Table)) return *dataset;
  const Numbers& column = dataset->as_vector();
  return Value::table(table_of_columns({"value"}, column.size(), column));
}

Value table_input(Call& call) {
  return table_from(call, Value::table(Table()));
}

/// Files are read by the front end; what it read is in the node.
Value imported_table(Call& call) {
  return table_from(
      call,
      call.fail("no data yet; import a file, whose table is stored with the node (tableData)"));
}

Value hdf5_export(Call& call) {
  if (!call.has(0)) return call.fail("needs a table or vector on port 'data'");
  return call.input(0);
}

constexpr std::string_view kVectorKeys[] = {"datasetRef", "vectorData"};
constexpr std::string_view kTableKeys[] = {"datasetRef", "tableData"};
constexpr Port kExport[] = {{"data", "Table or vector", Takes::Any}};

constexpr BlockDef table_row(NodeKind kind,
                             std::string_view id,
                             std::string_view label,
                             GeneralFn run,
                             std::string_view formula) {
  BlockDef block = row(kind, Category::Data, id, label, {}, Kernel::of(run), formula);
  block.prepare = prepare_table;
  return pro(reads(kTableKeys, block));
}

constexpr BlockDef vector_row(std::string_view id, std::string_view label) {
  BlockDef block = row(NodeKind::Data,
                       Category::Data,
                       id,
                       label,
                       {},
                       Kernel::of(vector_input),
                       "the dataset that the node names, else the list that it carries");
  block.prepare = prepare_vector;
  return pro(reads(kVectorKeys, block));
}

constexpr std::string_view kImported = "the table that the importer stored with the node";

constexpr BlockDef kRows[] = {
    vector_row("vectorInput", "Array Input"),
    table_row(NodeKind::Data,
              "tableInput",
              "Table Input",
              table_input,
              "the dataset that the node names, else the table that it carries"),
    table_row(NodeKind::FmuImport, "fmu.import", "FMU Import", imported_table, kImported),
    table_row(NodeKind::Hdf5Import, "data.hdf5Import", "HDF5 Import", imported_table, kImported),
    table_row(
        NodeKind::CADImport, "data.stepImport", "STEP/IGES Import", imported_table, kImported),
    table_row(
        NodeKind::OpenDrive, "data.openDriveImport", "OpenDRIVE Import", imported_table, kImported),
    pro(row(NodeKind::Operation,
            Category::Data,
            "data.hdf5Export",
            "HDF5 Export",
            kExport,
            Kernel::of(hdf5_export),
            "data, for the front end to write")),
};

}  // namespace

std::span<const BlockDef> data_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
