#pragma once

#include "protocol/value.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the conformance data's own tools do (conformance/tools/compare.py), for tests.
namespace chainsolved::test {

/// The folder with conformance/ and real/: $CHAINSOLVED_SHARED, else ../shared beside the source.
/// Nothing when it is not there; a test then skips.
std::optional<std::filesystem::path> shared_folder();

/// One JSON document per line.
std::vector<nlohmann::json> read_json_lines(const std::filesystem::path& file);
nlohmann::json read_json_file(const std::filesystem::path& file);

/// A value in the data's spelling. Throws std::invalid_argument for what is none.
Value value_of(const nlohmann::json& json);

/// Numbers agree when equal, both NaN, or |a - b| <= max(abs, rel * max(|a|, |b|)); `tolerance` is
/// {rel?, abs?}.
bool numbers_agree(double expected, double got, const nlohmann::json& tolerance);

/// Nothing when `got` is `expected` (the data's spelling) within `tolerance`, else a short reason.
/// `options` is a case's `compare` (or null): ignoreColumns, ignoreRows, ignoreColumnNames, sorted,
/// kindOnly.
std::optional<std::string> value_difference(const nlohmann::json& expected,
                                            const Value& got,
                                            const nlohmann::json& tolerance,
                                            const nlohmann::json& options);

/// "scalar 3.5", "vector [1, 2]", ...: for failure messages, cut to a line.
std::string describe(const Value& value);

}  // namespace chainsolved::test
