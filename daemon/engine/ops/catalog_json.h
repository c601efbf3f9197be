#pragma once

#include <string>

namespace chainsolved::ops {

/// The listed blocks as front ends know them: an array of {opId, label, category, nodeKind,
/// inputs: [{id, label}], proOnly, variadic?, minInputs?, maxInputs?}. Computed once.
const std::string& catalog_json();

/// {opId: number}: what each source block gives that has no data.value yet, so that a front end can
/// draw a new node before it asks. Sources without such a number (subscribe) are left out.
const std::string& constant_values_json();

/// Sixteen hexadecimal digits over catalog_json(): clients that cached a catalog compare it.
const std::string& catalog_hash();

}  // namespace chainsolved::ops
