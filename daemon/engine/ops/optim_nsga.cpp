// Several objectives at once: a genetic search guided by reference points.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/optimisation.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr double kFarAway = std::numeric_limits<double>::infinity();
constexpr std::size_t kMaxObjectives = 8;
constexpr std::size_t kMaxReferences = 5000;

/// Knuth's linear congruential generator (TAOCP 3.3.4), of which the top 53 bits are the number.
class KnuthGenerator {
 public:
  explicit KnuthGenerator(double seed) noexcept
      : state_(seed >= 0 && seed < 0x1p64 ? static_cast<std::uint64_t>(seed) : 0) {}

  std::uint64_t next() noexcept {
    state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return state_;
  }
  double uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  std::size_t below(std::size_t count) noexcept { return next() % count; }

 private:
  std::uint64_t state_;
};

struct Candidate {
  std::vector<double> x;
  std::vector<double> f;
};

bool dominates(const Candidate& a, const Candidate& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.f.size(); ++i) {
    if (a.f[i] > b.f[i]) return false;
    better = better || a.f[i] < b.f[i];
  }
  return better;
}

/// Points of even sums on the unit simplex (Das and Dennis 1998); empty when they are too many.
std::vector<std::vector<double>> reference_points(std::size_t objectives, std::size_t divisions) {
  std::vector<std::vector<double>> points;
  std::vector<std::size_t> parts(objectives, 0);
  parts.back() = divisions;
  while (points.size() <= kMaxReferences) {
    std::vector<double> point;
    point.reserve(parts.size());
    for (const std::size_t part : parts)
      point.push_back(static_cast<double>(part) / static_cast<double>(divisions));
    points.push_back(std::move(point));
    // The next composition: one more in front of the last part that is left.
    std::size_t last = objectives - 1;
    while (last > 0 && parts[last] == 0)
      --last;
    if (last == 0) return points;
    const std::size_t rest = parts[last] - 1;
    parts[last] = 0;
    ++parts[last - 1];
    parts.back() = rest;
  }
  return {};
}

/// Deb and Agrawal 1995 and Deb and Goyal 1996, in whole ranges.
struct Variation {
  double crossover;
  double mutation;
  double crossover_index;
  double mutation_index;
};

class ReferenceSearch {
 public:
  ReferenceSearch(const FormulaSystem& objectives,
                  std::span<const DesignVariable> variables,
                  std::vector<std::vector<double>> references,
                  double seed)
      : objectives_(objectives),
        variables_(variables),
        references_(std::move(references)),
        random_(seed) {}

