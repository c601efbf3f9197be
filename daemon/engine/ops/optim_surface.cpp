// Surfaces through samples: polynomials, radial functions, polynomial chaos, Gaussian processes.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/QR>
#include <boost/math/special_functions/hermite.hpp>
#include <boost/math/special_functions/legendre.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// A dense fit of this many entries takes a second or two.
constexpr std::size_t kMaxTerms = 500;
constexpr std::size_t kMaxDesignCells = 20'000'000;
constexpr std::size_t kMaxCentres = 1000;

Error refused(std::string why) {
  return Error{ErrorCode::InvalidParams, std::move(why), {}};
}

/// A table as a matrix whose entries are all finite.
Result<MatrixXd> finite_matrix(const Table& table, std::string_view name) {
  if (table.ragged()) return refused("the rows of " + std::string(name) + " differ in length");
  if (table.row_count == 0 || table.width == 0) return refused(std::string(name) + " is empty");
  const MatrixXd matrix = Eigen::Map<const MatrixXd>(
      table.cells.data(), static_cast<Index>(table.row_count), static_cast<Index>(table.width));
  if (!matrix.allFinite()) return refused(std::string(name) + " has entries that are not finite");
  return matrix;
}

struct Samples {
  MatrixXd x;
  VectorXd y;
  std::vector<std::string> names;
};

/// Port 0, a table, and port 1, a vector with an entry per row.
Result<Samples> samples_of(const Call& call) {
  const Table& table = call.input(0).as_table();
  auto x = finite_matrix(table, "x");
  if (!x.ok()) return x.error();
  const Numbers& y = call.input(1).as_vector();
  if (y.size() != table.row_count) {
    return refused(std::to_string(table.row_count) + " rows in x but " + std::to_string(y.size()) +
                   " responses");
  }
  const VectorXd responses = Eigen::Map<const VectorXd>(y.data(), static_cast<Index>(y.size()));
  if (!responses.allFinite()) return refused("y has entries that are not finite");
  return Samples{.x = *std::move(x), .y = responses, .names = table.columns};
}

double r_squared(const VectorXd& y, const VectorXd& fitted) {
  const double total = (y.array() - y.mean()).square().sum();
  const double left = (y - fitted).squaredNorm();
  return total > 0 ? 1 - left / total : (left < 1e-15 ? 1 : 0);
}

/// Exponents of one product of powers (or of polynomials of these degrees).
using Term = std::vector<int>;

// --- optim.responseSurface ---

std::vector<Term> surface_terms(std::size_t variables, int degree) {
  const Term none(variables, 0);
  std::vector<Term> terms = {none};
  const auto powers = [&](int power) {
    for (std::size_t v = 0; v < variables; ++v) {
      terms.push_back(none);
      terms.back()[v] = power;
    }
  };
  powers(1);
  if (degree >= 2) {
    powers(2);
    for (std::size_t a = 0; a < variables; ++a) {
      for (std::size_t b = a + 1; b < variables; ++b) {
        terms.push_back(none);
        terms.back()[a] = 1;
        terms.back()[b] = 1;
      }
    }
  }
  if (degree >= 3) powers(3);
  return terms;
}

std::string name_of_term(const Term& term, const std::vector<std::string>& names) {
  std::string name;
  for (std::size_t v = 0; v < term.size(); ++v) {
    if (term[v] == 0) continue;
    if (!name.empty()) name += "*";
    name += names[v];
    if (term[v] > 1) name += "^" + std::to_string(term[v]);
  }
  return name.empty() ? "intercept" : name;
}

double power_of(double x, int exponent) {
  double value = 1;
  for (int i = 0; i < exponent; ++i)
    value *= x;
  return value;
}

/// One column per term, of each factor's function of its degree.
template <class Factor>
MatrixXd design_matrix(const MatrixXd& x, const std::vector<Term>& terms, const Factor& factor) {
  MatrixXd design(x.rows(), static_cast<Index>(terms.size()));
  for (std::size_t t = 0; t < terms.size(); ++t) {
    for (Index r = 0; r < x.rows(); ++r) {
      double product = 1;
      for (std::size_t v = 0; v < terms[t].size(); ++v) {
        if (terms[t][v] > 0) product *= factor(x(r, static_cast<Index>(v)), terms[t][v]);
      }
      design(r, static_cast<Index>(t)) = product;
    }
  }
  return design;
}

