// Lists of numbers: length, sum, extremes, order, parts.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/sort.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace chainsolved::ops {

namespace {

constexpr std::size_t kBatch = 8192;  // entries between two questions to keep_going

Value vector_length(Call& call) {
  return Value::scalar(static_cast<double>(call.input(0).as_vector().size()));
}

Value vector_sum(Call& call) {
  return Value::scalar(compensated_sum(call.input(0).as_vector().span(), &call));
}

Value vector_mean(Call& call) {
  const Numbers& list = call.input(0).as_vector();
  if (list.empty()) return call.fail("the list is empty");
  return Value::scalar(compensated_sum(list.span(), &call) / static_cast<double>(list.size()));
}

Value vector_min(Call& call) {
  const Numbers& list = call.input(0).as_vector();
  if (list.empty()) return call.fail("the list is empty");
  return Value::scalar(smallest(list.span(), &call));
}

Value vector_max(Call& call) {
  const Numbers& list = call.input(0).as_vector();
  if (list.empty()) return call.fail("the list is empty");
  return Value::scalar(largest(list.span(), &call));
}

Value vector_sort(Call& call) {
  return Value::vector(sorted(call.input(0).as_vector().span(), call));
}

/// A list of the same length, entry i computed by `entry(i)`.
template <class Entry>
Value list_of(Call& call, std::size_t size, Entry entry) {
  NumberBuffer result(size);
  for (std::size_t begin = 0; begin < size; begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, size);
    for (std::size_t i = begin; i < end; ++i)
      result[i] = entry(i);
    if (!call.keep_going((end - begin) * 2 * sizeof(double))) {
      return Value::vector(Numbers());
    }
  }
  return Value::vector(std::move(result).take());
}

Value vector_reverse(Call& call) {
  const Numbers& list = call.input(0).as_vector();
  return list_of(call, list.size(), [&list](std::size_t i) { return list[list.size() - 1 - i]; });
}

/// Where a slice begins or ends: rounded down and kept within the list.
std::size_t position(double index, std::size_t when_missing, std::size_t size) {
  if (std::isnan(index)) return when_missing;
  const double limit = static_cast<double>(size);
  return static_cast<std::size_t>(std::clamp(std::floor(index), 0.0, limit));
}

Value vector_slice(Call& call) {
  const Numbers& list = call.input(0).as_vector();
  const std::size_t start = position(call.scalar(1), 0, list.size());
  const std::size_t end = position(call.scalar(2), list.size(), list.size());
  return Value::vector(start < end ? list.slice(start, end - start) : Numbers());
}

/// in_0, in_1, ... one after the other; without them a and b.
Value vector_concat(Call& call) {
  const std::array<const Value*, 2> pair = {&call.input(0), &call.input(1)};
  const std::span<const Value* const> parts =
      call.variadic().empty() ? std::span<const Value* const>(pair) : call.variadic();
  std::size_t size = 0;
  for (const Value* part : parts) {
    if (part->is(ValueKind::Error)) return *part;
    if (!part->is(ValueKind::Vector)) return call.fail("needs a list on every port");
    size += part->as_vector().size();
  }
  if (!call.fits(size)) return call.too_long(size);
  NumberBuffer result(size);
  double* end = result.data();
  for (const Value* part : parts) {
    end = std::ranges::copy(part->as_vector(), end).out;
    if (!call.keep_going(part->as_vector().size() * 2 * sizeof(double))) break;
  }
  return Value::vector(std::move(result).take());
}

Value vector_map(Call& call) {
  const Numbers& list = call.input(0).as_vector();
  const double factor = call.scalar(1);
  if (std::isnan(factor)) return call.fail("needs a number to multiply by");
  return list_of(call, list.size(), [&list, factor](std::size_t i) { return list[i] * factor; });
}

constexpr Port kList[] = {{"vec", "List", Takes::Vector}};
constexpr Port kSlice[] = {{"vec", "List", Takes::Vector}, {"start", "Start"}, {"end", "End"}};
constexpr Port kConcat[] = {{"a", "A", Takes::Any}, {"b", "B", Takes::Any}};
constexpr Port kMap[] = {{"vec", "List", Takes::Vector}, {"scalar", "Scalar"}};

constexpr BlockDef list(std::string_view id,
                        std::string_view label,
                        std::span<const Port> ports,
                        GeneralFn run,
                        std::string_view formula) {
  return pro(operation(Category::VectorOps, id, label, ports, Kernel::of(run), formula));
}

constexpr BlockDef kRows[] = {
    list("vectorLength", "List Length", kList, vector_length, "number of entries"),
    list("vectorSum", "List Sum", kList, vector_sum, "compensated sum of the entries"),
    list("vectorMean", "List Mean", kList, vector_mean, "compensated sum / length"),
    list("vectorMin", "List Min", kList, vector_min, "smallest entry; NaN is passed over"),
    list("vectorMax", "List Max", kList, vector_max, "largest entry; NaN is passed over"),
    list("vectorSort", "List Sort", kList, vector_sort, "ascending, NaN last"),
    list("vectorReverse", "List Reverse", kList, vector_reverse, "last entry first"),
    list("vectorSlice", "List Slice", kSlice, vector_slice, "entries start <= i < end"),
    variadic(list("vectorConcat", "List Concat", kConcat, vector_concat, "a, then b")),
    list("vectorMap", "List × Scalar", kMap, vector_map, "every entry times scalar"),
};

}  // namespace

std::span<const BlockDef> vector_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
