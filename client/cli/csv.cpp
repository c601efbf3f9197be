#include "client/cli/csv.h"

#include "client/cli/csv_reader.h"
#include "client/cli/text_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <sstream>

namespace chainsolved::cli {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    return lower(x) == lower(y);
  });
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

bool missing(std::string_view field) noexcept {
  constexpr auto kMissing =
      std::to_array<std::string_view>({"", "na", "n/a", "#n/a", "null", "nan"});
  field = trimmed(field);
  return field.size() <= 4 && std::any_of(kMissing.begin(), kMissing.end(), [&](auto word) {
           return equal_ignoring_case(field, word);
         });
}

Error csv_error(const std::string& name,
                std::size_t line,
                std::size_t column,
                const std::string& what) {
  std::ostringstream text;
  text << name << ", line " << line << ", column " << column << ": " << what;
  return {ErrorCode::InvalidParams, text.str(), {}};
}

std::string counted(std::size_t n, std::string_view noun) {
  std::string text = std::to_string(n);
  text.append(" ").append(noun);
  if (n != 1) text.push_back('s');
  return text;
}

/// Reads the rest of a record that is too long, to say how many fields it has.
std::size_t count_rest(CsvReader& reader, std::size_t seen) {
  CsvReader::Step step = CsvReader::Step::Field;
  while (step == CsvReader::Step::Field) {
    step = reader.next();
    ++seen;
  }
  return seen;
}

}  // namespace