  void start(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      std::vector<double> x;
      for (const DesignVariable& variable : variables_)
        x.push_back(variable.min + random_.uniform() * variable.range());
      members_.push_back(evaluated(std::move(x)));
    }
  }

  void generation(const Variation& rates) {
    const std::size_t size = members_.size();
    std::vector<Candidate> all = members_;
    while (all.size() < 2 * size) {
      const std::size_t first = random_.below(size);
      const std::size_t second = random_.below(size);
      auto [a, b] = crossed(members_[first].x, members_[second].x, rates);
      mutate(a, rates);
      mutate(b, rates);
      all.push_back(evaluated(std::move(a)));
      if (all.size() < 2 * size) all.push_back(evaluated(std::move(b)));
    }
    select(std::move(all), size);
  }

  std::vector<Candidate> front() const {
    std::vector<Candidate> result;
    const std::vector<Indices> ranked = fronts(members_, 1);
    for (const std::size_t i : ranked.front())
      result.push_back(members_[i]);
    return result;
  }

 private:
  using Indices = std::vector<std::size_t>;

  Candidate evaluated(std::vector<double> x) const {
    std::vector<double> point = x;
    point.push_back(x.front());
    Candidate candidate{.x = std::move(x), .f = std::vector<double>(objectives_.size())};
    objectives_.evaluate(point, candidate.f);
    for (double& value : candidate.f) {
      if (std::isnan(value)) value = kFarAway;
    }
    return candidate;
  }

  std::pair<std::vector<double>, std::vector<double>> crossed(const std::vector<double>& a,
                                                              const std::vector<double>& b,
                                                              const Variation& rates) {
    std::pair children(a, b);
    if (random_.uniform() >= rates.crossover) return children;
    const double power = 1 / (rates.crossover_index + 1);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double u = random_.uniform();
      const double spread =
          u <= 0.5 ? std::pow(2 * u, power) : std::pow(1 / std::fmax(2 * (1 - u), 1e-12), power);
      children.first[i] = 0.5 * ((1 - spread) * a[i] + (1 + spread) * b[i]);
      children.second[i] = 0.5 * ((1 + spread) * a[i] + (1 - spread) * b[i]);
    }
    return children;
  }

  void mutate(std::vector<double>& x, const Variation& rates) {
    const double power = 1 / (rates.mutation_index + 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (random_.uniform() < rates.mutation) {
        const double u = random_.uniform();
        const double shift =
            u < 0.5 ? std::pow(2 * u, power) - 1 : 1 - std::pow(2 * (1 - u), power);
        x[i] += shift * variables_[i].range();
      }
      x[i] = variables_[i].limited(x[i]);
    }
  }

  /// Fronts of candidates, best first, until they hold `enough` of them.
  static std::vector<Indices> fronts(const std::vector<Candidate>& all, std::size_t enough) {
    Indices left(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      left[i] = i;
    std::vector<Indices> result;
    for (std::size_t taken = 0; taken < enough && !left.empty();) {
      Indices front;
      Indices rest;
      for (const std::size_t i : left) {
        const bool beaten =
            std::ranges::any_of(left, [&](std::size_t j) { return dominates(all[j], all[i]); });
        (beaten ? rest : front).push_back(i);
      }
      taken += front.size();
      result.push_back(std::move(front));
      left = std::move(rest);
    }
    return result;
  }

  void select(std::vector<Candidate> all, std::size_t size) {
    const std::vector<Indices> ranked = fronts(all, size);
    Indices chosen;
    for (std::size_t f = 0; f + 1 < ranked.size(); ++f)
      chosen.insert(chosen.end(), ranked[f].begin(), ranked[f].end());
    fill(all, ranked.back(), size, chosen);
    std::vector<Candidate> next;
    for (const std::size_t i : chosen)
      next.push_back(std::move(all[i]));
    members_ = std::move(next);
  }

  struct Niche {
    std::size_t reference;
    double distance;
  };

  /// Of the last front those whose reference line has the fewest candidates, the nearest first.
  void fill(const std::vector<Candidate>& all, Indices last, std::size_t size, Indices& chosen) {
    Indices considered = chosen;
    considered.insert(considered.end(), last.begin(), last.end());
    const auto [low, span] = ranges(all, considered);
    std::vector<std::size_t> crowd(references_.size(), 0);
    for (const std::size_t i : chosen)
      ++crowd[niche_of(all[i], low, span).reference];
    std::vector<Niche> niches;
    for (const std::size_t i : last)
      niches.push_back(niche_of(all[i], low, span));
    while (chosen.size() < size) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < last.size(); ++i) {
        const auto key = [&](std::size_t at) {
          return std::pair(crowd[niches[at].reference], niches[at].distance);
        };
        if (key(i) < key(best)) best = i;
      }
      chosen.push_back(last[best]);
      ++crowd[niches[best].reference];
      last.erase(last.begin() + static_cast<std::ptrdiff_t>(best));
      niches.erase(niches.begin() + static_cast<std::ptrdiff_t>(best));
    }
  }

  static std::pair<std::vector<double>, std::vector<double>> ranges(
      const std::vector<Candidate>& all, const Indices& considered) {
    const std::size_t objectives = all.front().f.size();
    std::vector<double> low(objectives, kFarAway);
    std::vector<double> span(objectives, 0.0);
    for (const std::size_t i : considered) {
      for (std::size_t o = 0; o < objectives; ++o)
        low[o] = std::fmin(low[o], all[i].f[o]);
    }
    for (const std::size_t i : considered) {
      for (std::size_t o = 0; o < objectives; ++o) {
        const double above = all[i].f[o] - low[o];
        if (std::isfinite(above)) span[o] = std::fmax(span[o], above);
      }
    }
    return {low, span};
  }

  /// The reference line that is nearest to a candidate in scaled objectives.
  Niche niche_of(const Candidate& candidate,
                 const std::vector<double>& low,
                 const std::vector<double>& span) const {
    std::vector<double> scaled(candidate.f.size());
    double length = 0;
    for (std::size_t o = 0; o < scaled.size(); ++o) {
      scaled[o] = (candidate.f[o] - low[o]) / (span[o] > 0 ? span[o] : 1);
      length += squared(scaled[o]);
    }
    Niche nearest{.reference = 0, .distance = kFarAway};
    for (std::size_t r = 0; r < references_.size(); ++r) {
      double along = 0;
      double norm = 0;
      for (std::size_t o = 0; o < scaled.size(); ++o) {
        along += scaled[o] * references_[r][o];
        norm += squared(references_[r][o]);
      }
      const double distance = length - squared(along) / norm;
      if (distance < nearest.distance) nearest = {.reference = r, .distance = distance};
    }
    return nearest;
  }

  const FormulaSystem& objectives_;
  std::span<const DesignVariable> variables_;
  std::vector<std::vector<double>> references_;
  KnuthGenerator random_;
  std::vector<Candidate> members_;
};

