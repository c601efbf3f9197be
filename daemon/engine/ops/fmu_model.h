#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops {

/// An FMI 2.0 co-simulation unit with constant outputs: what a front end packs into a .fmu file.
struct FmuModel {
  struct Output {
    std::string name;
    double value = 0;
  };
  std::string name;
  std::string description;
  std::string guid;
  double stop_time = 10;
  double step_size = 0.01;
  std::vector<Output> outputs;
};

/// The name as FMI wants a model identifier: letters, digits and underscores, no digit in front.
std::string model_identifier(std::string_view name);

/// modelDescription.xml.
std::string model_description(const FmuModel& model);

/// C source of the unit, to be compiled against the standard's fmi2Functions.h.
std::string c_stub(const FmuModel& model);

}  // namespace chainsolved::ops
