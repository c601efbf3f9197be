// Programs in other languages. They cannot run inside the engine's sandbox, and a number that
// stands for their result would be made up.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <span>

namespace chainsolved::ops {

namespace {

Value python(Call& call) {
  return call.fail(
      "needs a Python interpreter, which the engine's sandbox does not have; run the script "
      "outside "
      "and pass its result in as an input or a dataset");
}

Value rust(Call& call) {
  return call.fail(
      "needs a Rust compiler, which the engine's sandbox does not have; run the program outside "
      "and "
      "pass its result in as an input or a dataset");
}

constexpr BlockDef kRows[] = {
    pro(row(NodeKind::PythonScript,
            Category::CustomFunctions,
            "scripting.python",
            "Python Script",
            {},
            Kernel::of(python),
            "an error that says what is needed")),
    pro(row(NodeKind::CustomRust,
            Category::CustomFunctions,
            "scripting.rust",
            "Custom Rust",
            {},
            Kernel::of(rust),
            "an error that says what is needed")),
};

}  // namespace

std::span<const BlockDef> scripting_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