Value table_of_front(std::span<const DesignVariable> variables,
                     std::size_t objectives,
                     const std::vector<Candidate>& front) {
  std::vector<std::string> columns;
  for (const DesignVariable& variable : variables)
    columns.push_back(variable.name);
  for (std::string& name : numbered_names("f", objectives))
    columns.push_back(std::move(name));
  const std::size_t rows = front.size();
  NumberBuffer cells(columns.size() * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < variables.size(); ++c)
      cells[c * rows + r] = front[r].x[c];
    for (std::size_t c = 0; c < objectives; ++c)
      cells[(variables.size() + c) * rows + r] = front[r].f[c];
  }
  return Value::table(table_of_columns(std::move(columns), rows, std::move(cells).take()));
}

Value nsga3(Call& call) {
  const auto variables = design_variables(call, 0);
  if (!variables.ok()) return call.fail(variables.error().message);
  const auto texts = split_list(call.data().text_or("objectives", "x0^2; (x0-1)^2"), ';');
  if (texts.empty() || texts.size() > kMaxObjectives) return call.fail("needs 1 to 8 objectives");
  std::vector<std::string> names = numbered_names("x", variables->size());
  names.emplace_back("x");
  const auto objectives = FormulaSystem::parse(texts, names, {});
  if (!objectives.ok()) return call.fail(objectives.error().message);
  auto references = reference_points(texts.size(), count_of(call, "divisions", 4, 1, 1000));
  if (references.empty()) return call.fail("divisions make over 5000 reference points");
  const std::size_t size = count_of(call, "pop_size", 60, 2, 1000);
  const std::size_t generations = count_of(call, "n_generations", 100, 0, 100'000);
  const double each = 1 / static_cast<double>(variables->size());
  const Variation rates{.crossover = call.data().number_or("crossover_prob", 0.9),
                        .mutation = call.data().number_or("mutation_prob", each),
                        .crossover_index = std::fmax(call.data().number_or("eta_c", 20), 0),
                        .mutation_index = std::fmax(call.data().number_or("eta_m", 20), 0)};
  const std::size_t work = size * (objectives->work() + 64 * size + 64 * references.size());
  ReferenceSearch search(
      *objectives, *variables, std::move(references), call.data().number_or("seed", 42));
  search.start(size);
  for (std::size_t g = 0; g < generations && call.keep_going(work); ++g)
    search.generation(rates);
  const std::vector<Candidate> front = search.front();
  const bool finite = std::ranges::any_of(front, [](const Candidate& candidate) {
    return std::ranges::all_of(candidate.f, [](double f) { return std::isfinite(f); });
  });
  if (!finite) return call.fail("the objectives have no finite values");
  return table_of_front(*variables, texts.size(), front);
}

constexpr Port kVariables[] = {{"variables", "Variables", Takes::Any, {}, "variable"}};
constexpr std::string_view kKeys[] = {"objectives",
                                      "pop_size",
                                      "n_generations",
                                      "divisions",
                                      "seed",
                                      "mutation_prob",
                                      "crossover_prob",
                                      "eta_c",
                                      "eta_m",
                                      "min",
                                      "max",
                                      "value",
                                      "label"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          pro(operation(Category::Optimization,
                        "optim.nsga3",
                        "NSGA-III",
                        kVariables,
                        Kernel::of(nsga3),
                        "the non-dominated set of objectives (';', else x0^2 and (x0-1)^2): "
                        "simulated binary crossover, polynomial mutation, niches on reference "
                        "lines (Knuth's 64-bit linear congruential generator)",
                        "Deb and Jain 2014, IEEE Trans. Evol. Comput. 18"))),
};

}  // namespace

std::span<const BlockDef> optim_nsga_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
