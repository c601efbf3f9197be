// The demo: starts a daemon of its own, does the main job on real input, freezes and kills its
// engine, and checks every number. Exit status 0 only if all of them were right.

#include "chainsolved/engine.h"
#include "client/cli/csv.h"
#include "client/cli/dataset_import.h"
#include "client/cli/failure.h"
#include "client/cli/graph_file.h"
#include "examples/expectation.h"
#include "examples/recovery.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::examples {
namespace {

using cli::done;
using cli::usable;
using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

class Demo {
 public:
  explicit Demo(std::string folder) : folder_(std::move(folder)) {}

  /// How many checks failed.
  int run() {
    client::Engine engine = start_daemon();
    evaluate_examples(engine);
    analyse_dataset(engine);
    move_slider(engine);
    lose_engines(engine);
    done("ending the session", engine.dispose());
    if (wrong_ == 0) {
      std::printf("\nEverything was right (%d checks).\n", checked_);
    } else {
      std::printf("\n%d of %d checks FAILED.\n", wrong_, checked_);
    }
    return wrong_;
  }

 private:
  client::Engine start_daemon() {
    client::Options options;
    options.client_name = "chainsolved-demo";
    options.spawn = client::Spawn::Private;
    options.watchdog_ms = kWatchdogMs;
    const auto start = Clock::now();
    client::Engine engine =
        done("starting a daemon on a private socket", client::Engine::create(options));
    std::printf(
        "Started a daemon (process %lld) on the private socket %s\n"
        "and opened session %s on it, %.1f ms in all.\n",
        static_cast<long long>(engine.daemon().pid),
        engine.daemon().socket.c_str(),
        engine.session().session_id.c_str(),
        microseconds_since(start) / 1000);
    return engine;
  }

  void evaluate_examples(client::Engine& engine) {
    std::printf("\nThe examples, held against values that Python worked out:\n");
    for (const Example& example : find_examples(folder_)) {
      std::vector<client::DatasetHandle> datasets;
      for (const std::string& argument : example.datasets) {
        cli::ImportedDataset dataset = cli::import_dataset(argument);
        datasets.push_back(
            done(dataset.id, engine.register_dataset(dataset.id, dataset.data, dataset.shape)));
      }
      const cli::GraphFile graph = usable(cli::GraphFile::read(example.graph_file));
      const auto start = Clock::now();
      const client::EvalResult result = done(example.name, engine.load_snapshot(graph.text()));
      const double took = microseconds_since(start);
      const Verdict verdict =
          compare(example, [&](const std::string& node) { return result.value(node); });
      checked_ += static_cast<int>(verdict.compared);
      for (const std::string& text : verdict.wrong)
        fail(example.name + ", " + text);
      std::printf("  %-15s %4zu nodes loaded and evaluated in %6.0f µs, %3zu values compared: %s\n",
                  example.name.c_str(),
                  graph.nodes().size(),
                  took,
                  verdict.compared,
                  verdict.wrong.empty() ? "all right" : "WRONG");
    }
  }

  /// A column of a real CSV file, parsed straight into the shared memory that the engine reads.
  void analyse_dataset(client::Engine& engine) {
    const cli::CsvFile csv = usable(cli::CsvFile::read(folder_ + "/data/seattle-weather.csv"));
    const std::array<std::size_t, 1> column{csv.find_column("temp_max").value()};
    client::DatasetBuilder data =
        done("making shared memory", client::DatasetBuilder::create(csv.rows()));
    csv.fill(column, done("mapping it", data.values()));
    // The same pages, kept readable here: what the engine sees without a copy.
    const Numbers numbers = done("keeping a view", data.keep_view());
    const client::DatasetHandle handle =
        done("registering it", engine.register_dataset("temperature", data));
    const client::EvalResult result = done("evaluating it", engine.load_snapshot(kStatistics));
    const client::Stats stats = done("asking for statistics", engine.get_stats());

    double sum = 0;
    double least = numbers[0];
    double largest = numbers[0];
    for (const double number : numbers) {
      sum += number;
      least = std::min(least, number);
      largest = std::max(largest, number);
    }
    const double mean = sum / static_cast<double>(numbers.size());
    std::printf(
        "\nRead column temp_max of seattle-weather.csv (%zu days) into shared memory, sealed it "
        "and\n"
        "handed it over: the session holds %llu bytes in %llu dataset, and nothing was copied.\n",
        numbers.size(),
        static_cast<unsigned long long>(stats.dataset_total_bytes),
        static_cast<unsigned long long>(stats.dataset_count));
    expect("bytes held",
           static_cast<double>(stats.dataset_total_bytes),
           static_cast<double>(numbers.size() * sizeof(double)));
    expect("mean", scalar(result, "mean"), mean);
    expect("min", scalar(result, "min"), least);
    expect("max", scalar(result, "max"), largest);
    expect("range", scalar(result, "range"), largest - least);
    std::printf(
        "Mean %.3f °C, between %.1f and %.1f, range %.1f: a plain loop here says the same.\n",
        scalar(result, "mean"),
        scalar(result, "min"),
        scalar(result, "max"),
        scalar(result, "range"));
  }