std::optional<double> csv_number(std::string_view field) noexcept {
  if (missing(field)) return std::numeric_limits<double>::quiet_NaN();
  field = trimmed(field);
  if (field.front() == '+' && field.size() > 1 && field[1] != '-' && field[1] != '+')
    field.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (end != field.data() + field.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too large or too small for a double: infinity or zero, as C reads it.
    return std::strtod(std::string(field).c_str(), nullptr);
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

namespace {

/// One record, gone through field by field.
struct Record {
  std::size_t fields = 0;
  bool blank = false;
};

/// What the first pass learns: the first record's fields, and of every column what is under it.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& name) : reader_(text), name_(name) {}

  Result<void> run() {
    for (;;) {
      Record record;
      CsvReader::Step step = reader_.next();
      if (step == CsvReader::Step::End) return {};
      for (;; step = reader_.next()) {
        if (Result<void> taken = take(step, record); !taken.ok()) return taken;
        if (step == CsvReader::Step::LastField) break;
      }
      if (Result<void> ended = end(record); !ended.ok()) return ended;
    }
  }

  std::vector<std::string> first;
  std::vector<CsvFile::Column> rest;  // without the first record
  std::size_t records = 0;

 private:
  Result<void> take(CsvReader::Step step, Record& record) {
    if (step == CsvReader::Step::Unclosed)
      return csv_error(name_, reader_.line(), reader_.column(), "a quote is opened and not closed");
    if (step == CsvReader::Step::AfterQuote) {
      return csv_error(name_,
                       reader_.line(),
                       reader_.column(),
                       "after a closing quote a comma or the end of the line must follow "
                       "(a quote inside a quoted field is written twice)");
    }
    const std::size_t index = record.fields++;
    record.blank = index == 0 && step == CsvReader::Step::LastField && !reader_.quoted() &&
                   reader_.field().empty();
    if (records == 0) {
      first.emplace_back(reader_.field());
      return {};
    }
    if (index == rest.size()) {
      const std::size_t line = reader_.line();
      const std::size_t column = reader_.column();
      const std::size_t found =
          step == CsvReader::Step::Field ? count_rest(reader_, record.fields) : record.fields;
      return wrong_count(line, column, found);
    }
    classify(rest[index]);
    return {};
  }

  Result<void> end(const Record& record) {
    if (records == 0) {
      if (record.blank) {
        first.clear();
        return {};
      }
      rest.resize(first.size());
    } else if (record.fields < rest.size()) {
      if (record.blank) {
        if (rest[0].missing > 0) --rest[0].missing;
        return {};
      }
      return wrong_count(reader_.line(), reader_.column() + reader_.field().size(), record.fields);
    }
    ++records;
    return {};
  }

  Error wrong_count(std::size_t line, std::size_t column, std::size_t found) const {
    return csv_error(name_,
                     line,
                     column,
                     "this line has " + counted(found, "field") + ", the first has " +
                         std::to_string(rest.size()));
  }

  void classify(CsvFile::Column& column) {
    const std::string_view field = reader_.field();
    if (missing(field)) {
      ++column.missing;
    } else if (column.numeric && !csv_number(field)) {
      column.numeric = false;
      column.text_line = reader_.line();
      column.text_example = field.substr(0, 40);
    }
  }

  CsvReader reader_;
  const std::string& name_;
};

bool is_number(const std::string& field) {
  return !missing(field) && csv_number(field).has_value();
}

}  // namespace

Result<CsvFile> CsvFile::read(const std::string& path) {
  Result<std::string> text = read_text_file(path);
  if (!text.ok()) return std::move(text).error();
  return parse(std::move(text).value(), path);
}

Result<CsvFile> CsvFile::parse(std::string text, std::string name) {
  CsvFile file(std::move(text), std::move(name));
  if (Result<void> scanned = file.scan(); !scanned.ok()) return std::move(scanned).error();
  return file;
}

Result<void> CsvFile::scan() {
  if (text_.starts_with(kByteOrderMark)) text_.erase(0, kByteOrderMark.size());
  Scanner scanner(text_, name_);
  if (Result<void> scanned = scanner.run(); !scanned.ok()) return scanned;
  if (scanner.records == 0) return csv_error(name_, 1, 1, "the file is empty");

  columns_ = std::move(scanner.rest);
  const std::vector<std::string>& first = scanner.first;
  header_ = std::none_of(first.begin(), first.end(), is_number);
  for (std::size_t c = 0; c < first.size() && scanner.records > 1; ++c)
    header_ = header_ || (columns_[c].numeric && !csv_number(first[c]));
  rows_ = scanner.records - (header_ ? 1 : 0);
  if (rows_ == 0) return csv_error(name_, 1, 1, "there is a header but no data below it");
  name_columns(first);
  return {};
}

void CsvFile::name_columns(const std::vector<std::string>& first) {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Column& column = columns_[c];
    if (header_) column.name = trimmed(first[c]);
    if (column.name.empty()) column.name = "column_" + std::to_string(c + 1);
    if (header_) continue;
    if (missing(first[c])) ++column.missing;
    if (!csv_number(first[c])) {
      column.numeric = false;
      column.text_line = 1;
      column.text_example = first[c].substr(0, 40);
    }
  }
}

std::optional<std::size_t> CsvFile::find_column(std::string_view name) const noexcept {
  for (std::size_t c = 0; c < columns_.size(); ++c)
    if (columns_[c].name == name) return c;
  return std::nullopt;
}

void CsvFile::fill(std::span<const std::size_t> wanted, std::span<double> cells) const {
  std::vector<std::vector<double*>> targets(columns_.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    targets[wanted[i]].push_back(cells.data() + i * rows_);

  CsvReader reader(text_);
  bool started = false;
  const auto skip_blank = [&](CsvReader::Step step) {
    return (columns_.size() > 1 || !started) && step == CsvReader::Step::LastField &&
           !reader.quoted() && reader.field().empty();
  };
  bool header = header_;
  for (std::size_t row = 0; row < rows_;) {
    CsvReader::Step step = reader.next();
    if (step == CsvReader::Step::End) return;
    if (skip_blank(step)) continue;
    started = true;
    for (std::size_t c = 0;; ++c, step = reader.next()) {
      if (!header)
        for (double* target : targets[c])
          target[row] = csv_number(reader.field()).value_or(0);
      if (step != CsvReader::Step::Field) break;
    }
    if (!header) ++row;
    header = false;
  }
}

}  // namespace chainsolved::cli
