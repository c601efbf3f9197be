#pragma once

#include <array>
#include <cstddef>

namespace chainsolved::supervisor {

/// One row of a state machine: what `on` does to `from`, and what is to be done then.
template <class State, class Event, class Action>
struct Transition {
  State from;
  Event on;
  State to;
  Action then;
};

/// The row for this pair, or nullptr: a pair without a row is a bug of the caller, which logs and
/// counts it.
template <class Row, std::size_t Count, class State, class Event>
constexpr const Row* find_transition(const std::array<Row, Count>& table,
                                     State from,
                                     Event on) noexcept {
  for (const Row& row : table)
    if (row.from == from && row.on == on) return &row;
  return nullptr;
}

/// No pair stands twice: the first row would hide the second.
template <class Row, std::size_t Count>
constexpr bool every_pair_is_unique(const std::array<Row, Count>& table) noexcept {
  for (const Row& row : table)
    if (find_transition(table, row.from, row.on) != &row) return false;
  return true;
}

template <class Row, std::size_t Count, class State>
constexpr bool is_final(const std::array<Row, Count>& table, State state) noexcept {
  for (const Row& row : table)
    if (row.from == state) return false;
  return true;
}

/// `last` can be reached from `from` in one step: nothing is ever stuck.
template <class Row, std::size_t Count, class State>
constexpr bool can_end(const std::array<Row, Count>& table, State from, State last) noexcept {
  for (const Row& row : table)
    if (row.from == from && row.to == last) return true;
  return false;
}

}  // namespace chainsolved::supervisor