  /// The span of the beam, a thousand positions, each answer checked against the formula.
  void move_slider(client::Engine& engine) {
    constexpr int kMoves = 1000;
    const cli::GraphFile graph = usable(cli::GraphFile::read(folder_ + "/beam.json"));
    (void)done("loading the beam", engine.load_snapshot(graph.text()));
    std::vector<double> latencies;
    latencies.reserve(kMoves);
    for (int i = 0; i < kMoves; ++i) {
      // Never the position before, nor the one that the file has.
      const double span = 2.005 + 0.01 * i;
      const auto start = Clock::now();
      const client::IncrementalResult result =
          done("moving the slider", engine.set_input("span", "value", span));
      latencies.push_back(microseconds_since(start));
      const double deflection = 5 * 12000 * std::pow(span, 4) / (384 * 210e9 * 8.356e-5);
      expect("deflection", result.scalar("deflection").value_or(NAN), deflection);
    }
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&](double share) {
      return latencies[static_cast<std::size_t>(share * (kMoves - 1))];
    };
    std::printf(
        "\nMoved the beam's span slider %d times; each answer came straight from the engine "
        "process:\n"
        "  median %.1f µs, p90 %.1f µs, p99 %.1f µs, max %.1f µs\n",
        kMoves,
        at(0.5),
        at(0.9),
        at(0.99),
        latencies.back());
  }

  /// The engine process is taken away twice; nothing of its session is.
  void lose_engines(client::Engine& engine) {
    for (const Example& example : find_examples(folder_)) {
      if (example.name != "weather-year") continue;
      std::printf("\nWhat happens to %s when its engine is taken away (watchdog %d ms):\n",
                  example.name.c_str(),
                  kWatchdogMs);
      const RecoveryVerdict verdict = freeze_and_kill(engine, example, "first-day");
      checked_ += verdict.checked;
      for (const std::string& text : verdict.wrong)
        fail(text);
    }
  }

  static double scalar(const client::EvalResult& result, std::string_view node) {
    return result.scalar(node).value_or(NAN);
  }

  void expect(const std::string& what, double got, double wanted) {
    ++checked_;
    if (!agree(got, wanted, 1e-12, 0))
      fail(what + ": expected " + std::to_string(wanted) + ", got " + std::to_string(got));
  }

  void fail(const std::string& text) {
    ++wrong_;
    std::printf("  WRONG: %s\n", text.c_str());
  }

  static constexpr std::string_view kStatistics = R"({"version": 1, "nodes": [
    {"id": "numbers", "blockType": "vectorInput", "data": {"datasetRef": "temperature"}},
    {"id": "mean", "blockType": "vectorMean", "data": {}},
    {"id": "min", "blockType": "vectorMin", "data": {}},
    {"id": "max", "blockType": "vectorMax", "data": {}},
    {"id": "range", "blockType": "subtract", "data": {}}], "edges": [
    {"id": "1", "source": "numbers", "sourceHandle": "out", "target": "mean", "targetHandle": "vec"},
    {"id": "2", "source": "numbers", "sourceHandle": "out", "target": "min", "targetHandle": "vec"},
    {"id": "3", "source": "numbers", "sourceHandle": "out", "target": "max", "targetHandle": "vec"},
    {"id": "4", "source": "max", "sourceHandle": "out", "target": "range", "targetHandle": "a"},
    {"id": "5", "source": "min", "sourceHandle": "out", "target": "range", "targetHandle": "b"}]})";

  static constexpr int kWatchdogMs = 300;

  std::string folder_;
  int checked_ = 0;
  int wrong_ = 0;
};

}  // namespace
}  // namespace chainsolved::examples

int main(int argc, char** argv) {
  try {
    return chainsolved::examples::Demo(argc > 1 ? argv[1] : CHAINSOLVED_EXAMPLES).run() == 0
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "chainsolved-demo: %s\n", error.what()));
    return EXIT_FAILURE;
  }
}