bool too_large(const MatrixXd& x, std::size_t terms) {
  return terms > kMaxTerms || static_cast<std::size_t>(x.rows()) * terms > kMaxDesignCells;
}

std::size_t fit_work(const MatrixXd& design) {
  return 16 * static_cast<std::size_t>(design.rows() * design.cols() * design.cols());
}

Value single_row(std::vector<std::string> columns, std::vector<double> cells) {
  return Value::table(table_of_columns(std::move(columns), 1, Numbers(std::move(cells))));
}

Value polynomial_surface(Call& call, const Samples& samples, int degree) {
  if (samples.names.size() > kMaxTerms) return call.fail("more than 500 terms");
  const std::vector<Term> terms = surface_terms(samples.names.size(), degree);
  if (too_large(samples.x, terms.size())) return call.fail("too many samples for so many terms");
  const MatrixXd design = design_matrix(samples.x, terms, power_of);
  if (!call.keep_going(fit_work(design))) return Value::scalar(kNone);
  const VectorXd coefficients = design.completeOrthogonalDecomposition().solve(samples.y);
  std::vector<std::string> columns;
  std::vector<double> cells;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    columns.push_back("coef_" + name_of_term(terms[t], samples.names));
    cells.push_back(coefficients(static_cast<Index>(t)));
  }
  columns.emplace_back("r_squared");
  cells.push_back(r_squared(samples.y, design * coefficients));
  columns.emplace_back("n_samples");
  cells.push_back(static_cast<double>(samples.y.size()));
  return single_row(std::move(columns), std::move(cells));
}

/// exp(-(r / sigma)^2 / 2) at every sample, sigma their mean distance.
Value radial_surface(Call& call, const Samples& samples) {
  const Index n = samples.x.rows();
  if (static_cast<std::size_t>(n) > kMaxCentres) return call.fail("more than 1000 samples");
  if (!call.keep_going(static_cast<std::size_t>(n * n * (n + samples.x.cols())))) {
    return Value::scalar(kNone);
  }
  MatrixXd distance(n, n);
  for (Index a = 0; a < n; ++a) {
    for (Index b = 0; b < n; ++b)
      distance(a, b) = (samples.x.row(a) - samples.x.row(b)).norm();
  }
  const double mean = n > 1 ? distance.sum() / static_cast<double>(n * (n - 1)) : 1;
  const double sigma = mean > 0 ? mean : 1;
  const MatrixXd kernel = (-(distance / sigma).array().square() / 2).exp().matrix();
  const VectorXd weights = kernel.completeOrthogonalDecomposition().solve(samples.y);
  const double fit = r_squared(samples.y, kernel * weights);
  std::vector<std::string> columns = samples.names;
  columns.emplace_back("weight");
  columns.emplace_back("sigma");
  const auto rows = static_cast<std::size_t>(n) + 1;
  NumberBuffer cells(columns.size() * rows);
  std::ranges::fill(cells.span(), kNone);
  for (std::size_t r = 0; r + 1 < rows; ++r) {
    const auto row = static_cast<Index>(r);
    for (std::size_t c = 0; c < samples.names.size(); ++c)
      cells[c * rows + r] = samples.x(row, static_cast<Index>(c));
    cells[(columns.size() - 2) * rows + r] = weights(row);
    cells[(columns.size() - 1) * rows + r] = sigma;
  }
  cells[(columns.size() - 2) * rows + rows - 1] = fit;
  return Value::table(table_of_columns(std::move(columns), rows, std::move(cells).take()));
}

Value response_surface(Call& call) {
  const auto samples = samples_of(call);
  if (!samples.ok()) return call.fail(samples.error().message);
  const std::string method = call.data().text_or("method", "quadratic");
  if (method == "linear") return polynomial_surface(call, *samples, 1);
  if (method == "quadratic") return polynomial_surface(call, *samples, 2);
  if (method == "cubic") return polynomial_surface(call, *samples, 3);
  if (method == "rbf") return radial_surface(call, *samples);
  return call.fail("method is one of linear, quadratic, cubic, rbf");
}

// --- optim.uqPce ---

/// Every combination of degrees whose sum is `degree` at most; empty when they are too many.
std::vector<Term> chaos_terms(std::size_t variables, int degree) {
  std::vector<Term> terms = {Term(variables, 0)};
  for (std::size_t first = 0, sum = 0; sum < static_cast<std::size_t>(degree); ++sum) {
    const std::size_t end = terms.size();
    for (; first < end; ++first) {
      // Only the last raised variable and those after it: each combination once.
      std::size_t v = variables;
      while (v > 0 && terms[first][v - 1] == 0)
        --v;
      for (v = v == 0 ? 0 : v - 1; v < variables; ++v) {
        terms.push_back(terms[first]);
        ++terms.back()[v];
        if (terms.size() > kMaxTerms) return {};
      }
    }
  }
  return terms;
}

