#include "daemon/engine/ops/fmu_model.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

namespace chainsolved::ops {

namespace {

/// The shortest text that reads back as the same double. FMI has no infinities or NaN.
std::string digits(double value) {
  if (!std::isfinite(value)) return "0.0";
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string result(text.data(), end);
  // C and XML readers alike take it for a real number then.
  if (result.find_first_of(".e") == std::string::npos) result += ".0";
  return result;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML 1.0 has no control characters but blanks.
        out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return out;
}

/// `name="value"`, behind a blank.
std::string attribute(std::string_view name, std::string_view value) {
  std::string out(" ");
  out += name;
  out += "=\"";
  out += escaped(value);
  out += '"';
  return out;
}

/// Replaces every `mark` in `text`.
std::string filled(std::string_view text, std::string_view mark, std::string_view value) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find(mark);
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    out += value;
    text.remove_prefix(at + mark.size());
  }
  return out;
}

// Value references are positions in the array, from 0. Everything that a co-simulation unit without
// inputs, states or strings has no use for answers as the standard says it may.
constexpr std::string_view kStub = R"(/* FMI 2.0 co-simulation unit @NAME@, exported from a graph.
 * Its outputs are the values that the graph had; they do not change with time.
 *
 *   cc -shared -fPIC -I FMI_HEADERS model.c -o binaries/linux64/@NAME@.so
 */
#include <stdlib.h>
#include <string.h>

#include "fmi2Functions.h"

enum { OUTPUT_COUNT = @COUNT@ };

static const fmi2Real START[OUTPUT_COUNT] = {@VALUES@};

typedef struct {
  fmi2Real value[OUTPUT_COUNT];
  fmi2Real time;
} Unit;

/* --- the unit's life --- */

const char* fmi2GetTypesPlatform(void) { return fmi2TypesPlatform; }
const char* fmi2GetVersion(void) { return fmi2Version; }

fmi2Component fmi2Instantiate(fmi2String name, fmi2Type type, fmi2String guid, fmi2String resources,
                              const fmi2CallbackFunctions* functions, fmi2Boolean visible,
                              fmi2Boolean logging) {
  (void)name; (void)guid; (void)resources; (void)functions; (void)visible; (void)logging;
  if (type != fmi2CoSimulation) return NULL;
  Unit* unit = malloc(sizeof *unit);
  if (unit == NULL) return NULL;
  memcpy(unit->value, START, sizeof START);
  unit->time = 0;
  return unit;
}

void fmi2FreeInstance(fmi2Component c) { free(c); }

fmi2Status fmi2SetDebugLogging(fmi2Component c, fmi2Boolean on, size_t n,
                               const fmi2String categories[]) {
  (void)c; (void)on; (void)n; (void)categories;
  return fmi2OK;
}

fmi2Status fmi2SetupExperiment(fmi2Component c, fmi2Boolean has_tolerance, fmi2Real tolerance,
                               fmi2Real start, fmi2Boolean has_stop, fmi2Real stop) {
  (void)has_tolerance; (void)tolerance; (void)has_stop; (void)stop;
  ((Unit*)c)->time = start;
  return fmi2OK;
}

fmi2Status fmi2EnterInitializationMode(fmi2Component c) { (void)c; return fmi2OK; }
fmi2Status fmi2ExitInitializationMode(fmi2Component c) { (void)c; return fmi2OK; }
fmi2Status fmi2Terminate(fmi2Component c) { (void)c; return fmi2OK; }

fmi2Status fmi2Reset(fmi2Component c) {
  Unit* unit = c;
  memcpy(unit->value, START, sizeof START);
  unit->time = 0;
  return fmi2OK;
}

/* --- stepping --- */

fmi2Status fmi2DoStep(fmi2Component c, fmi2Real at, fmi2Real step, fmi2Boolean no_rollback) {
  (void)no_rollback;
  ((Unit*)c)->time = at + step;
  return fmi2OK;
}

fmi2Status fmi2CancelStep(fmi2Component c) { (void)c; return fmi2Error; }

/* --- values --- */

fmi2Status fmi2GetReal(fmi2Component c, const fmi2ValueReference vr[], size_t n, fmi2Real value[]) {
  const Unit* unit = c;
  for (size_t i = 0; i < n; ++i) {
    if (vr[i] >= OUTPUT_COUNT) return fmi2Error;
    value[i] = unit->value[vr[i]];
  }
  return fmi2OK;
}

fmi2Status fmi2SetReal(fmi2Component c, const fmi2ValueReference vr[], size_t n,
                       const fmi2Real value[]) {
  (void)c; (void)vr; (void)value;
  return n == 0 ? fmi2OK : fmi2Error; /* outputs cannot be set */
}

#define NO_VARIABLES(TYPE)                                                                     \
  fmi2Status fmi2Get##TYPE(fmi2Component c, const fmi2ValueReference vr[], size_t n,           \
                           fmi2##TYPE value[]) {                                               \
    (void)c; (void)vr; (void)value;                                                            \
    return n == 0 ? fmi2OK : fmi2Error;                                                        \
  }                                                                                            \
  fmi2Status fmi2Set##TYPE(fmi2Component c, const fmi2ValueReference vr[], size_t n,           \
                           const fmi2##TYPE value[]) {                                         \
    (void)c; (void)vr; (void)value;                                                            \
    return n == 0 ? fmi2OK : fmi2Error;                                                        \
  }
