// Initial value problems by explicit methods: Runge-Kutta, Dormand-Prince, events, Hamiltonians.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/dormand_prince.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/text_list.h"
#include "daemon/engine/ops/trajectory.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using State = std::vector<double>;

/// The right-hand side as Boost.Odeint calls it.
class RightHandSide {
 public:
  explicit RightHandSide(const FormulaSystem& formulas)
      : formulas_(&formulas), point_(formulas.size() + 1) {}

  void operator()(const State& y, State& dy, double t) const {
    point_[0] = t;
    std::ranges::copy(y, point_.begin() + 1);
    formulas_->evaluate(point_, dy);
  }

 private:
  const FormulaSystem* formulas_;
  mutable std::vector<double> point_;
};

using Rk4 = boost::numeric::odeint::runge_kutta4<State>;

Value solve_rk4(Call& call) {
  const auto problem = initial_value_problem(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return call.fail(span.error().message);
  const RightHandSide rate(problem->formulas);
  Rk4 stepper;
  State y = problem->y0;
  Trajectory path = Trajectory::of_states(y.size());
  double t = span->start;
  path.add(t, y);
  while (t < span->end && call.keep_going(4 * problem->formulas.work())) {
    if (!path.has_room(call)) return call.fail("the result has too many rows");
    const double h = std::min(span->dt, span->end - t);
    stepper.do_step(rate, y, t, h);
    t += h;
    path.add(t, y);
  }
  return path.table();
}

Value solve_rk45(Call& call) {
  const auto problem = initial_value_problem(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return call.fail(span.error().message);
  const double tolerance = call.data().number_or("tolerance", 1e-6);
  if (!(tolerance > 0)) return call.fail("tolerance must be positive");
  Trajectory path = Trajectory::of_states(problem->y0.size());
  const std::size_t work = 7 * problem->formulas.work();
  std::size_t evaluations = 0;
  const RightHandSide formulas(problem->formulas);
  bool told_to_stop = false;
  // Attempts that fail are work too.
  const auto rate = [&](const State& y, State& dy, double t) {
    formulas(y, dy, t);
    if (++evaluations % 7 == 0) told_to_stop = told_to_stop || !call.keep_going(work);
    if (told_to_stop) std::ranges::fill(dy, 0.0);
  };
  const auto end = integrate_dormand_prince(
      rate,
      problem->y0,
      {.start = span->start, .end = span->end, .first_step = span->dt, .tolerance = tolerance},
      [&](double t, const State& y) {
        if (!path.has_room(call)) return false;
        path.add(t, y);
        return !told_to_stop;
      });
  if (end == IntegrationEnd::NotFinite) return call.fail("the solution does not stay finite");
  if (end == IntegrationEnd::TooManySteps) return call.fail("needs over a million steps");
  return path.table();
}

// --- ode.event ---

/// Solves until a formula changes its sign.
class EventSearch {
 public:
  EventSearch(Call& call, const InitialValueProblem& problem, const FormulaSystem& event)
      : call_(call), problem_(problem), event_(event), rate_(problem.formulas) {}

  Value run(const TimeSpan& span) {
    const bool terminate = call_.data().boolean("terminate").value_or(true);
    State y = problem_.y0;
    Trajectory path = Trajectory::of_states(y.size());
    double t = span.start;
    path.add(t, y);
    double before = sign_of(t, y);
    while (t < span.end && call_.keep_going(4 * problem_.formulas.work())) {
      if (!path.has_room(call_)) return call_.fail("the result has too many rows");
      const double h = std::min(span.dt, span.end - t);
      State next = y;
      stepper_.do_step(rate_, next, t, h);
      const double after = sign_of(t + h, next);
      if (terminate && before * after < 0) {
        const double at = locate(t, y, h, before);
        path.add(t + at, probe(t, y, at));
        return path.table();
      }
      y = std::move(next);
      t += h;
      before = after;
      path.add(t, y);
    }
    return path.table();
  }

 private:
  static constexpr int kSubSteps = 32;
  static constexpr int kMaxHalvings = 100;

  double sign_of(double t, const State& y) const {
    std::vector<double> point = {t};
    point.insert(point.end(), y.begin(), y.end());
    const double value = event_.value(0, point);
    return value > 0 ? 1 : (value < 0 ? -1 : 0);
  }

  /// The state `length` after t, more finely than the step that found the change.
  State probe(double t, State y, double length) {
    const double h = length / kSubSteps;
    for (int i = 0; i < kSubSteps; ++i)
      stepper_.do_step(rate_, y, t + i * h, h);
    return y;
  }

  /// Bisection: how long after t the event is.
  double locate(double t, const State& y, double h, double before) {
    const double tolerance = std::fmax(call_.data().number_or("event_tol", 1e-8), 0);
    double low = 0;
    double high = h;
    for (int i = 0; i < kMaxHalvings && high - low > tolerance; ++i) {
      if (!call_.keep_going(std::size_t{4} * std::size_t{kSubSteps} * problem_.formulas.work()))
        break;
      const double middle = (low + high) / 2;
      const double here = sign_of(t + middle, probe(t, y, middle));
      (before * here > 0 ? low : high) = middle;
    }
    return (low + high) / 2;
  }

  Call& call_;
  const InitialValueProblem& problem_;
  const FormulaSystem& event_;
  RightHandSide rate_;
  Rk4 stepper_;
};

Value solve_event(Call& call) {
  const auto problem = initial_value_problem(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return call.fail(span.error().message);
  std::vector<std::string> names = {"t"};
  for (std::string& name : numbered_names("y", problem->y0.size()))
    names.push_back(std::move(name));
  const std::string text = call.data().text_or("event_expr", "y0");
  const auto event =
      FormulaSystem::parse({&text, 1}, names, constants_of(call.data().json(), "params"));
  if (!event.ok()) return call.fail("event_expr " + event.error().message);
  return EventSearch(call, *problem, *event).run(*span);
}

// --- ode.symplectic ---

/// Positions and velocities, and the formulas of the accelerations over t and the positions.
class Particles {
 public:
  Particles(const FormulaSystem& accelerations, std::span<const double> state)
      : accelerations_(accelerations),
        state_(state.begin(), state.end()),
        acceleration_(accelerations.size()),
        point_(accelerations.size() + 1) {}

  const State& state() const noexcept { return state_; }

  /// Semi-implicit Euler.
  void step_euler(double t, double h) {
    accelerate(t);
    kick(h);
    drift(h);
  }

  /// Velocity Verlet.
  void step_verlet(double t, double h) {
    accelerate(t);
    const State before = acceleration_;
    const std::size_t n = acceleration_.size();
    for (std::size_t i = 0; i < n; ++i)
      state_[i] += h * state_[n + i] + h * h / 2 * before[i];
    accelerate(t + h);
    for (std::size_t i = 0; i < n; ++i)
      state_[n + i] += h / 2 * (before[i] + acceleration_[i]);
  }

 private:
  void accelerate(double t) {
    point_[0] = t;
    std::copy_n(state_.begin(), acceleration_.size(), point_.begin() + 1);
    accelerations_.evaluate(point_, acceleration_);
  }
  void kick(double h) {
    for (std::size_t i = 0; i < acceleration_.size(); ++i)
      state_[acceleration_.size() + i] += h * acceleration_[i];
  }
  void drift(double h) {
    for (std::size_t i = 0; i < acceleration_.size(); ++i)
      state_[i] += h * state_[acceleration_.size() + i];
  }

  const FormulaSystem& accelerations_;
  State state_;
  State acceleration_;
  std::vector<double> point_;
};

Value move(Call& call, Particles particles, const FormulaSystem& accelerations, TimeSpan span) {
  const std::string method = call.data().text_or("method", "verlet");
  if (method != "verlet" && method != "euler") return call.fail("method is one of verlet, euler");
  std::vector<std::string> columns = {"t"};
  for (const char* prefix : {"q", "v"}) {
    for (std::string& name : numbered_names(prefix, accelerations.size()))
      columns.push_back(std::move(name));
  }
  Trajectory path(std::move(columns));
  double t = span.start;
  path.add(t, particles.state());
  while (t < span.end && call.keep_going(2 * accelerations.work())) {
    if (!path.has_room(call)) return call.fail("the result has too many rows");
    const double h = std::min(span.dt, span.end - t);
    if (method == "euler") {
      particles.step_euler(t, h);
    } else {
      particles.step_verlet(t, h);
    }
    t += h;
    path.add(t, particles.state());
  }
  return path.table();
}

Value solve_symplectic(Call& call) {
  const auto texts = split_list(call.input(0).as_text(), ';');
  if (texts.empty()) return call.fail("there are no accelerations");
  const auto y0 = state_on(call, 1, "y0");
  if (!y0.ok()) return call.fail(y0.error().message);
  if (y0->size() != 2 * texts.size()) {
    return call.fail(std::to_string(texts.size()) + " accelerations need " +
                     std::to_string(2 * texts.size()) + " initial values, not " +
                     std::to_string(y0->size()));
  }
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return call.fail(span.error().message);
  std::vector<std::string> names = {"t"};
  for (std::string& name : numbered_names("y", texts.size()))
    names.push_back(std::move(name));
  const auto accelerations =
      FormulaSystem::parse(texts, names, constants_of(call.data().json(), "params"));
  if (!accelerations.ok()) return call.fail(accelerations.error().message);
  return move(call, Particles(*accelerations, *y0), *accelerations, *span);
}

constexpr Port kEquations[] = {{"equations", "Equations (text)", Takes::Text},
                               {"y0", "Initial state", Takes::Any}};
constexpr Port kAccelerations[] = {{"accelerations", "Accelerations (text)", Takes::Text},
                                   {"y0", "Initial state [q, v]", Takes::Any}};
constexpr std::string_view kFixedKeys[] = {"t_start", "t_end", "dt", "params"};
constexpr std::string_view kAdaptiveKeys[] = {"t_start", "t_end", "dt", "params", "tolerance"};
constexpr std::string_view kEventKeys[] = {
    "t_start", "t_end", "dt", "params", "event_expr", "terminate", "event_tol"};
constexpr std::string_view kSymplecticKeys[] = {"method", "t_start", "t_end", "dt", "params"};

constexpr BlockDef kRows[] = {
    reads(kFixedKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.rk4",
                        "ODE Solver (RK4)",
                        kEquations,
                        Kernel::of(solve_rk4),
                        "y' = f(t, y), formulas of t, y0, y1, ... and params; steps of dt, the "
                        "last one shortened",
                        "Kutta 1901; Boost.Odeint"))),
    reads(kAdaptiveKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.rk45",
                        "ODE Solver (Adaptive)",
                        kEquations,
                        Kernel::of(solve_rk45),
                        "y' = f(t, y) in steps whose RMS error is at most tolerance",
                        "Dormand and Prince 1980; Boost.Odeint"))),
    reads(kEventKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.event",
                        "ODE Event Solver",
                        kEquations,
                        Kernel::of(solve_event),
                        "y' = f(t, y) until event_expr changes its sign, found by bisection",
                        "Hairer, Norsett, Wanner, Solving ODEs I, II.6"))),
    reads(kSymplecticKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.symplectic",
                        "Symplectic ODE Solver",
                        kAccelerations,
                        Kernel::of(solve_symplectic),
                        "q'' = a(t, q), formulas of t and positions y0, y1, ...; velocity Verlet "
                        "or semi-implicit Euler",
                        "Hairer, Lubich, Wanner, Geometric Numerical Integration, I.1"))),
};

}  // namespace

std::span<const BlockDef> ode_explicit_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
