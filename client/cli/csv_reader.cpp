#include "client/cli/csv_reader.h"

#include <algorithm>

namespace chainsolved::cli {

CsvReader::Step CsvReader::next() {
  // After a comma a field follows even at the end of the text: "1,2," has three.
  if (pos_ == text_.size() && !in_record_) return Step::End;
  field_line_ = line_;
  field_column_ = pos_ - line_start_ + 1;
  quoted_ = pos_ < text_.size() && text_[pos_] == '"';
  return quoted_ ? quoted_field() : plain_field();
}

CsvReader::Step CsvReader::plain_field() {
  const std::size_t end = std::min(text_.find_first_of(",\n", pos_), text_.size());
  std::size_t length = end - pos_;
  const bool line_ends = end == text_.size() || text_[end] == '\n';
  if (line_ends && length > 0 && text_[end - 1] == '\r') --length;
  field_ = text_.substr(pos_, length);
  return finish(end);
}

CsvReader::Step CsvReader::quoted_field() {
  std::size_t from = pos_ + 1;
  unescaped_.clear();
  bool doubled = false;
  for (;;) {
    const std::size_t quote = text_.find('"', from);
    if (quote == std::string_view::npos) return Step::Unclosed;
    const std::string_view part = text_.substr(from, quote - from);
    line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    if (const auto newline = part.rfind('\n'); newline != std::string_view::npos)
      line_start_ = from + newline + 1;
    const bool another = quote + 1 < text_.size() && text_[quote + 1] == '"';
    if (!another && !doubled) {
      field_ = part;
    } else {
      unescaped_.append(part);
    }
    from = quote + 1;
    if (!another) break;
    doubled = true;
    unescaped_.push_back('"');
    ++from;
  }
  if (doubled) field_ = unescaped_;

  std::size_t end = from;
  if (end < text_.size() && text_[end] == '\r') ++end;
  if (end < text_.size() && text_[end] != '\n' && (end > from || text_[end] != ',')) {
    pos_ = from;
    field_line_ = line_;
    field_column_ = from - line_start_ + 1;
    return Step::AfterQuote;
  }
  return finish(end);
}

CsvReader::Step CsvReader::finish(std::size_t end) {
  if (end == text_.size()) {
    pos_ = end;
    in_record_ = false;
    return Step::LastField;
  }
  pos_ = end + 1;
  in_record_ = text_[end] == ',';
  if (in_record_) return Step::Field;
  ++line_;
  line_start_ = pos_;
  return Step::LastField;
}

}  // namespace chainsolved::cli