NO_VARIABLES(Integer)
NO_VARIABLES(Boolean)
NO_VARIABLES(String)

fmi2Status fmi2SetRealInputDerivatives(fmi2Component c, const fmi2ValueReference vr[], size_t n,
                                       const fmi2Integer order[], const fmi2Real value[]) {
  (void)c; (void)vr; (void)order; (void)value;
  return n == 0 ? fmi2OK : fmi2Error;
}

fmi2Status fmi2GetRealOutputDerivatives(fmi2Component c, const fmi2ValueReference vr[], size_t n,
                                        const fmi2Integer order[], fmi2Real value[]) {
  (void)c; (void)vr; (void)order;
  for (size_t i = 0; i < n; ++i) value[i] = 0;
  return fmi2OK;
}

/* --- what this unit does not offer (modelDescription.xml says so) --- */

fmi2Status fmi2GetFMUstate(fmi2Component c, fmi2FMUstate* s) { (void)c; (void)s; return fmi2Error; }
fmi2Status fmi2SetFMUstate(fmi2Component c, fmi2FMUstate s) { (void)c; (void)s; return fmi2Error; }
fmi2Status fmi2FreeFMUstate(fmi2Component c, fmi2FMUstate* s) { (void)c; (void)s; return fmi2Error; }

fmi2Status fmi2SerializedFMUstateSize(fmi2Component c, fmi2FMUstate s, size_t* n) {
  (void)c; (void)s; (void)n;
  return fmi2Error;
}

fmi2Status fmi2SerializeFMUstate(fmi2Component c, fmi2FMUstate s, fmi2Byte b[], size_t n) {
  (void)c; (void)s; (void)b; (void)n;
  return fmi2Error;
}

fmi2Status fmi2DeSerializeFMUstate(fmi2Component c, const fmi2Byte b[], size_t n, fmi2FMUstate* s) {
  (void)c; (void)b; (void)n; (void)s;
  return fmi2Error;
}

fmi2Status fmi2GetDirectionalDerivative(fmi2Component c, const fmi2ValueReference unknown[],
                                        size_t unknowns, const fmi2ValueReference known[],
                                        size_t knowns, const fmi2Real dknown[],
                                        fmi2Real dunknown[]) {
  (void)c; (void)unknown; (void)unknowns; (void)known; (void)knowns; (void)dknown; (void)dunknown;
  return fmi2Error;
}

#define NO_STATUS(NAME, TYPE)                                                       \
  fmi2Status fmi2Get##NAME(fmi2Component c, const fmi2StatusKind kind, TYPE* value) { \
    (void)c; (void)kind; (void)value;                                               \
    return fmi2Discard; /* steps are never pending */                               \
  }
NO_STATUS(Status, fmi2Status)
NO_STATUS(RealStatus, fmi2Real)
NO_STATUS(IntegerStatus, fmi2Integer)
NO_STATUS(BooleanStatus, fmi2Boolean)
NO_STATUS(StringStatus, fmi2String)
)";

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

std::string model_identifier(std::string_view name) {
  std::string identifier;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && identifier.empty()) identifier += '_';
    identifier += is_letter(c) || digit ? c : '_';
  }
  return identifier.empty() ? "model" : identifier;
}

std::string model_description(const FmuModel& model) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<fmiModelDescription";
  xml += attribute("fmiVersion", "2.0") + attribute("modelName", model.name);
  xml += attribute("guid", model.guid) + attribute("description", model.description);
  xml += attribute("generationTool", "chainsolved");
  xml += attribute("variableNamingConvention", "flat");
  xml += attribute("numberOfEventIndicators", "0") + ">\n  <CoSimulation";
  xml += attribute("modelIdentifier", model_identifier(model.name));
  xml += attribute("canHandleVariableCommunicationStepSize", "true") + "/>\n";
  xml += "  <DefaultExperiment" + attribute("startTime", "0.0");
  xml += attribute("stopTime", digits(model.stop_time));
  xml += attribute("stepSize", digits(model.step_size)) + "/>\n  <ModelVariables>\n";
  for (std::size_t i = 0; i < model.outputs.size(); ++i) {
    xml += "    <ScalarVariable" + attribute("name", model.outputs[i].name);
    xml += attribute("valueReference", std::to_string(i));
    xml += attribute("causality", "output") + attribute("variability", "continuous");
    xml += attribute("initial", "exact") + ">\n      <Real";
    xml += attribute("start", digits(model.outputs[i].value)) + "/>\n    </ScalarVariable>\n";
  }
  xml += "  </ModelVariables>\n  <ModelStructure>\n    <Outputs>\n";
  for (std::size_t i = 0; i < model.outputs.size(); ++i)
    xml += "      <Unknown" + attribute("index", std::to_string(i + 1)) + "/>\n";
  xml += "    </Outputs>\n  </ModelStructure>\n</fmiModelDescription>\n";
  return xml;
}

std::string c_stub(const FmuModel& model) {
  std::string values;
  for (const FmuModel::Output& output : model.outputs) {
    if (!values.empty()) values += ", ";
    values += digits(output.value);
  }
  std::string text = filled(kStub, "@NAME@", model_identifier(model.name));
  text = filled(text, "@COUNT@", std::to_string(model.outputs.size()));
  return filled(text, "@VALUES@", values);
}

}  // namespace chainsolved::ops
