// The long way of an evaluation: values of any kind, General blocks, traces.
#include "daemon/engine/graph/canonical.h"
#include "daemon/engine/graph/diagnostics.h"
#include "daemon/engine/graph/evaluation.h"
#include "daemon/engine/graph/port_check.h"
#include "daemon/engine/graph/source_value.h"

#include <algorithm>
#include <utility>

namespace chainsolved::graph {
namespace {

// Two large buffers at different addresses count as different: reading gigabytes to find out costs
// more than evaluating what follows.
constexpr std::size_t kWorthComparing = 1U << 20;

// What the long way costs at least, in bytes that could have been read meanwhile.
constexpr std::ptrdiff_t kWorkPerObject = 2048;

bool unchanged(const Value& before, const Value& after) {
  if (before.kind() != after.kind()) return false;
  const Numbers* a = numbers_of(before);
  const Numbers* b = numbers_of(after);
  if (a != nullptr && !a->same_memory(*b) && a->size() > kWorthComparing) return false;
  return identical(before, after);
}

}  // namespace

bool Evaluation::evaluate_any_kind(Index node) {
  const std::size_t first_diagnostic = report_.diagnostics.size();
  work_left_ -= kWorkPerObject;
  context_.monitor.entering(nodes_.hot[node].slot);
  PureValue result = compute(node);
  if (stopped_) {
    report_.diagnostics.resize(first_diagnostic);
    return false;
  }
  if (result.nonfinite) diagnose_nonfinite(node);
  // Before the result is stored: storing may move the values that the inputs point to.
  if (context_.options.trace) trace(node, result.value, first_diagnostic);
  store_object(node, std::move(result));
  datasets_used_.clear();
  return true;
}

PureValue Evaluation::compute(Index node) {
  const HotNode& hot = nodes_.hot[node];
  const ops::BlockDef* block = nodes_.cold[node].block;
  collect_inputs(node);
  if (block == nullptr) {
    const std::string_view type = nodes_.names.text(nodes_.cold[node].type_name);
    report_.diagnostics.push_back(unknown_block_diagnostic(id_of(node), type));
    return {Value::error(unknown_block_message(type)), false};
  }
  if ((hot.flags & node_flag::kQuarantined) != 0) return quarantined(node);
  if (hot.path == Path::Source) {
    double x = 0;
    scalar_input(hot.inputs.pair.a, x);
    x = canonical(x);
    return {Value::scalar(x), nonfinite(x)};
  }
  const bool reads_data = hot.path == Path::General;
  const void* prepared = reads_data ? definition_.prepared_of(node) : nullptr;
  const bool wants_data = reads_data && (!block->data_keys.empty() || prepared != nullptr);
  const ops::BlockData data(wants_data ? definition_.data_of(node) : Definition::no_data());
  Value value = run_block(*block, {hot.path, hot.run}, inputs_, data, prepared, *this);
  if (context_.reporting == Reporting::Stateless && is_unknown_block_error(value)) {
    diagnose("UNKNOWN_BLOCK", value.error_message());
  }
  return purify(std::move(value), inputs_, datasets_used_, memory_.scanned);
}

PureValue Evaluation::quarantined(Index node) {
  constexpr std::string_view kWhy =
      "quarantined: the engine died at this node twice; edit its data, block or incoming edges to "
      "let it run again";
  diagnose("NODE_QUARANTINED", "The node is " + std::string(kWhy) + ".");
  return {block_error(*nodes_.cold[node].block, kWhy), false};
}

void Evaluation::collect_inputs(Index node) {
  const ops::BlockDef* block = nodes_.cold[node].block;
  definition_.gather(node, gathered_);
  const auto free = block != nullptr && block->free_ports
                        ? definition_.free_inputs(node)
                        : std::vector<std::pair<NameId, InputSource>>();
  inputs_.row.clear();
  inputs_.variadic.clear();
  inputs_.named.clear();
  temporaries_.clear();
  // Pointers into it stay good because it never grows beyond this.
  temporaries_.reserve(gathered_.row.size() + gathered_.variadic.size() + free.size());
  for (const InputSource& source : gathered_.row)
    inputs_.row.push_back(input_value(source));
  for (const InputSource& source : gathered_.variadic) {
    inputs_.variadic.push_back(input_value(source));
  }
  if (block == nullptr || !block->free_ports) return;
  for (std::size_t i = 0; i < inputs_.row.size(); ++i) {
    if (inputs_.row[i] != nullptr) inputs_.named.push_back({block->ports[i].id, inputs_.row[i]});
  }
  for (const auto& [name, source] : free) {
    inputs_.named.push_back({nodes_.names.text(name), input_value(source)});
  }
}

const Value* Evaluation::input_value(const InputSource& source) {
  if (!source.present()) return nullptr;
  double x = 0;
  if (scalar_input(source.ref, x)) return &temporaries_.emplace_back(Value::scalar(x));
  const Value& whole = nodes_.object_of(source.ref).value;
  Value part;
  if (!through_handle(whole, nodes_.names.text(source.handle), part)) return &whole;
  return &temporaries_.emplace_back(std::move(part));
}

void Evaluation::store_object(Index node, PureValue result) {
  if (result.value.is(ValueKind::Scalar)) {
    if (nodes_.kinds[node] == ValueKind::Scalar &&
        identical(Value::scalar(nodes_.values[node]), result.value)) {
      return;
    }
    store_scalar(node, result.value.as_scalar());
    return;
  }
  const ValueKind before = nodes_.kinds[node];
  if (before == result.value.kind() && unchanged(nodes_.object_of(node).value, result.value)) {
    return;
  }
  nodes_.set_object(node, std::move(result.value), result.nonfinite);
  spread_change(node);
}

void Evaluation::trace(Index node, const Value& output, std::size_t first_diagnostic) {
  const bool room = report_.trace.size() < context_.options.max_trace_nodes;
  if (room) {
    TraceEntry entry;
    entry.slot = nodes_.hot[node].slot;
    entry.output = output;
    const ops::BlockDef* block = nodes_.cold[node].block;
    for (std::size_t i = 0; i < inputs_.row.size(); ++i) {
      if (inputs_.row[i] != nullptr) {
        entry.inputs.emplace_back(std::string(block->ports[i].id), *inputs_.row[i]);
      }
    }
    for (std::size_t i = 0; i < inputs_.variadic.size(); ++i) {
      entry.inputs.emplace_back("in_" + std::to_string(i), *inputs_.variadic[i]);
    }
    for (std::size_t i = first_diagnostic; i < report_.diagnostics.size(); ++i) {
      if (report_.diagnostics[i].code != "NAN_PROPAGATED") {
        entry.diagnostics.push_back(report_.diagnostics[i]);
      }
    }
    add_nan_inputs(node, entry);
    report_.trace.push_back(std::move(entry));
  }
  // The stateless evaluate tells NaN codes in its trace only.
  if (context_.reporting == Reporting::Session) return;
  const auto first = report_.diagnostics.begin() + static_cast<std::ptrdiff_t>(first_diagnostic);
  report_.diagnostics.erase(
      std::remove_if(first,
                     report_.diagnostics.end(),
                     [](const Diagnostic& d) { return d.code.starts_with("NAN_"); }),
      report_.diagnostics.end());
}

void Evaluation::add_nan_inputs(Index node, TraceEntry& entry) {
  if ((nodes_.hot[node].flags & node_flag::kNanSilent) != 0) return;
  for (const std::string& port : nonfinite_ports(definition_, node, memory_.scanned)) {
    entry.diagnostics.push_back(
        make_diagnostic(id_of(node), "NAN_INPUT", "Port '" + port + "' has a NaN or an infinity."));
  }
}

}  // namespace chainsolved::graph
