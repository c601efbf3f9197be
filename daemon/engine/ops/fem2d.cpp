// Diffusion on a rectangle by finite elements.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Core>
#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

/// The factors of such a grid take tens of megabytes and a second or two.
constexpr double kMaxNodes = 100'000;

/// nx * ny rectangles, each cut from its lower left to its upper right.
struct Grid {
  double x0;
  double y0;
  double dx;
  double dy;
  std::size_t nx;
  std::size_t ny;

  std::size_t nodes() const { return (nx + 1) * (ny + 1); }
  std::size_t node(std::size_t i, std::size_t j) const { return j * (nx + 1) + i; }
  double x(std::size_t node) const { return x0 + static_cast<double>(node % (nx + 1)) * dx; }
  double y(std::size_t node) const {
    const std::size_t row = node / (nx + 1);
    return y0 + static_cast<double>(row) * dy;
  }
  bool on_edge(std::size_t node) const {
    const std::size_t i = node % (nx + 1);
    const std::size_t j = node / (nx + 1);
    return i == 0 || i == nx || j == 0 || j == ny;
  }
};

using Triangle = std::array<std::size_t, 3>;

/// The linear system of the inner nodes; those on the edge are given.
class Assembly {
 public:
  Assembly(const Grid& grid, double k, const FormulaSystem& load, std::vector<double> edge)
      : grid_(grid), k_(k), load_(load), u_(std::move(edge)), unknown_(grid.nodes(), -1) {
    for (std::size_t n = 0; n < grid.nodes(); ++n) {
      if (!grid.on_edge(n)) unknown_[n] = unknowns_++;
    }
    right_ = Eigen::VectorXd::Zero(unknowns_);
  }

  void add(const Triangle& corners) {
    std::array<double, 3> x{};
    std::array<double, 3> y{};
    for (std::size_t a = 0; a < 3; ++a) {
      x[a] = grid_.x(corners[a]);
      y[a] = grid_.y(corners[a]);
    }
    const double area = grid_.dx * grid_.dy / 2;
    const std::array<double, 2> centre = {(x[0] + x[1] + x[2]) / 3, (y[0] + y[1] + y[2]) / 3};
    const double share = load_.value(0, centre) * area / 3;
    for (std::size_t a = 0; a < 3; ++a) {
      const Eigen::Index row = unknown_[corners[a]];
      if (row < 0) continue;
      right_(row) += share;
      for (std::size_t b = 0; b < 3; ++b)
        add_entry(row, corners[b], k_ * slope_product(x, y, a, b) / (4 * area));
    }
  }

  /// False when the matrix cannot be factorised.
  bool solve() {
    if (unknowns_ == 0) return true;
    Eigen::SparseMatrix<double> matrix(unknowns_, unknowns_);
    matrix.setFromTriplets(entries_.begin(), entries_.end());
    const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> factors(matrix);
    if (factors.info() != Eigen::Success) return false;
    const Eigen::VectorXd solution = factors.solve(right_);
    for (std::size_t n = 0; n < u_.size(); ++n) {
      if (unknown_[n] >= 0) u_[n] = solution(unknown_[n]);
    }
    return true;
  }

  const std::vector<double>& values() const noexcept { return u_; }

 private:
  /// 4 area^2 times the product of the gradients of the hat functions of corners a and b.
  static double slope_product(const std::array<double, 3>& x,
                              const std::array<double, 3>& y,
                              std::size_t a,
                              std::size_t b) {
    const auto run = [](const std::array<double, 3>& c, std::size_t i) {
      return c[(i + 1) % 3] - c[(i + 2) % 3];
    };
    return run(y, a) * run(y, b) + run(x, a) * run(x, b);
  }

  void add_entry(Eigen::Index row, std::size_t node, double stiffness) {
    if (unknown_[node] >= 0) {
      entries_.emplace_back(row, unknown_[node], stiffness);
    } else {
      right_(row) -= stiffness * u_[node];
    }
  }

  const Grid& grid_;
  double k_;
  const FormulaSystem& load_;
  std::vector<double> u_;
  std::vector<Eigen::Index> unknown_;  // -1 for a node on the edge
  Eigen::Index unknowns_ = 0;
  Eigen::VectorXd right_;
  std::vector<Eigen::Triplet<double>> entries_;
};

