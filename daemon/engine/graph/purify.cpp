#include "daemon/engine/graph/purify.h"

#include "daemon/engine/graph/canonical.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace chainsolved::graph {
namespace {

// Below this, reading again costs less than looking up.
constexpr std::size_t kWorthRemembering = 4096;
constexpr std::size_t kManyEntries = 256;

bool lies_in(const Numbers& part, const Value& whole) {
  const Numbers* numbers = numbers_of(whole);
  if (numbers == nullptr || part.empty() || numbers->empty()) return false;
  const std::less_equal<const double*> not_after;
  return not_after(numbers->data(), part.data()) &&
         not_after(part.data() + part.size(), numbers->data() + numbers->size());
}

bool lies_in_input(const Numbers& numbers, const BlockInputs& inputs) {
  const auto holds = [&numbers](const Value* v) {
    return v != nullptr && lies_in(numbers, *v);
  };
  return std::any_of(inputs.row.begin(), inputs.row.end(), holds) ||
         std::any_of(inputs.variadic.begin(), inputs.variadic.end(), holds) ||
         std::any_of(inputs.named.begin(), inputs.named.end(), [&](const auto& input) {
           return holds(input.value);
         });
}

PureValue purify_numbers(Value value) {
  const Numbers& numbers = *numbers_of(value);
  const NumberScan found = scan(numbers.data(), numbers.size());
  if (!found.nonfinite && !found.negative_zero) return {std::move(value), false};
  // In place when the value is its only holder; its numbers are then what they should be already.
  Numbers pure = canonical_numbers(numbers);
  if (pure.same_memory(numbers)) return {std::move(value), found.nonfinite};
  return {with_numbers(value, std::move(pure)), found.nonfinite};
}

Value purify_parts(Value value) {
  if (value.is(ValueKind::Interval)) {
    const Interval i = value.as_interval();
    return Value::interval(canonical(i.lo), canonical(i.hi));
  }
  if (value.is(ValueKind::Complex)) {
    const Complex c = value.as_complex();
    return Value::complex(canonical(c.re), canonical(c.im));
  }
  return value;
}

}  // namespace

bool ScannedMemory::nonfinite(const Numbers& numbers) {
  if (numbers.size() < kWorthRemembering) return scan(numbers.data(), numbers.size()).nonfinite;
  Entry& entry = entries_[numbers.data()];
  if (entry.count == numbers.size() && !entry.owner.expired()) return entry.nonfinite;
  entry.count = numbers.size();
  entry.owner = numbers.owner();
  entry.nonfinite = scan(numbers.data(), numbers.size()).nonfinite;
  const bool result = entry.nonfinite;
  if (entries_.size() > kManyEntries) {
    std::erase_if(entries_, [](const auto& e) { return e.second.owner.expired(); });
  }
  return result;
}

bool has_nonfinite(const Value& value, ScannedMemory& scanned) {
  if (value.is(ValueKind::Scalar)) return nonfinite(value.as_scalar());
  const Numbers* numbers = numbers_of(value);
  return numbers != nullptr && scanned.nonfinite(*numbers);
}

PureValue purify(Value value,
                 const BlockInputs& inputs,
                 const std::vector<Value>& datasets,
                 ScannedMemory& scanned) {
  if (value.is(ValueKind::Scalar)) {
    const double x = canonical(value.as_scalar());
    return {Value::scalar(x), nonfinite(x)};
  }
  const Numbers* numbers = numbers_of(value);
  if (numbers == nullptr) return {purify_parts(std::move(value)), false};
  const bool foreign = lies_in_input(*numbers, inputs) ||
                       std::any_of(datasets.begin(), datasets.end(), [numbers](const Value& d) {
                         return lies_in(*numbers, d);
                       });
  if (foreign) {
    const bool has = scanned.nonfinite(*numbers);
    return {std::move(value), has};
  }
  return purify_numbers(std::move(value));
}

}  // namespace chainsolved::graph
