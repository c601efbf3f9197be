// Time value of money.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/slots.h"
#include "protocol/value.h"

#include <cmath>
#include <cstddef>
#include <span>

namespace chainsolved::ops {

namespace {

Value net_present_value(Call& call) {
  const double rate = call.scalar(0);
  const std::size_t count = slot_count(call, 1, 1);
  double npv = 0;
  for (std::size_t i = 0; i < count; ++i)
    npv += slot(call, 2 + i) / std::pow(1 + rate, static_cast<double>(i));
  return Value::scalar(npv);
}

constexpr Port kSimpleInterest[] = {{"P", "P"}, {"r", "r"}, {"t", "t"}};
constexpr Port kCompoundFv[] = {{"PV", "PV"}, {"r", "r"}, {"n", "n"}, {"t", "t"}};
constexpr Port kCompoundPv[] = {{"FV", "FV"}, {"r", "r"}, {"n", "n"}, {"t", "t"}};
constexpr Port kContinuousFv[] = {{"PV", "PV"}, {"r", "r"}, {"t", "t"}};
constexpr Port kAnnuityPv[] = {{"PMT", "PMT"}, {"r", "r"}, {"n", "n"}};
constexpr Port kAnnuityPmt[] = {{"PV", "PV"}, {"r", "r"}, {"n", "n"}};
constexpr Port kNpv[] = {{"r", "r", Takes::Scalar},
                         {"c", "Count", Takes::Scalar},
                         {"cf0", "CF0", Takes::Any},
                         {"cf1", "CF1", Takes::Any},
                         {"cf2", "CF2", Takes::Any},
                         {"cf3", "CF3", Takes::Any},
                         {"cf4", "CF4", Takes::Any},
                         {"cf5", "CF5", Takes::Any}};
constexpr Port kRuleOf72[] = {{"r", "r (decimal)"}};
constexpr Port kEffectiveRate[] = {{"r", "r (nominal)"}, {"n", "n (periods)"}};

constexpr BlockDef kRows[] = {
    pro(operation(
        Category::FinTvm,
        "fin.tvm.simple_interest",
        "Simple Interest",
        kSimpleInterest,
        formula([](double principal, double rate, double time) { return principal * rate * time; }),
        "I = P r t")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.compound_fv",
                  "Compound FV",
                  kCompoundFv,
                  formula([](double pv, double rate, double periods, double time) -> Outcome {
                    if (periods == 0) return Outcome::fail("n is 0");
                    return pv * std::pow(1 + rate / periods, periods * time);
                  }),
                  "FV = PV (1 + r / n)^(n t)",
                  "Brealey, Myers and Allen, Principles of Corporate Finance")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.compound_pv",
                  "Compound PV",
                  kCompoundPv,
                  formula([](double fv, double rate, double periods, double time) -> Outcome {
                    if (periods == 0) return Outcome::fail("n is 0");
                    return quotient(
                        fv, std::pow(1 + rate / periods, periods * time), "the growth factor is 0");
                  }),
                  "PV = FV / (1 + r / n)^(n t)",
                  "Brealey, Myers and Allen, Principles of Corporate Finance")),
    pro(operation(
        Category::FinTvm,
        "fin.tvm.continuous_fv",
        "Continuous FV",
        kContinuousFv,
        formula([](double pv, double rate, double time) { return pv * std::exp(rate * time); }),
        "FV = PV exp(r t)")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.annuity_pv",
                  "Annuity PV",
                  kAnnuityPv,
                  formula([](double payment, double rate, double n) -> Outcome {
                    if (rate == 0) return payment * n;
                    return payment * (1 - std::pow(1 + rate, -n)) / rate;
                  }),
                  "PV = PMT (1 - (1 + r)^-n) / r",
                  "Brealey, Myers and Allen, Principles of Corporate Finance")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.annuity_fv",
                  "Annuity FV",
                  kAnnuityPv,
                  formula([](double payment, double rate, double n) -> Outcome {
                    if (rate == 0) return payment * n;
                    return payment * (std::pow(1 + rate, n) - 1) / rate;
                  }),
                  "FV = PMT ((1 + r)^n - 1) / r",
                  "Brealey, Myers and Allen, Principles of Corporate Finance")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.annuity_pmt",
                  "Annuity PMT",
                  kAnnuityPmt,
                  formula([](double pv, double rate, double n) -> Outcome {
                    if (n == 0) return Outcome::fail("n is 0");
                    if (rate == 0) return pv / n;
                    return quotient(
                        pv * rate, 1 - std::pow(1 + rate, -n), "the annuity factor is 0");
                  }),
                  "PMT = PV r / (1 - (1 + r)^-n)",
                  "Brealey, Myers and Allen, Principles of Corporate Finance")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.npv",
                  "NPV",
                  kNpv,
                  Kernel::of(net_present_value),
                  "sum over i < count of CF_i / (1 + r)^i, count within 1 and 6",
                  "Brealey, Myers and Allen, Principles of Corporate Finance")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.rule_of_72",
                  "Rule of 72",
                  kRuleOf72,
                  formula([](double rate) { return quotient(72, 100 * rate, "r is 0"); }),
                  "t = 72 / (100 r)",
                  "Pacioli 1494")),
    pro(operation(Category::FinTvm,
                  "fin.tvm.effective_rate",
                  "Effective Rate",
                  kEffectiveRate,
                  formula([](double rate, double periods) -> Outcome {
                    if (periods == 0) return Outcome::fail("n is 0");
                    return std::pow(1 + rate / periods, periods) - 1;
                  }),
                  "(1 + r / n)^n - 1")),
};

}  // namespace

std::span<const BlockDef> fin_tvm_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
