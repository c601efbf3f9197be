// Heat, advection and waves on a line.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/trajectory.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

/// An end of the line: a value that is held, or (nothing) no flux.
using End = std::optional<double>;

/// "dirichlet:1.5" or "neumann"; nothing of the outer optional when it is neither.
std::optional<End> end_of(std::string_view text) {
  constexpr std::string_view kHeld = "dirichlet";
  if (text.starts_with("neumann")) return End();
  if (!text.starts_with(kHeld)) return std::nullopt;
  text.remove_prefix(kHeld.size());
  if (text.empty()) return End(0.0);
  if (text.front() != ':') return std::nullopt;
  text.remove_prefix(1);
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return End(value);
}

/// The method of lines: central differences for diffusion and waves, upwind ones for advection.
/// Of waves the state is the heights and then their speeds.
struct Line {
  double spacing;
  double diffusivity;
  double velocity;
  double source;
  bool wave;
  End left;
  End right;
  std::size_t points;

  void operator()(const std::vector<double>& u, std::vector<double>& du, double /*t*/) const {
    const double stiffness = wave ? velocity * velocity : diffusivity;
    std::span<double> rate(du);
    if (wave) {
      std::copy_n(u.begin() + static_cast<std::ptrdiff_t>(points), points, du.begin());
      rate = rate.subspan(points);
    }
    for (std::size_t i = 0; i < points; ++i) {
      // Without flux the neighbour beyond the end mirrors the one inside.
      const double before = i == 0 ? u[1] : u[i - 1];
      const double after = i + 1 == points ? u[i - 1] : u[i + 1];
      rate[i] = stiffness * (after - 2 * u[i] + before) / (spacing * spacing) + source;
      if (!wave && velocity > 0) rate[i] -= velocity * (u[i] - before) / spacing;
      if (!wave && velocity < 0) rate[i] -= velocity * (after - u[i]) / spacing;
    }
    if (left) hold(du, 0);
    if (right) hold(du, points - 1);
  }

  void apply_ends(std::vector<double>& u) const {
    if (left) u[0] = *left;
    if (right) u[points - 1] = *right;
  }

 private:
  void hold(std::vector<double>& du, std::size_t i) const {
    du[i] = 0;
    if (wave) du[points + i] = 0;
  }
};

Result<Line> line_of(const Call& call) {
  const BlockData& data = call.data();
  const auto refuse = [](const char* why) {
    return Error{ErrorCode::InvalidParams, why, {}};
  };
  const std::string type = data.text_or("pde_type", "heat");
  const bool advects = type == "advection" || type == "advection_diffusion";
  if (type != "heat" && type != "wave" && !advects) {
    return refuse("pde_type is one of heat, advection, advection_diffusion, wave");
  }
  const double points = data.number_or("n_points", 21);
  if (!(points >= 3 && points <= 10'000)) return refuse("n_points must be 3 to 10000");
  const double length = data.number_or("x_end", 1) - data.number_or("x0", 0);
  if (!(length > 0) || !std::isfinite(length)) return refuse("x_end must be beyond x0");
  const auto left = end_of(data.text_or("bc_left", "dirichlet:0.0"));
  const auto right = end_of(data.text_or("bc_right", "dirichlet:0.0"));
  if (!left || !right) return refuse("an end is \"neumann\" or \"dirichlet:VALUE\"");
  const auto count = static_cast<std::size_t>(points);
  Line line{.spacing = length / static_cast<double>(count - 1),
            .diffusivity = type == "advection" ? 0 : data.number_or("diffusivity", 0.1),
            .velocity = type == "heat" ? 0 : data.number_or("velocity", 0),
            .source = data.number_or("source", 0),
            .wave = type == "wave",
            .left = *left,
            .right = *right,
            .points = count};
  if (!(line.diffusivity >= 0)) return refuse("diffusivity must not be negative");
  if (!std::isfinite(line.velocity)) return refuse("velocity must be finite");
  return line;
}

/// The longest step at which the explicit method is stable on this line.
double stable_step(const Line& line, double dt) {
  const double dx = line.spacing;
  if (!line.wave && line.diffusivity > 0) dt = std::fmin(dt, 0.45 * dx * dx / line.diffusivity);
  if (line.velocity != 0) dt = std::fmin(dt, 0.45 * dx / std::abs(line.velocity));
  return dt;
}

std::vector<double> first_state(const Line& line, const Numbers& u0) {
  std::vector<double> u((line.wave ? 2 : 1) * line.points, 0.0);
  for (std::size_t i = 0; i < line.points; ++i)
    u[i] = u0[std::min(i, u0.size() - 1)];
  return u;
}

Value solve_pde(Call& call) {
  const Numbers& u0 = call.input(0).as_vector();
  if (u0.empty()) return call.fail("u0 is empty");
  const auto line = line_of(call);
  if (!line.ok()) return call.fail(line.error().message);
  const auto span = time_span(call, 0.001);
  if (!span.ok()) return call.fail(span.error().message);
  const double snapshots = call.data().number_or("n_snapshots", 10);
  if (!(snapshots >= 1 && snapshots <= 100'000))
    return call.fail("n_snapshots must be 1 to 100000");
  const double length = span->end - span->start;
  const double dt = stable_step(*line, span->dt);
  const double steps = std::ceil(length / dt);
  if (!(steps <= kMaxTimeSteps)) return call.fail("needs over a million steps to be stable");
  if (!call.fits(static_cast<std::size_t>(snapshots) * (line->points + 1))) {
    return call.fail("the result has too many rows");
  }

  std::vector<std::string> columns = {"t"};
  for (std::string& name : numbered_names("x", line->points))
    columns.push_back(std::move(name));
  Trajectory rows(std::move(columns));
  std::vector<double> u = first_state(*line, u0);
  boost::numeric::odeint::runge_kutta4<std::vector<double>> stepper;
  const double every = std::fmax(1, std::floor(steps / std::fmax(1, snapshots - 1)));
  double made = 0;
  double t = span->start;
  for (double step = 0; made < snapshots; ++step) {
    if (std::fmod(step, every) == 0) {
      rows.add(t, std::span(u).first(line->points));
      ++made;
    }
    if (step == steps || !call.keep_going(std::size_t{32} * u.size())) break;
    const double h = std::fmin(dt, span->end - t);
    stepper.do_step(*line, u, t, h);
    line->apply_ends(u);
    t += h;
  }
  return rows.table();
}

constexpr Port kInitial[] = {{"u0", "Initial condition (vector)", Takes::Vector}};
constexpr std::string_view kKeys[] = {"pde_type",
                                      "diffusivity",
                                      "velocity",
                                      "source",
                                      "x0",
                                      "x_end",
                                      "n_points",
                                      "n_snapshots",
                                      "bc_left",
                                      "bc_right",
                                      "t_start",
                                      "t_end",
                                      "dt"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.pde1d",
                        "PDE 1D Solver",
                        kInitial,
                        Kernel::of(solve_pde),
                        "u_t = D u_xx - c u_x + source, or u_tt = c^2 u_xx + source: method of "
                        "lines, Runge-Kutta of order 4; u0 is continued by its last entry",
                        "LeVeque, Finite Difference Methods for ODEs and PDEs, ch. 9, 10"))),
};

}  // namespace

std::span<const BlockDef> pde1d_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
