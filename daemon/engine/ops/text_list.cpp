#include "daemon/engine/ops/text_list.h"

#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

/// Where the part that starts the text ends: at its first separator outside parentheses.
std::size_t part_length(std::string_view text, char separator) {
  int nesting = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++nesting;
    if (text[i] == ')') --nesting;
    if (text[i] == separator && nesting <= 0) return i;
  }
  return text.size();
}

}  // namespace

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::string_view rest = trimmed(text);
  while (!rest.empty()) {
    const std::size_t length = part_length(rest, separator);
    parts.emplace_back(trimmed(rest.substr(0, length)));
    rest.remove_prefix(length == rest.size() ? length : length + 1);
  }
  return parts;
}

std::vector<double> split_numbers(std::string_view text, char separator) {
  std::vector<double> numbers;
  for (const std::string& part : split_list(text, separator)) {
    double value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    const bool whole = error == std::errc() && end == part.data() + part.size();
    numbers.push_back(whole ? value : std::numeric_limits<double>::quiet_NaN());
  }
  return numbers;
}

}  // namespace chainsolved::ops
