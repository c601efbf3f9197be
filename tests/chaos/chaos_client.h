#pragma once

#include "chainsolved/engine.h"
#include "tests/chaos/model.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace chainsolved::test {

/// One client under load: it keeps several requests under way, knows for each what its answer must
/// be, and writes down every answer that is another.
class ChaosClient {
 public:
  /// Joins the session `options.session` and builds its part of the graph, without disturbance.
  ChaosClient(const client::Options& options, int number, std::uint64_t seed);
  ChaosClient(const ChaosClient&) = delete;
  ChaosClient& operator=(const ChaosClient&) = delete;
  ~ChaosClient() = default;

  /// Sends until `depth` requests are under way.
  void send_more(std::size_t depth);
  /// Asks for all its values and demands those of the model.
  void send_check();
  /// Takes what has come.
  void take();

  client::Engine& engine() noexcept { return *engine_; }
  std::size_t under_way() const noexcept { return under_way_.size(); }
  std::uint64_t answered() const noexcept { return answered_; }
  std::uint64_t refused() const noexcept { return refused_; }
  std::uint64_t recreated() const noexcept { return recreated_; }
  /// What was not as the model says; empty is good.
  const std::vector<std::string>& wrong() const noexcept { return wrong_; }
  /// What is under way, for a report of a run that stands still.
  std::string standing() const;

 private:
  enum class Kind : std::uint8_t { Input, Patch, Values, Evaluate };
  struct UnderWay {
    Kind kind = Kind::Input;
    Model::Change change;
    double expected = 0;  // of Evaluate
  };

  void send(Kind kind, const std::string& method, const nlohmann::json& params, UnderWay request);
  void on_message(const client::RawMessage& message);
  void on_answer(const UnderWay& request, const nlohmann::json& result);
  void on_error(const UnderWay& request, const nlohmann::json& error);
  void on_values_changed(const nlohmann::json& params);
  void demand(const std::map<std::string, double>& told,
              const std::set<std::string>& must,
              const char* where);
  std::map<std::string, double> own_numbers(const nlohmann::json& values) const;
  void complain(const std::string& what);

  std::optional<client::Engine> engine_;
  Model model_;
  Model::Random random_;
  std::map<client::RequestId, UnderWay> under_way_;
  std::set<client::RequestId> done_;
  bool patch_under_way_ = false;
  bool void_ = false;  // between `recreating` and the full values that follow
  std::uint64_t answered_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t recreated_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace chainsolved::test