/// An orthogonal family: its polynomials and the mean of their squares.
struct Family {
  double (*polynomial)(double, int);
  double (*mean_square)(int);
};

constexpr Family kLegendre = {[](double x, int n) {
                                double before = 1;
                                double here = x;
                                for (unsigned k = 1; k < static_cast<unsigned>(n); ++k) {
                                  const double next =
                                      boost::math::legendre_next(k, x, here, before);
                                  before = here;
                                  here = next;
                                }
                                return here;
                              },
                              [](int n) {
                                return 1.0 / (2 * n + 1);
                              }};

constexpr Family kHermite = {[](double x, int n) {
                               // The probabilists' He_n(x) = 2^(-n/2) H_n(x / sqrt 2).
                               return std::pow(2, -n / 2.0) *
                                      boost::math::hermite(static_cast<unsigned>(n),
                                                           x / std::numbers::sqrt2);
                             },
                             [](int n) {
                               return std::tgamma(n + 1.0);
                             }};

/// How much of the variance each term carries.
std::vector<double> term_variances(const std::vector<Term>& terms,
                                   const VectorXd& coefficients,
                                   const Family& family) {
  std::vector<double> variances(terms.size(), 0.0);
  for (std::size_t t = 1; t < terms.size(); ++t) {
    variances[t] = squared(coefficients(static_cast<Index>(t)));
    for (const int degree : terms[t])
      variances[t] *= family.mean_square(degree);
  }
  return variances;
}

/// Whether `term` depends on variable `v` alone.
bool is_alone(const Term& term, std::size_t v) {
  for (std::size_t i = 0; i < term.size(); ++i) {
    if ((term[i] > 0) != (i == v)) return false;
  }
  return true;
}

Value polynomial_chaos(Call& call) {
  const auto samples = samples_of(call);
  if (!samples.ok()) return call.fail(samples.error().message);
  const double degree = limited(call.data().number_or("degree", 2), 1, 5);
  const std::string basis = call.data().text_or("basis", "legendre");
  if (basis != "legendre" && basis != "hermite") {
    return call.fail("basis is one of legendre, hermite");
  }
  const Family& family = basis == "legendre" ? kLegendre : kHermite;
  const std::vector<Term> terms = chaos_terms(samples->names.size(), static_cast<int>(degree));
  if (terms.empty() || too_large(samples->x, terms.size())) return call.fail("too many terms");
  const MatrixXd design = design_matrix(samples->x, terms, family.polynomial);
  if (!design.allFinite()) return call.fail("x is too large for polynomials of this degree");
  if (!call.keep_going(fit_work(design))) return Value::scalar(kNone);
  const VectorXd coefficients = design.completeOrthogonalDecomposition().solve(samples->y);
  const std::vector<double> variances = term_variances(terms, coefficients, family);
  double variance = 0;
  for (const double part : variances)
    variance += part;
  std::vector<std::string> columns = {"mean", "variance", "std", "r_squared", "n_terms"};
  std::vector<double> cells = {coefficients(0),
                               variance,
                               std::sqrt(variance),
                               r_squared(samples->y, design * coefficients),
                               static_cast<double>(terms.size())};
  for (std::size_t v = 0; v < samples->names.size(); ++v) {
    double alone = 0;
    for (std::size_t t = 0; t < terms.size(); ++t)
      alone += is_alone(terms[t], v) ? variances[t] : 0;
    columns.push_back("S1_" + samples->names[v]);
    cells.push_back(variance > 0 ? alone / variance : 0);
  }
  return single_row(std::move(columns), std::move(cells));
}

// --- optim.surrogate ---

/// The Matern covariance of smoothness 5/2.
double matern(double distance, double length, double sigma) {
  const double r = std::sqrt(5.0) * distance / length;
  return sigma * sigma * (1 + r + r * r / 3) * std::exp(-r);
}

MatrixXd covariance(const MatrixXd& a, const MatrixXd& b, double length, double sigma) {
  MatrixXd k(a.rows(), b.rows());
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < b.rows(); ++j)
      k(i, j) = matern((a.row(i) - b.row(j)).norm(), length, sigma);
  }
  return k;
}

