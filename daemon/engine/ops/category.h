#pragma once

#include "daemon/engine/ops/block.h"

#include <cstdint>
#include <string_view>

namespace chainsolved::ops {

// X(enumerator, wire name): the 47 categories of the public catalog.
#define CHAINSOLVED_CATEGORIES(X)       \
  X(Input, "input")                     \
  X(Math, "math")                       \
  X(Trig, "trig")                       \
  X(Logic, "logic")                     \
  X(Output, "output")                   \
  X(Data, "data")                       \
  X(TableOps, "tableOps")               \
  X(PresetMaterials, "presetMaterials") \
  X(VectorOps, "vectorOps")             \
  X(Plot, "plot")                       \
  X(EngMechanics, "engMechanics")       \
  X(EngMaterials, "engMaterials")       \
  X(EngSections, "engSections")         \
  X(EngInertia, "engInertia")           \
  X(EngFluids, "engFluids")             \
  X(EngThermo, "engThermo")             \
  X(EngElectrical, "engElectrical")     \
  X(EngConversions, "engConversions")   \
  X(FinTvm, "finTvm")                   \
  X(FinReturns, "finReturns")           \
  X(FinDepr, "finDepr")                 \
  X(StatsDesc, "statsDesc")             \
  X(StatsRel, "statsRel")               \
  X(ProbComb, "probComb")               \
  X(ProbDist, "probDist")               \
  X(UtilCalc, "utilCalc")               \
  X(Chem, "chem")                       \
  X(Structural, "structural")           \
  X(Aerospace, "aerospace")             \
  X(ControlSystems, "controlSystems")   \
  X(LifeSci, "lifeSci")                 \
  X(FinOptions, "finOptions")           \
  X(DateTime, "dateTime")               \
  X(Text, "text")                       \
  X(Interval, "interval")               \
  X(Complex, "complex")                 \
  X(Matrix, "matrix")                   \
  X(Numerical, "numerical")             \
  X(Signal, "signal")                   \
  X(Optimization, "optimization")       \
  X(MachineLearning, "machineLearning") \
  X(NeuralNetworks, "neuralNetworks")   \
  X(CustomFunctions, "customFunctions") \
  X(OdeSolvers, "odeSolvers")           \
  X(VehicleSim, "vehicleSim")           \
  X(Symbolic, "symbolic")               \
  X(Simulation, "simulation")           \
  X(Legacy, "legacy")

enum class Category : std::uint8_t {
#define X(name, wire) name,
  CHAINSOLVED_CATEGORIES(X)
#undef X
};

// X(enumerator, wire name): how a front end draws the node.
#define CHAINSOLVED_NODE_KINDS(X)   \
  X(Source, "csSource")             \
  X(Operation, "csOperation")       \
  X(Display, "csDisplay")           \
  X(Publish, "csPublish")           \
  X(Subscribe, "csSubscribe")       \
  X(Data, "csData")                 \
  X(Material, "csMaterial")         \
  X(Plot, "csPlot")                 \
  X(ListTable, "csListTable")       \
  X(Optimizer, "csOptimizer")       \
  X(FmuImport, "csFmuImport")       \
  X(Hdf5Import, "csHdf5Import")     \
  X(CADImport, "csCADImport")       \
  X(OpenDrive, "csOpenDrive")       \
  X(PythonScript, "csPythonScript") \
  X(CustomRust, "csCustomRust")

enum class NodeKind : std::uint8_t {
#define X(name, wire) name,
  CHAINSOLVED_NODE_KINDS(X)
#undef X
};

std::string_view name_of(Category category) noexcept;
std::string_view name_of(NodeKind kind) noexcept;

}  // namespace chainsolved::ops
