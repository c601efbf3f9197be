// Complex numbers.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <span>

namespace chainsolved::ops {

namespace {

Value complex_from(Call& call) {
  return Value::complex(call.scalar(0), call.scalar(1));
}

constexpr Port kParts[] = {{"re", "Re"}, {"im", "Im"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::Complex,
                  "complex_from",
                  "Complex From Re/Im",
                  kParts,
                  Kernel::of(complex_from),
                  "re + i im")),
};

}  // namespace

std::span<const BlockDef> complex_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
