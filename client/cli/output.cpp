#include "client/cli/output.h"

#include "protocol/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iostream>

namespace chainsolved::cli {

namespace {

/// How many places on a terminal: code points, which is right for the letters that labels use.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string with_digits(double value, int digits, std::chars_format format) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, digits).ptr;
  return {buffer.data(), end};
}

/// A number with at most one digit after the point.
std::string rounded(double value) {
  std::string text = with_digits(value, 1, std::chars_format::fixed);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace

void TextTable::row(std::vector<std::string> cells) {
  for (std::string& cell : cells)
    cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(headings_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < widths.size(); ++c)
      widths[c] = std::max(widths[c], width_of(row[c]));
  std::size_t last = 0;
  for (std::size_t c = 0; c < widths.size(); ++c) {
    if (widths[c] == 0) continue;
    widths[c] = std::max(widths[c], width_of(headings_[c].text));
    last = c;
  }

  std::string out;
  const auto put = [&](std::size_t c, const std::string& cell) {
    if (widths[c] == 0) return;
    const std::size_t padding = widths[c] - width_of(cell);
    if (headings_[c].align == Align::Right) out.append(padding, ' ');
    out.append(cell);
    if (c != last && headings_[c].align == Align::Left) out.append(padding, ' ');
    out.append(c == last ? "\n" : "  ");
  };
  for (std::size_t c = 0; c < widths.size(); ++c)
    put(c, headings_[c].text);
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < widths.size(); ++c)
      put(c, row[c]);
  return out;
}

CsvWriter& CsvWriter::cell(std::string_view text) {
  separate();
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out_.append(text);
    return *this;
  }
  out_.push_back('"');
  for (const char c : text) {
    if (c == '"') out_.push_back('"');
    out_.push_back(c);
  }
  out_.push_back('"');
  return *this;
}

CsvWriter& CsvWriter::number(double value) {
  separate();
  if (std::isfinite(value)) {
    append_json_number(out_, value);
  } else {
    out_.append(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
  }
  return *this;
}

CsvWriter& CsvWriter::end_row() {
  out_.push_back('\n');
  at_row_start_ = true;
  return *this;
}

void CsvWriter::separate() {
  if (!at_row_start_) out_.push_back(',');
  at_row_start_ = false;
}

std::string printable(std::string_view text) {
  std::string out = valid_utf8(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    if (byte < 0x20 || byte == 0x7F) out[i] = ' ';
    // C1 controls are two bytes in UTF-8, 0xC2 0x80 to 0xC2 0x9F.
    const bool c1 =
        byte == 0xC2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xA0;
    if (c1) out.replace(i, 2, " ");
  }
  return out;
}

std::string short_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return with_digits(value, 10, std::chars_format::general);
}

std::string byte_count(double bytes) {
  constexpr auto kUnits = std::to_array<const char*>({"B", "KiB", "MiB", "GiB", "TiB"});
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return rounded(bytes) + " " + kUnits[unit];
}

std::string duration(double milliseconds) {
  if (milliseconds < 1000) return rounded(milliseconds) + " ms";
  const double seconds = milliseconds / 1000;
  if (seconds < 60) return rounded(seconds) + " s";
  const auto whole = static_cast<unsigned long long>(seconds);
  const auto two = [](unsigned long long a, const char* x, unsigned long long b, const char* y) {
    return std::to_string(a) + " " + x + " " + std::to_string(b) + " " + y;
  };
  if (whole < 3600) return two(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return two(whole / 3600, "h", whole % 3600 / 60, "min");
  return two(whole / 86400, "d", whole % 86400 / 3600, "h");
}

void print(std::string_view text) {
  std::cout << text;
  if (!text.ends_with('\n')) std::cout << '\n';
  std::cout.flush();
}

void note(std::string_view text) {
  std::cerr << "chainsolve: " << text << '\n';
}

}  // namespace chainsolved::cli
