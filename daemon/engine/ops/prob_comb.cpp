// Counting: factorials, permutations, combinations.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/number_policy.h"
#include "daemon/engine/ops/rows.h"

#include <boost/math/special_functions/factorials.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLargestWhole = 9007199254740992;  // 2^53: below it whole numbers are exact

bool is_count(double x) {
  return x >= 0 && std::isfinite(x) && std::trunc(x) == x;
}

double factorial(double n) {
  if (!(n >= 0) || std::trunc(n) != n) return std::numeric_limits<double>::quiet_NaN();
  if (n > boost::math::max_factorial<double>::value) return kInfinity;
  return boost::math::unchecked_factorial<double>(static_cast<unsigned>(n));
}

/// Every factor but the last is two at least, so that a huge k ends at infinity within 1024 steps.
Outcome permutations(double n, double k) {
  if (!is_count(n) || !is_count(k)) return Outcome::fail("n and k must be whole and not negative");
  if (k > n) return 0;
  double product = 1;
  for (double i = 0; i < k && product < kInfinity; ++i)
    product *= n - i;
  return product;
}

/// Every factor is two at least, as in permutations.
Outcome combinations(double n, double k) {
  if (!is_count(n) || !is_count(k) || k > n) {
    return Outcome::fail("n and k must be whole and not negative, and k not over n");
  }
  const double chosen = std::min(k, n - k);
  double count = 1;
  for (double i = 1; i <= chosen && count < kInfinity; ++i) {
    const double factor = n - chosen + i;
    // C(n - k + i, i) is whole: the product divides exactly while it is a whole number itself.
    count = count * factor < kLargestWhole ? count * factor / i : count * (factor / i);
  }
  return count;
}

constexpr Port kCount[] = {{"n", "n", Takes::Broadcast}};
constexpr Port kCounts[] = {{"n", "n"}, {"k", "k"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::ProbComb,
                  "prob.comb.factorial",
                  "n!",
                  kCount,
                  Kernel::of(factorial),
                  "n!; NaN unless n is whole and not negative, infinite above 170")),
    pro(operation(Category::ProbComb,
                  "prob.comb.permutation",
                  "P(n,k)",
                  kCounts,
                  formula<permutations>(),
                  "n (n - 1) ... (n - k + 1); a missing n or k is an error, as the contract has it "
                  "(prob.comb.permutation/12)",
                  "Knuth, The Art of Computer Programming 1, 1.2.5")),
    operation(Category::ProbComb,
              "prob.comb.combination",
              "C(n,k)",
              kCounts,
              formula<combinations>(),
              "n! / (k! (n - k)!); a missing n or k is an error, as the contract has it "
              "(prob.comb.combination/13)",
              "Knuth, The Art of Computer Programming 1, 1.2.6"),
};

}  // namespace

std::span<const BlockDef> prob_comb_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