Value surrogate(Call& call) {
  const auto train = finite_matrix(call.input(0).as_table(), "train");
  if (!train.ok()) return call.fail(train.error().message);
  const auto query = finite_matrix(call.input(1).as_table(), "query");
  if (!query.ok()) return call.fail(query.error().message);
  if (train->cols() < 2) return call.fail("train needs a feature and a target column");
  const Index features = train->cols() - 1;
  if (query->cols() < features) return call.fail("query has fewer columns than train has features");
  const Index n = train->rows();
  if (static_cast<std::size_t>(n) > kMaxCentres) return call.fail("more than 1000 training rows");
  const double length = call.data().number_or("length_scale", 1);
  const double sigma = call.data().number_or("sigma_f", 1);
  const double noise = call.data().number_or("sigma_n", 1e-3);
  if (!(length > 0) || !(sigma > 0)) return call.fail("length_scale and sigma_f must be positive");
  const auto rows = static_cast<std::size_t>(query->rows());
  if (!call.fits(2 * rows)) return call.too_long(2 * rows);

  const MatrixXd x = train->leftCols(features);
  if (!call.keep_going(static_cast<std::size_t>(n * n * (n + features)))) {
    return Value::scalar(kNone);
  }
  MatrixXd k = covariance(x, x, length, sigma);
  k.diagonal().array() += noise * noise;
  const Eigen::LLT<MatrixXd> factors(k);
  if (factors.info() != Eigen::Success) {
    return call.fail("the covariance is not positive definite: equal rows need sigma_n > 0");
  }
  const VectorXd weights = factors.solve(train->col(features));
  NumberBuffer cells(2 * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    if (!call.keep_going(static_cast<std::size_t>(8 * n * n))) return Value::scalar(kNone);
    const VectorXd near =
        covariance(x, query->block(static_cast<Index>(r), 0, 1, features), length, sigma);
    const double explained = factors.matrixL().solve(near).squaredNorm();
    cells[r] = near.dot(weights);
    cells[rows + r] = std::sqrt(std::fmax(sigma * sigma - explained, 1e-10));
  }
  return Value::table(table_of_columns({"mean", "std"}, rows, std::move(cells).take()));
}

constexpr Port kSurface[] = {{"x", "Feature columns (table)", Takes::Table},
                             {"y", "Response vector", Takes::Vector}};
constexpr Port kChaos[] = {{"x", "Samples (table)", Takes::Table},
                           {"y", "Responses", Takes::Vector}};
constexpr Port kSurrogate[] = {{"train", "Train (table)", Takes::Table},
                               {"query", "Query (table)", Takes::Table}};
constexpr std::string_view kSurfaceKeys[] = {"method"};
constexpr std::string_view kChaosKeys[] = {"degree", "basis"};
constexpr std::string_view kSurrogateKeys[] = {"length_scale", "sigma_f", "sigma_n"};

constexpr BlockDef kRows[] = {
    reads(kSurfaceKeys,
          pro(operation(Category::Optimization,
                        "optim.responseSurface",
                        "Response Surface",
                        kSurface,
                        Kernel::of(response_surface),
                        "least squares: linear, quadratic (squares, products) or cubic (cubes); "
                        "rbf: Gaussians at the samples, sigma their mean distance, and a row with "
                        "r_squared in place of the weight",
                        "Myers and Montgomery, Response Surface Methodology, ch. 2"))),
    reads(kChaosKeys,
          pro(operation(Category::Optimization,
                        "optim.uqPce",
                        "UQ / PCE",
                        kChaos,
                        Kernel::of(polynomial_chaos),
                        "least-squares polynomial chaos of total degree; the variance counts the "
                        "norm of each polynomial; x is on [-1, 1] (legendre) or standard normal",
                        "Xiu and Karniadakis 2002, SIAM J. Sci. Comput. 24; Sudret 2008"))),
    reads(kSurrogateKeys,
          operation(Category::Optimization,
                    "optim.surrogate",
                    "GP Surrogate",
                    kSurrogate,
                    Kernel::of(surrogate),
                    "Gaussian process, mean 0, Matern 5/2, of train's last column; variance at "
                    "least 1e-10",
                    "Rasmussen and Williams, Gaussian Processes for Machine Learning, alg. 2.1")),
};

}  // namespace

std::span<const BlockDef> optim_surface_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