Result<Grid> grid_of(const BlockData& data) {
  const auto refuse = [](const char* why) {
    return Error{ErrorCode::InvalidParams, why, {}};
  };
  const double nx = std::floor(data.number_or("nx", 8));
  const double ny = std::floor(data.number_or("ny", 8));
  if (!(nx >= 1) || !(ny >= 1)) return refuse("nx and ny must be 1 or more");
  if (!((nx + 1) * (ny + 1) <= kMaxNodes)) return refuse("more than 100000 nodes");
  const double x0 = data.number_or("x0", 0);
  const double y0 = data.number_or("y0", 0);
  const double width = data.number_or("x1", 1) - x0;
  const double height = data.number_or("y1", 1) - y0;
  if (!(width > 0 && height > 0) || !std::isfinite(width) || !std::isfinite(height)) {
    return refuse("x1 must be beyond x0, y1 beyond y0");
  }
  return Grid{.x0 = x0,
              .y0 = y0,
              .dx = width / nx,
              .dy = height / ny,
              .nx = static_cast<std::size_t>(nx),
              .ny = static_cast<std::size_t>(ny)};
}

std::vector<double> edge_values(const Grid& grid, const FormulaSystem& formula) {
  std::vector<double> values(grid.nodes(), 0.0);
  for (std::size_t n = 0; n < grid.nodes(); ++n) {
    const std::array<double, 2> at = {grid.x(n), grid.y(n)};
    if (grid.on_edge(n)) values[n] = formula.value(0, at);
  }
  return values;
}

Value solve_rectangle(Call& call) {
  const BlockData& data = call.data();
  const auto grid = grid_of(data);
  if (!grid.ok()) return call.fail(grid.error().message);
  const double k = data.number_or("k", 1);
  if (!(k > 0) || !std::isfinite(k)) return call.fail("k must be positive");
  const std::vector<std::string> names = {"x", "y"};
  const std::vector<std::string> texts = {data.text_or("rhs", "1"), data.text_or("dirichlet", "0")};
  const auto load = FormulaSystem::parse({texts.data(), 1}, names, {});
  if (!load.ok()) return call.fail("rhs " + load.error().message);
  const auto edge = FormulaSystem::parse({&texts[1], 1}, names, {});
  if (!edge.ok()) return call.fail("dirichlet " + edge.error().message);

  Assembly assembly(*grid, k, *load, edge_values(*grid, *edge));
  for (std::size_t j = 0; j < grid->ny; ++j) {
    if (!call.keep_going(grid->nx * (512 + load->work()))) return {};
    for (std::size_t i = 0; i < grid->nx; ++i) {
      const std::size_t corner = grid->node(i + 1, j + 1);
      assembly.add({grid->node(i, j), grid->node(i + 1, j), corner});
      assembly.add({grid->node(i, j), corner, grid->node(i, j + 1)});
    }
  }
  if (!assembly.solve()) return call.fail("the equations have no solution");
  const std::size_t rows = grid->nodes();
  NumberBuffer cells(3 * rows);
  for (std::size_t n = 0; n < rows; ++n) {
    cells[n] = grid->x(n);
    cells[rows + n] = grid->y(n);
    cells[2 * rows + n] = assembly.values()[n];
  }
  return Value::table(table_of_columns({"x", "y", "u"}, rows, std::move(cells).take()));
}

constexpr std::string_view kKeys[] = {"x0", "x1", "y0", "y1", "nx", "ny", "k", "rhs", "dirichlet"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          operation(Category::Simulation,
                    "ode.fem2d",
                    "2D FEM Solver",
                    {},
                    Kernel::of(solve_rectangle),
                    "-k (u_xx + u_yy) = rhs(x, y), u = dirichlet(x, y) on the edge: linear "
                    "triangles, load at their centroids, sparse Cholesky (Eigen)",
                    "Strang and Fix, An Analysis of the Finite Element Method, ch. 1")),
};

}  // namespace

std::span<const BlockDef> fem2d_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
