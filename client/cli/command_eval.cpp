#include "chainsolved/engine.h"
#include "client/cli/commands.h"
#include "client/cli/connect.h"
#include "client/cli/dataset_import.h"
#include "client/cli/evaluation_output.h"
#include "client/cli/failure.h"
#include "client/cli/graph_file.h"
#include "client/cli/interruption.h"
#include "client/cli/output.h"
#include "client/cli/survival.h"

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::cli {

namespace {

struct EvalOptions {
  std::string graph;
  std::vector<std::string> sets;
  std::vector<std::string> datasets;
  std::vector<std::string> nodes;
  std::optional<double> timeout;
  Format format = Format::Table;
  bool json = false;
  ConnectOptions connect;
};

/// Runs requests one after the other; one that was cut short by Ctrl-C or the clock ends the
/// command with the status that says so. One whose engine was taken away is survived, once, and
/// standard error says so.
class Requests {
 public:
  explicit Requests(const Interruption& interruption) : interruption_(interruption) {}

  /// What `request` comes to; sent again if it may be.
  template <class Request>
  auto run(const std::string& what, const Request& request) const {
    auto result = request();
    if (survival(result) == Survival::None) return await(what, std::move(result));
    note(what + ": " + death_in_words(result.error()) + "; sending it again to its successor");
    return await(what, request());
  }

  /// The same for one that changes the graph: if the graph that came back has the change, the
  /// values are read from it.
  template <class Request>
  void run(const std::string& what,
           const Request& request,
           client::Engine& engine,
           Evaluation& evaluation) const {
    auto result = request();
    if (survival(result) == Survival::ReadBack) {
      note(what + ": " + death_in_words(result.error()) +
           "; its successor has the graph, whose values are read");
      evaluation.take(read_back(what, engine));
      return;
    }
    if (survival(result) == Survival::SendAgain) {
      note(what + ": " + death_in_words(result.error()) + "; sending it again to its successor");
      result = request();
    }
    evaluation.take(await(what, std::move(result)));
  }

  template <class T>
  T await(const std::string& what, Result<T> result) const {
    const std::optional<ExitStatus> cause = interruption_.cause();
    if (result.ok() && !cause) return std::move(result).value();
    if (cause == ExitStatus::TimedOut)
      throw Failure(*cause, what + ": the time given with --timeout is spent");
    if (cause) throw Failure(*cause, what + ": interrupted");
    throw Failure(what, result.error());
  }

 private:
  template <class T>
  Survival survival(const Result<T>& result) const {
    return result.ok() || interruption_.cause() ? Survival::None : survival_of(result.error());
  }

  client::EvalResult read_back(const std::string& what, client::Engine& engine) const {
    client::EvalResult read;
    read.values = await(what, engine.get_values());
    read.diagnostics = await(what, engine.validate_graph());
    return read;
  }

  const Interruption& interruption_;
};

std::vector<InputSetting> read_settings(const GraphFile& graph, const EvalOptions& options) {
  std::vector<InputSetting> settings;
  settings.reserve(options.sets.size());
  for (const std::string& text : options.sets)
    settings.push_back(usable(graph.setting(text)));
  return settings;
}

void require_nodes(const GraphFile& graph, const std::vector<std::string>& wanted) {
  for (const std::string& id : wanted) {
    if (graph.find(id) == nullptr)
      throw Failure(ExitStatus::Usage, "--node " + id + ": " + graph.name() + " has no such node");
  }
}

void register_datasets(client::Engine& engine,
                       std::vector<ImportedDataset>& datasets,
                       bool shared,
                       const Requests& requests) {
  for (ImportedDataset& dataset : datasets) {
    // In a session that others use too the data outlives this command.
    if (shared) dataset.shape.lease = client::Lease::Session;
    // Detached, it stays retained: an engine's successor gets it from the library.
    requests
        .run("registering a dataset",
             [&] { return engine.register_dataset(dataset.id, dataset.data, dataset.shape); })
        .detach();
  }
}

Evaluation evaluate(client::Engine& engine,
                    const GraphFile& graph,
                    const std::vector<InputSetting>& settings,
                    const Requests& requests) {
  Evaluation evaluation;
  requests.run(
      "evaluating " + graph.name(),
      [&] { return engine.load_snapshot(graph.text()); },
      engine,
      evaluation);
  if (settings.empty()) return evaluation;
  // The graph already carries what was set; this has the engine check the ports' names, and writes
  // what JSON cannot say (NaN, infinities).
  std::vector<client::Input> inputs;
  inputs.reserve(settings.size());
  for (const InputSetting& setting : settings)
    inputs.push_back({setting.node, setting.port, setting.value});
  EvaluateOptions strict;
  strict.strict = true;
  requests.run(
      "--set", [&] { return engine.set_inputs(inputs, strict); }, engine, evaluation);
  return evaluation;
}

Evaluation evaluate_in_session(const EvalOptions& options,
                               const GraphFile& graph,
                               const std::vector<InputSetting>& settings,
                               std::vector<ImportedDataset>& datasets) {
  const Interruption interruption(options.timeout);
  const Requests requests(interruption);
  client::Engine engine = requests.await(
      "connecting", client::Engine::create(options.connect.for_session(options.timeout)));
  const Interruption::Watch watch(engine);
  register_datasets(engine, datasets, !options.connect.session.empty(), requests);
  return evaluate(engine, graph, settings, requests);
}

ExitStatus run_eval(const EvalOptions& options) {
  GraphFile graph = usable(GraphFile::read(options.graph));
  const std::vector<InputSetting> settings = read_settings(graph, options);
  require_nodes(graph, options.nodes);
  usable(graph.apply(settings));
  std::vector<ImportedDataset> datasets;
  for (const std::string& argument : options.datasets) {
    datasets.push_back(import_dataset(argument));
    for (const std::string& text : datasets.back().notes)
      note(text);
  }

  const Evaluation evaluation = evaluate_in_session(options, graph, settings, datasets);
  const OutputChoice choice{options.json ? Format::Json : options.format, options.nodes};
  print(evaluation.text(graph, choice));
  if (choice.format != Format::Json)
    for (const std::string& line : evaluation.diagnostic_lines())
      note(line);
  return evaluation.has_error(choice.nodes) ? ExitStatus::ErrorValue : ExitStatus::Fine;
}

}  // namespace

void add_eval(CLI::App& program, ExitStatus& status) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = program.add_subcommand("eval", "Evaluate a graph and print its values");
  command
      ->add_option(
          "GRAPH", options->graph, "EngineSnapshotV1 or a canvas file; - for standard input")
      ->required();
  command
      ->add_option("--set", options->sets, "Give an input a value; NODE=VALUE is its port `value`")
      ->type_name("NODE[.PORT]=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--dataset",
                   options->datasets,
                   "Register a CSV file's numbers as dataset ID: one column, or all as a table")
      ->type_name("ID=FILE.csv[:COLUMN]")
      ->allow_extra_args(false);
  command->add_option("--node", options->nodes, "Print only this node, in full (may be repeated)")
      ->type_name("ID")
      ->allow_extra_args(false);
  const std::map<std::string, Format> formats{
      {"json", Format::Json}, {"table", Format::Table}, {"csv", Format::Csv}};
  command->add_option("--output", options->format, "json, table (default) or csv")
      ->transform(CLI::CheckedTransformer(formats))
      ->type_name("FORMAT");
  command->add_flag("--json", options->json, "The same as --output json");
  command->add_option("--timeout", options->timeout, "Cancel the evaluation after so many seconds")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
  options->connect.add_socket(*command);
  options->connect.add_session(*command);
  command->callback([options, &status] { status = run_eval(*options); });
}

}  // namespace chainsolved::cli
