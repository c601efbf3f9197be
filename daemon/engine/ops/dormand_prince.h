#pragma once

#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace chainsolved::ops {

/// How far to integrate, and how well: a step stands when the root mean square of its error
/// estimates is `tolerance` at most.
struct AdaptiveRange {
  double start = 0;
  double end = 1;
  double first_step = 0.01;
  double tolerance = 1e-6;
  std::size_t max_attempts = 1'000'000;  // steps, rejected ones included
};

enum class IntegrationEnd : std::uint8_t {
  Reached,
  Stopped,    // on_step said so
  NotFinite,  // no step is short enough: the motion is not finite, or too large for the tolerance
  TooManySteps,  // max_attempts were not enough
};

/// Integrates dy/dt = model(y, t) with the Runge-Kutta pair of Dormand and Prince 1980. After each
/// attempt the step is multiplied by 0.9 (tolerance / error)^0.2, kept within 0.2 and 5; the last
/// one is shortened. `on_step(t, state)` is called with every state that stands, the first
/// included, and says whether to go on. State is a std::array or std::vector of doubles.
template <class State, class Model, class OnStep>
IntegrationEnd integrate_dormand_prince(const Model& model,
                                        State state,
                                        const AdaptiveRange& range,
                                        OnStep on_step) {
  boost::numeric::odeint::runge_kutta_dopri5<State> stepper;
  State rate = state;
  State next = state;
  State next_rate = state;
  State error = state;
  double t = range.start;
  double step = range.first_step;
  model(state, rate, t);
  if (!on_step(t, state)) return IntegrationEnd::Stopped;
  // What rounding leaves over of the last step is none.
  const double nearly = range.end - 1e-12;
  for (std::size_t attempt = 0; t < nearly; ++attempt) {
    if (attempt == range.max_attempts) return IntegrationEnd::TooManySteps;
    step = std::min(step, range.end - t);
    if (t + step <= t) return IntegrationEnd::NotFinite;
    stepper.do_step(model, state, rate, t, next, next_rate, step, error);
    double squares = 0;
    for (const double e : error)
      squares += e * e;
    const double size = std::sqrt(squares / static_cast<double>(error.size()));
    if (size <= range.tolerance) {
      t += step;
      std::swap(state, next);
      std::swap(rate, next_rate);
      if (!on_step(t, state)) return IntegrationEnd::Stopped;
    }
    const double factor = size == 0 ? 5 : 0.9 * std::pow(range.tolerance / size, 0.2);
    // An error that is not finite shortens the step, until it is too short to be one.
    step *= std::isnan(factor) ? 0.2 : std::clamp(factor, 0.2, 5.0);
  }
  return IntegrationEnd::Reached;
}

}  // namespace chainsolved::ops
