// An engine that is killed at any instant, and the one that takes its place, against a model that
// knows what every request does.

#include "tests/engine/engine_harness.h"
#include "tests/graph/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <poll.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

/// The graph as a client sees it: numbers, and the sum of the first two.
using Model = std::map<std::string, double>;

class Deaths {
 public:
  explicit Deaths(unsigned seed) : random_(seed), engine_(std::make_unique<EngineHarness>()) {
    client_ = &engine_->attach(EngineHarness::Names::Yes);
  }

  void one() {
    std::vector<std::uint64_t> ids;
    std::vector<Model> after;  // of each request
    for (unsigned i = 0, count = 1 + random_() % 40; i < count; ++i) {
      ids.push_back(send_some());
      after.push_back(model_);
    }
    std::set<std::uint64_t> answered;
    const std::size_t patience = random_() % (ids.size() + 1);
    while (answered.size() < patience)
      note_answer(*client_->receive(), answered);
    for (unsigned looks = random_() % 20; looks > 0; --looks)
      static_cast<void>(engine_->generations());  // some microseconds more or less
    engine_->kill();
    // What it had still sent.
    pollfd entry{client_->socket().get(), POLLIN, 0};
    while (::poll(&entry, 1, 0) > 0)
      note_answer(*client_->receive(), answered);
    recreate(ids, after, answered);
  }

  std::size_t applied_in_flight = 0;
  std::size_t lost_in_flight = 0;
  std::size_t refused = 0;

 private:
  std::uint64_t send_some() {
    const auto value = static_cast<double>(++counter_);
    const std::string name = "n" + std::to_string(random_() % 4);
    switch (random_() % 6) {
      case 0:
        model_ = {{"n0", value}, {"n1", 1}};
        return client_->send(
            "loadSnapshot",
            {{"snapshot",
              snapshot({node("n0", "number", {{"value", value}}),
                        node("n1", "number", {{"value", 1}}),
                        node("sum", "add")},
                       {edge("1", "n0", "sum", "a"), edge("2", "n1", "sum", "b")})}});
      case 1: {
        // Long enough that some journals do not take another.
        model_[name] = value;
        const json data = {{"value", value}, {"label", std::string(100'000, 'x')}};
        return client_->send(
            "applyPatch", {{"ops", {{{"op", "addNode"}, {"node", node(name, "number", data)}}}}});
      }
      case 2:
        model_.erase(name);
        return client_->send("applyPatch", {{"ops", {{{"op", "removeNode"}, {"nodeId", name}}}}});
      default:
        if (model_.contains(name)) model_[name] = value;
        return client_->send("setInput", {{"nodeId", name}, {"portId", "value"}, {"value", value}});
    }
  }

  static void note_answer(const Message& message, std::set<std::uint64_t>& answered) {
    if (message.header.kind == FrameKind::Notification) return;
    EXPECT_TRUE(message.ok()) << message.json.dump();
    EXPECT_TRUE(answered.insert(message.header.id).second) << "answered twice";
  }

  /// What the supervisor says of each request in the table, by id: `applied`.
  std::map<std::uint64_t, bool> in_flight() const {
    const std::uint64_t committed = engine_->committed();
    std::map<std::uint64_t, bool> found;
    for (const InFlightEntry& entry : engine_->page().in_flight)
      if (entry.phase.load() != 0 && entry.client.load() != 0)
        found[entry.request_id.load()] = committed >= entry.commits.load();
    return found;
  }

  void recreate(const std::vector<std::uint64_t>& ids,
                const std::vector<Model>& after,
                std::set<std::uint64_t>& answered) {
    const auto table = in_flight();
    // In the order of sending: answered, applied, not applied, never taken.
    std::size_t applied = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto entry = table.find(ids[i]);
      const bool told = answered.contains(ids[i]);
      const bool is_applied = told || (entry != table.end() && entry->second);
      if (is_applied) {
        EXPECT_EQ(applied, i) << "what came before is not applied";
        applied = i + 1;
      }
      if (!told && entry != table.end()) ++(is_applied ? applied_in_flight : lost_in_flight);
    }
    model_ = applied == 0 ? before_ : after[applied - 1];
    before_ = model_;

    const bool any = engine_->committed() != 0;
    auto next = std::make_unique<EngineHarness>(engine_->successor());
    if (any) next->take_over(*engine_);
    AttachMessage attach;
    attach.client = 1;
    attach.names = true;
    attach.error = "WORKER_CRASHED";
    for (const auto& [id, was_applied] : table)
      attach.answered.push_back(id);
    client_ = &next->attach_again(*engine_, attach);
    engine_ = std::move(next);
    ++client_->epoch;
    client_->seen.clear();
    compare(client_->call("getValues").result().at("values"));
    // Each that was neither answered nor in the table is refused, once.
    std::set<std::uint64_t> expected;
    for (const std::uint64_t id : ids)
      if (!answered.contains(id) && !table.contains(id)) expected.insert(id);
    for (const Message& message : client_->seen) {
      if (message.header.kind == FrameKind::Notification) continue;
      EXPECT_EQ(message.code(), "WORKER_CRASHED");
      EXPECT_EQ(message.applied(), false);
      EXPECT_EQ(expected.erase(message.header.id), 1U);
      ++refused;
    }
    EXPECT_TRUE(expected.empty());
  }

  void compare(const json& values) const {
    Model got;
    for (const auto& [id, value] : values.items())
      if (id != "sum") got[id] = value.at("value").get<double>();
    EXPECT_EQ(got, model_);
  }

  Random random_;
  std::unique_ptr<EngineHarness> engine_;
  TestClient* client_ = nullptr;
  Model model_;
  Model before_;  // when the engine began
  std::uint64_t counter_ = 0;
};

class RandomDeaths : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomDeaths, LeaveWhatWasSaidOfEachRequest) {
  Deaths deaths(GetParam());
  for (int i = 0; i < 15 && !HasFailure(); ++i) {
    SCOPED_TRACE("death " + std::to_string(i));
    deaths.one();
  }
  RecordProperty("applied", static_cast<int>(deaths.applied_in_flight));
  RecordProperty("lost", static_cast<int>(deaths.lost_in_flight));
  RecordProperty("refused", static_cast<int>(deaths.refused));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDeaths, ::testing::Range(0U, 8U));

}  // namespace
}  // namespace chainsolved::test
