#pragma once

#include "daemon/engine/ops/block.h"

#include <span>

// The families of blocks, one word each: the file NAME.cpp defines NAME_blocks(). The order within
// a category of the public catalog is the order of the families here and of their rows.
#define CHAINSOLVED_FAMILIES(X) \
  X(input)                      \
  X(output)                     \
  X(math)                       \
  X(symbolic)                   \
  X(jacobian)                   \
  X(units)                      \
  X(sensitivity)                \
  X(trig)                       \
  X(logic)                      \
  X(data)                       \
  X(fmu_export)                 \
  X(vector)                     \
  X(table)                      \
  X(stats_desc)                 \
  X(text)                       \
  X(interval)                   \
  X(complex)                    \
  X(matrix)                     \
  X(material)                   \
  X(custom)                     \
  X(eng_mechanics)              \
  X(eng_multibody)              \
  X(eng_materials)              \
  X(eng_sections)               \
  X(eng_inertia)                \
  X(eng_fluids)                 \
  X(eng_thermo)                 \
  X(eng_circuits)               \
  X(eng_power)                  \
  X(eng_conversions)            \
  X(fin_tvm)                    \
  X(fin_returns)                \
  X(fin_depr)                   \
  X(stats_rel)                  \
  X(chem)                       \
  X(structural)                 \
  X(aerospace)                  \
  X(control)                    \
  X(life_sci)                   \
  X(fin_options)                \
  X(vehicle)                    \
  X(vehicle_suspension)         \
  X(vehicle_events)             \
  X(vehicle_lap)                \
  X(vehicle_quarter_car)        \
  X(plot)                       \
  X(prob_comb)                  \
  X(prob_dist)                  \
  X(util_calc)                  \
  X(date_time)                  \
  X(scripting)                  \
  X(ode_explicit)               \
  X(ode_implicit)               \
  X(pde1d)                      \
  X(dae_index)                  \
  X(ode_adjoint)                \
  X(fem2d)                      \
  X(optim_study)                \
  X(optim_descent)              \
  X(optim_population)           \
  X(optim_constrained)          \
  X(optim_design)               \
  X(optim_surface)              \
  X(optim_estimate)             \
  X(optim_nsga)                 \
  X(groebner)                   \
  X(ml_models)                  \
  X(ml_scores)                  \
  X(ml_automl)                  \
  X(ml_metrics)                 \
  X(constants)

namespace chainsolved::ops {

#define X(family) std::span<const BlockDef> family##_blocks() noexcept;
CHAINSOLVED_FAMILIES(X)
#undef X

}  // namespace chainsolved::ops
