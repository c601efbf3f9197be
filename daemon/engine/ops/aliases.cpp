#include "daemon/engine/ops/aliases.h"

#include <array>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr auto kAliases = std::to_array<Alias>({
    {"complex.add", "complex_add"},
    {"complex.arg", "complex_arg"},
    {"complex.conj", "complex_conj"},
    {"complex.div", "complex_div"},
    {"complex.exp", "complex_exp"},
    {"complex.from", "complex_from"},
    {"complex.im", "complex_im"},
    {"complex.ln", "complex_ln"},
    {"complex.mag", "complex_mag"},
    {"complex.mul", "complex_mul"},
    {"complex.pow", "complex_pow"},
    {"complex.re", "complex_re"},
    {"curve_fit.lm", "curve_fit_lm"},
    {"curve_fit.poly", "curve_fit_poly"},
    {"fft_freq_bins", "signal.fft_freq_bins"},
    {"fft_magnitude", "signal.fft_magnitude"},
    {"fft_power", "signal.fft_power"},
    {"filter_butter", "signal.filter_butter"},
    {"filter_cheby1", "signal.filter_cheby1"},
    {"filter_highpass_fir", "signal.filter_highpass_fir"},
    {"filter_lowpass_fir", "signal.filter_lowpass_fir"},
    {"filter_zero_phase", "signal.filter_zero_phase"},
    {"integrate.cc", "integrate_cc"},
    {"integrate.gk", "integrate_gk"},
    {"integrate.mc", "integrate_mc"},
    {"interp.akima", "interp_akima"},
    {"interp.bspline", "interp_bspline"},
    {"interp.cubicSpline", "interp_cubic_spline"},
    {"interval.add", "interval_add"},
    {"interval.contains", "interval_contains"},
    {"interval.divide", "interval_div"},
    {"interval.from_bounds", "interval_from_bounds"},
    {"interval.from_center", "interval_from"},
    {"interval.hi", "interval_hi"},
    {"interval.lo", "interval_lo"},
    {"interval.mid", "interval_mid"},
    {"interval.multiply", "interval_mul"},
    {"interval.power", "interval_pow"},
    {"interval.subtract", "interval_sub"},
    {"interval.width", "interval_width"},
    {"lookupTable1D", "lookup.1d"},
    {"lookupTable2D", "lookup.2d"},
    {"matrix.cholesky", "matrix_cholesky"},
    {"matrix.cond", "matrix_cond"},
    {"matrix.det", "matrix_det"},
    {"matrix.eigen", "matrix_eigen"},
    {"matrix.from_table", "matrix_from_table"},
    {"matrix.inverse", "matrix_inverse"},
    {"matrix.lu", "matrix_lu"},
    {"matrix.multiply", "matrix_multiply"},
    {"matrix.qr", "matrix_qr"},
    {"matrix.schur", "matrix_schur"},
    {"matrix.solve", "matrix_solve"},
    {"matrix.svd", "matrix_svd"},
    {"matrix.to_table", "matrix_to_table"},
    {"matrix.trace", "matrix_trace"},
    {"matrix.transpose", "matrix_transpose"},
    {"norm.frobenius", "norm_frobenius"},
    {"norm.l1", "norm_l1"},
    {"norm.l2", "norm_l2"},
    {"norm.linf", "norm_linf"},
    {"rng.halton", "rng_halton"},
    {"rng.lhs", "rng_lhs"},
    {"rng.lognormal", "rng_lognormal"},
    {"rng.normal", "rng_normal"},
    {"rng.sobol", "rng_sobol"},
    {"rng.uniform", "rng_uniform"},
    {"root.brent", "root_brent"},
    {"root.newton", "root_newton"},
    {"root.polynomial", "root_polynomial"},
    {"table_col_slice", "tbl.col_slice"},
    {"table_row_slice", "tbl.row_slice"},
    {"text.concat", "text_concat"},
    {"text.display", "textDisplay"},
    {"text.length", "text_length"},
    {"text.num_to_text", "num_to_text"},
    {"text.to_num", "text_to_num"},
    {"window_blackman", "signal.window_blackman"},
    {"window_hamming", "signal.window_hamming"},
    {"window_hann", "signal.window_hann"},
});

}  // namespace

std::span<const Alias> all_aliases() noexcept {
  return kAliases;
}

}  // namespace chainsolved::ops
