#pragma once

#include "daemon/engine/ops/block.h"
#include "protocol/value.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

/// A node's data object, read by key. Borrowed for the length of a call.
class BlockData {
 public:
  explicit BlockData(const nlohmann::json& object) noexcept : object_(&object) {}

  /// The member if it is a JSON number.
  std::optional<double> number(std::string_view key) const;
  double number_or(std::string_view key, double fallback) const {
    return number(key).value_or(fallback);
  }
  /// The member if it is a string.
  std::optional<std::string> text(std::string_view key) const;
  std::string text_or(std::string_view key, std::string_view fallback) const;
  std::optional<bool> boolean(std::string_view key) const;
  /// The numeric entries of an array member, others skipped; nothing if it is no array.
  std::optional<std::vector<double>> numbers(std::string_view key) const;
  /// `{columns: [..], rows: [[..]]}`: string names kept, non-array rows dropped, non-numbers 0.
  std::optional<Table> table(std::string_view key) const;

  const nlohmann::json& json() const noexcept { return *object_; }

 private:
  const nlohmann::json* object_;
};

/// What a running block may ask of its surroundings. Implemented by the evaluator.
class Surroundings {
 public:
  Surroundings() = default;
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  virtual ~Surroundings() = default;

  /// A registered dataset as a vector or table value; nullptr when there is none of this id.
  virtual const Value* find_dataset(std::string_view id) = 0;
  /// Called by long kernels with the work done since the last call, in bytes touched or their
  /// equivalent. False: stop at once and return anything; the result is thrown away.
  virtual bool keep_going(std::size_t work_bytes) = 0;
  /// Entries that a list which a block makes may have.
  virtual std::size_t max_vector_length() const noexcept = 0;
  /// Adds a diagnostic to the node, e.g. "ILL_CONDITIONED".
  virtual void diagnose(std::string_view code, std::string message) = 0;
};

/// What an error value says of a list that is over the limit.
std::string too_long_message(std::size_t entries, std::size_t most);

/// One evaluation of one General block.
class Call {
 public:
  struct NamedInput {
    std::string_view port;
    const Value* value;
  };

  Call(const BlockDef& block,
       std::span<const Value* const> inputs,
       std::span<const Value* const> variadic,
       std::span<const NamedInput> free_inputs,
       const BlockData& data,
       const void* prepared,
       Surroundings& surroundings) noexcept
      : block_(block),
        inputs_(inputs),
        variadic_(variadic),
        free_inputs_(free_inputs),
        data_(data),
        prepared_(prepared),
        surroundings_(surroundings) {}

  const BlockDef& block() const noexcept { return block_; }

  /// Port `i` of the row; of kind None when nothing is there.
  const Value& input(std::size_t i) const noexcept;
  /// Port `i` as a number: NaN when missing or of another kind.
  double scalar(std::size_t i) const noexcept;
  bool has(std::size_t i) const noexcept { return !input(i).is(ValueKind::None); }

  /// in_0, in_1, ... up to the first gap.
  std::span<const Value* const> variadic() const noexcept { return variadic_; }
  /// Every connected port by name, of blocks with free_ports.
  std::span<const NamedInput> free_inputs() const noexcept { return free_inputs_; }

  const BlockData& data() const noexcept { return data_; }
  /// What the row's `prepare` made; T is the type that it made.
  template <class T>
  const T& prepared() const noexcept {
    return *static_cast<const T*>(prepared_);
  }

  const Value* find_dataset(std::string_view id) { return surroundings_.find_dataset(id); }
  bool keep_going(std::size_t work_bytes) { return surroundings_.keep_going(work_bytes); }
  /// Blocks whose result is longer than their inputs ask before they make it.
  bool fits(std::size_t entries) const noexcept {
    return entries <= surroundings_.max_vector_length();
  }
  void diagnose(std::string_view code, std::string message) {
    surroundings_.diagnose(code, std::move(message));
  }

  /// An error value that names the block: "LABEL: reason".
  Value fail(std::string_view reason) const;
  /// The error value of a list of `entries` that does not fit.
  Value too_long(std::size_t entries) const;

 private:
  const BlockDef& block_;
  std::span<const Value* const> inputs_;
  std::span<const Value* const> variadic_;
  std::span<const NamedInput> free_inputs_;
  const BlockData& data_;
  const void* prepared_;
  Surroundings& surroundings_;
};

}  // namespace chainsolved::ops
