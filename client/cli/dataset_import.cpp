#include "client/cli/dataset_import.h"

#include "client/cli/csv.h"
#include "client/cli/failure.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <system_error>

namespace chainsolved::cli {

namespace {

struct Place {
  std::string file;
  std::string column;  // empty: the whole table
};

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// A file's name and a column's name may both hold colons: the longest name of a file that is there
/// wins.
Place split_place(std::string_view text) {
  for (std::size_t colon = text.size(); colon != std::string_view::npos && colon > 0;
       colon = text.rfind(':', colon - 1)) {
    const std::string file(text.substr(0, colon));
    if (!is_file(file)) continue;
    return {file, colon < text.size() ? std::string(text.substr(colon + 1)) : std::string()};
  }
  return {std::string(text), {}};  // opening it will say why not
}

std::string column_names(const CsvFile& csv) {
  std::string text;
  for (const CsvFile::Column& column : csv.columns())
    text.append(text.empty() ? "" : ", ").append(column.name);
  return text;
}

std::size_t vector_column(const CsvFile& csv, const std::string& name) {
  const std::optional<std::size_t> found = csv.find_column(name);
  if (!found) {
    throw Failure(ExitStatus::Usage,
                  csv.name() + " has no column '" + name + "'; it has " + column_names(csv));
  }
  const CsvFile::Column& column = csv.columns()[*found];
  if (!column.numeric) {
    throw Failure(ExitStatus::Usage,
                  csv.name() + ", line " + std::to_string(column.text_line) + ": column '" + name +
                      "' is text ('" + column.text_example + "'), not numbers");
  }
  return *found;
}

std::vector<std::size_t> numeric_columns(const CsvFile& csv, std::vector<std::string>& notes) {
  std::vector<std::size_t> wanted;
  std::string left_out;
  for (std::size_t c = 0; c < csv.columns().size(); ++c) {
    if (csv.columns()[c].numeric) {
      wanted.push_back(c);
    } else {
      left_out.append(left_out.empty() ? "" : ", ").append(csv.columns()[c].name);
    }
  }
  if (wanted.empty())
    throw Failure(ExitStatus::Usage, csv.name() + " has no column of numbers: " + left_out);
  if (!left_out.empty()) notes.push_back(csv.name() + ": left out, being text: " + left_out);
  return wanted;
}

void require_different_names(const CsvFile& csv, const std::vector<std::string>& names) {
  for (std::size_t c = 0; c < names.size(); ++c) {
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(c), names[c]) ==
        names.begin() + static_cast<std::ptrdiff_t>(c))
      continue;
    throw Failure(
        ExitStatus::Usage,
        csv.name() + ", line 1: two columns are called '" + names[c] + "'; rename one of them");
  }
}

}  // namespace

ImportedDataset import_dataset(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == argument.size()) {
    throw Failure(
        ExitStatus::Usage,
        "--dataset " + std::string(argument) + ": write ID=FILE.csv or " + "ID=FILE.csv:COLUMN");
  }
  const Place place = split_place(argument.substr(equals + 1));
  const CsvFile csv = usable(CsvFile::read(place.file));

  std::vector<std::string> notes;
  client::DatasetShape shape;
  std::vector<std::size_t> wanted;
  if (!place.column.empty()) {
    wanted = {vector_column(csv, place.column)};
  } else {
    wanted = numeric_columns(csv, notes);
    for (const std::size_t c : wanted)
      shape.columns.push_back(csv.columns()[c].name);
    require_different_names(csv, shape.columns);
  }
  for (const std::size_t c : wanted) {
    const CsvFile::Column& column = csv.columns()[c];
    if (column.missing > 0)
      notes.push_back(csv.name() + ": " + std::to_string(column.missing) +
                      " missing values in column '" + column.name + "' became NaN");
  }
  client::DatasetBuilder data =
      done("making the dataset", client::DatasetBuilder::create(csv.rows(), wanted.size()));
  csv.fill(wanted, done("making the dataset", data.values()));
  return {
      std::string(argument.substr(0, equals)), std::move(data), std::move(shape), std::move(notes)};
}

}  // namespace chainsolved::cli
