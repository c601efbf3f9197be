#include "daemon/engine/graph/evaluation.h"

#include "daemon/engine/graph/canonical.h"
#include "daemon/engine/graph/diagnostics.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>

namespace chainsolved::graph {
namespace {

constexpr std::ptrdiff_t kWorkPerLook = 64 << 10;
constexpr std::ptrdiff_t kWorkPerNode = 64;
constexpr auto kLookEvery = std::chrono::microseconds(50);
constexpr std::size_t kMostFormulaPorts = 32;

void sort_unique(std::vector<Slot>& slots) {
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
}

void append(std::vector<Slot>& to, const std::vector<Slot>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Evaluation::Evaluation(Definition& definition,
                       const Context& context,
                       EvaluationMemory& memory,
                       Report& report)
    : definition_(definition),
      nodes_(definition.nodes()),
      context_(context),
      memory_(memory),
      report_(report),
      work_left_(kWorkPerLook),
      started_(Clock::now()),
      last_look_(started_) {}

std::size_t Evaluation::max_vector_length() const noexcept {
  return static_cast<std::size_t>(context_.limits.max_vector_length);
}

void Evaluation::run() {
  report_.clear();
  tell_news();
  run_dirty();
  context_.monitor.current().store(0, std::memory_order_relaxed);
  tell_untold();
  finish_report();
}

std::string_view Evaluation::id_of(Index node) const {
  return nodes_.cold[node].id.view();
}

void Evaluation::tell_news() {
  PendingNews& news = definition_.news();
  for (const Slot slot : news.appeared) {
    const Index node = nodes_.index_of_slot[slot];
    if (node == kNoIndex) continue;
    nodes_.hot[node].flags |= node_flag::kAppeared;
    report_.appeared.push_back(slot);
  }
  report_.gone = news.gone;
  sort_unique(news.dangling);
  for (const EdgeIndex edge : news.dangling) {
    if (definition_.edges().dangling.contains(edge)) {
      report_.diagnostics.push_back(dangling_diagnostic(definition_, edge));
    }
  }
  for (const Index node : news.blocked) {
    NodeFlags& flags = nodes_.hot[node].flags;
    if ((flags & node_flag::kBlocked) == 0 || (flags & node_flag::kCycleReported) != 0) continue;
    flags |= node_flag::kCycleReported;
    report_.diagnostics.push_back(
        cycle_diagnostic(id_of(node), (flags & node_flag::kOnCycle) != 0));
  }
  news.appeared.clear();
  news.gone.clear();
  news.dangling.clear();
  news.blocked.clear();
}

void Evaluation::tell_untold() {
  append(report_.changed, memory_.untold_changed);
  append(report_.gone, memory_.untold_gone);
  append(report_.appeared, memory_.untold_appeared);
  if (!memory_.untold_changed.empty()) {
    sort_unique(report_.changed);
    std::erase_if(report_.changed, [this](Slot slot) {
      const Index node = nodes_.index_of_slot[slot];
      return node == kNoIndex || nodes_.kinds[node] == ValueKind::None;
    });
  }
  if (!memory_.untold_appeared.empty()) {
    std::erase_if(report_.appeared,
                  [this](Slot slot) { return nodes_.index_of_slot[slot] == kNoIndex; });
  }
  memory_.untold_changed.clear();
  memory_.untold_gone.clear();
  memory_.untold_appeared.clear();
}

void Evaluation::finish_report() {
  // What lost its value and has one again within this evaluation is changed, not gone.
  std::erase_if(report_.gone, [this](Slot slot) {
    const Index node = nodes_.index_of_slot[slot];
    return node != kNoIndex && nodes_.kinds[node] != ValueKind::None;
  });
  if (report_.gone.size() > 1) sort_unique(report_.gone);
  report_.evaluated_count = done_;
  report_.total_count = nodes_.count;
  if (!report_.cancelled) return;
  memory_.untold_changed = report_.changed;
  memory_.untold_gone = report_.gone;
  memory_.untold_appeared = report_.appeared;
}

void Evaluation::run_dirty() {
  DirtySet& dirty = definition_.dirty();
  const TopologicalOrder& order = definition_.order();
  std::atomic<std::uint32_t>& current = context_.monitor.current();
  const bool tracing = context_.options.trace;
  std::uint32_t rank = 0;
  while ((rank = dirty.pop(rank)) != DirtySet::kNone) {
    const Index node = order.node_at(rank);
    const HotNode& hot = nodes_.hot[node];
    const unsigned special = hot.flags & node_flag::kSpecial;
    // A change in front of a cycle spreads to it; checking here costs less than there.
    if ((special & (node_flag::kBlocked | node_flag::kWithheld)) != 0) continue;
    current_ = node;
    current.store(hot.slot + 1, std::memory_order_relaxed);
    double result = 0;
    if (!tracing && special == 0 && scalar_result(hot, result)) {
      finish_scalar(node, result);
    } else if (!evaluate_any_kind(node)) {
      dirty.insert(rank);
      return;
    }
    ++done_;
    work_left_ -= kWorkPerNode;
    if (work_left_ <= 0 && !dirty.empty() && !look_up()) return;
  }
}

bool Evaluation::scalar_input(InputRef ref, double& value) const noexcept {
  if ((ref & kConstantBit) != 0) {
    value = nodes_.constants[ref & ~kConstantBit];
    return true;
  }
  value = nodes_.values[ref];
  return nodes_.kinds[ref] == ValueKind::Scalar;
}

bool Evaluation::scalar_result(const HotNode& node, double& result) const noexcept {
  double a = 0;
  double b = 0;
  switch (node.path) {
    case Path::Source:
      return scalar_input(node.inputs.pair.a, result);
    case Path::Unary:
      if (!scalar_input(node.inputs.pair.a, a)) return false;
      result = node.run.unary(a);
      return true;
    case Path::Binary:
      if (!scalar_input(node.inputs.pair.a, a) || !scalar_input(node.inputs.pair.b, b)) {
        return false;
      }
      result = node.run.binary(a, b);
      return true;
    case Path::Fold: {
      const InputRef* refs = nodes_.refs.data(node.inputs.refs);
      if (!scalar_input(refs[0], a)) return false;
      for (std::uint32_t i = 1; i < node.inputs.refs.count(); ++i) {
        if (!scalar_input(refs[i], b)) return false;
        a = node.run.binary(a, b);
      }
      result = a;
      return true;
    }
    case Path::Formula:
      return formula_result(node, result);
    default:
      return false;
  }
}

bool Evaluation::formula_result(const HotNode& node, double& result) const noexcept {
  const std::uint32_t count = node.inputs.refs.count();
  if (count > kMostFormulaPorts) return false;
  // Only what is written is read; zeroing all of it would cost more than the formula.
  std::array<double, kMostFormulaPorts> in;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const InputRef* refs = nodes_.refs.data(node.inputs.refs);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!scalar_input(refs[i], in[i])) return false;
  }
  const ops::Outcome outcome = node.run.formula(in.data());
  result = outcome.value;
  return outcome.error == nullptr;
}

void Evaluation::finish_scalar(Index node, double result) {
  result = canonical(result);
  if (nonfinite(result)) [[unlikely]]
    diagnose_nonfinite(node);
  if (nodes_.kinds[node] == ValueKind::Scalar &&
      std::bit_cast<std::uint64_t>(result) == std::bit_cast<std::uint64_t>(nodes_.values[node])) {
    return;
  }
  store_scalar(node, result);
}

void Evaluation::store_scalar(Index node, double result) {
  if (nodes_.kinds[node] != ValueKind::Scalar) {
    nodes_.drop_value(node);
    nodes_.kinds[node] = ValueKind::Scalar;
  }
  nodes_.values[node] = result;
  spread_change(node);
}

void Evaluation::spread_change(Index node) {
  const HotNode& hot = nodes_.hot[node];
  report_.changed.push_back(hot.slot);
  DirtySet& dirty = definition_.dirty();
  const TopologicalOrder& order = definition_.order();
  const SuccessorEntry* successor = nodes_.successors.data(hot.successors);
  const std::uint32_t count = hot.successors.count();
  for (std::uint32_t i = 0; i < count; ++i)
    dirty.insert(order.rank_of(successor[i].target));
}

void Evaluation::diagnose_nonfinite(Index node) {
  if ((nodes_.hot[node].flags & node_flag::kNanSilent) != 0) return;
  if (context_.reporting == Reporting::Stateless && !context_.options.trace) return;
  const std::vector<std::string> ports = nonfinite_ports(definition_, node, memory_.scanned);
  if (ports.empty()) {
    diagnose("NAN_ORIGIN", "The block's result has a NaN or an infinity; its inputs have none.");
    return;
  }
  std::string message = "A NaN or an infinity came in through ";
  for (std::size_t i = 0; i < ports.size(); ++i) {
    message += (i == 0 ? "port '" : ", '") + ports[i] + "'";
  }
  diagnose("NAN_PROPAGATED", message + ".");
}

void Evaluation::diagnose(std::string_view code, std::string message) {
  report_.diagnostics.push_back(make_diagnostic(id_of(current_), code, std::move(message)));
}

const Value* Evaluation::find_dataset(std::string_view id) {
  const Value* found = context_.datasets.find(id);
  if (found != nullptr) datasets_used_.push_back(*found);
  return found;
}

bool Evaluation::keep_going(std::size_t work_bytes) {
  if (stopped_) return false;
  work_left_ -= static_cast<std::ptrdiff_t>(work_bytes);
  if (work_left_ > 0) return true;
  return look_up();
}

bool Evaluation::look_up() {
  work_left_ = kWorkPerLook;
  const Clock::time_point now = Clock::now();
  const double budget = context_.options.time_budget_ms;
  // A node that has begun is finished when it is the first: or a small budget would never get
  // anywhere.
  if (budget > 0 && done_ > 0 &&
      std::chrono::duration<double, std::milli>(now - started_).count() >= budget) {
    report_.partial = true;
    stopped_ = true;
    return false;
  }
  if (now - last_look_ < kLookEvery) return true;
  last_look_ = now;
  const Slot slot = nodes_.hot[current_].slot;
  if (!context_.monitor.keep_going(slot, done_, done_ + definition_.dirty().size())) {
    report_.cancelled = true;
    stopped_ = true;
    return false;
  }
  return true;
}

}  // namespace chainsolved::graph
