#include "tests/chaos/chaos_client.h"

#include <stdexcept>
#include <utility>

namespace chainsolved::test {

namespace {

using nlohmann::json;

std::string prefix_of(int number) {
  return "c" + std::to_string(number) + ".";
}

json number_of(double value) {
  return {{"kind", "scalar"}, {"value", value}};
}

}  // namespace

ChaosClient::ChaosClient(const client::Options& options, int number, std::uint64_t seed)
    : model_(prefix_of(number)), random_(seed) {
  auto opened = client::Engine::create(options);
  if (!opened.ok()) throw std::runtime_error(opened.error().message);
  engine_.emplace(std::move(*opened));
  const auto built = engine_->apply_patch(model_.everything()["ops"].dump());
  if (!built.ok()) throw std::runtime_error(built.error().message);
  engine_->handlers().on_raw = [this](const client::RawMessage& message) {
    on_message(message);
  };
}

void ChaosClient::send(Kind kind, const std::string& method, const json& params, UnderWay request) {
  request.kind = kind;
  client::RawRequest raw;
  raw.method = method;
  raw.params = params.dump();
  const auto id = engine_->send_raw(std::move(raw));
  if (!id.ok()) return complain("sending " + method + ": " + id.error().message);
  under_way_.emplace(*id, std::move(request));
}

void ChaosClient::send_more(std::size_t depth) {
  while (under_way_.size() < depth && wrong_.empty()) {
    const auto dice = random_() % 10;
    UnderWay request;
    if (dice < 6 || (dice < 8 && patch_under_way_)) {
      const json params = model_.random_input(random_, request.change);
      send(Kind::Input, "setInput", params, std::move(request));
    } else if (dice < 8) {
      patch_under_way_ = true;
      const json params = model_.random_patch(random_, request.change);
      send(Kind::Patch, "applyPatch", params, std::move(request));
    } else if (dice == 8) {
      send_check();
    } else {
      request.expected = static_cast<double>(random_() % 1000);
      const json node = {
          {"id", "alone"}, {"blockType", "number"}, {"data", {{"value", request.expected}}}};
      const json snapshot = {
          {"version", 1}, {"nodes", json::array({node})}, {"edges", json::array()}};
      send(Kind::Evaluate, "evaluate", {{"snapshot", snapshot}}, std::move(request));
    }
  }
}

void ChaosClient::send_check() {
  send(Kind::Values, "getValues", json::object(), {});
}

void ChaosClient::take() {
  const auto taken = engine_->poll();
  if (!taken.ok()) complain("the connection ended: " + taken.error().message);
}

void ChaosClient::on_message(const client::RawMessage& message) {
  const json body = json::parse(message.json());
  if (message.kind == client::RawMessage::Kind::Notification) {
    const std::string method = body.value("method", "");
    if (method == "recreating") void_ = true;
    if (method == "recreated") ++recreated_;
    if (method == "valuesChanged") on_values_changed(body.at("params"));
    if (method == "sessionFailed" || method == "sessionClosed") complain(body.dump());
    return;
  }
  const auto found = under_way_.find(message.id);
  if (found == under_way_.end())
    return complain((done_.contains(message.id) ? "a second answer: " : "an answer to nobody: ") +
                    body.dump().substr(0, 300));
  const UnderWay request = std::move(found->second);
  under_way_.erase(found);
  done_.insert(message.id);
  if (request.kind == Kind::Patch) patch_under_way_ = false;
  if (message.kind == client::RawMessage::Kind::Response) {
    ++answered_;
    on_answer(request, body.at("result"));
  } else {
    ++refused_;
    on_error(request, body.at("error"));
  }
}

void ChaosClient::on_answer(const UnderWay& request, const json& result) {
  switch (request.kind) {
    case Kind::Input:
    case Kind::Patch:
      if (result.contains("ignored")) complain("ignored: " + result.dump().substr(0, 300));
      return demand(
          own_numbers(result.at("changedValues")), model_.apply(request.change), "changedValues");
    case Kind::Values: {
      std::set<std::string> all;
      for (const auto& [id, value] : model_.values())
        all.insert(id);
      return demand(own_numbers(result.at("values")), all, "getValues");
    }
    case Kind::Evaluate:
      if (result.at("values").at("alone") != number_of(request.expected))
        complain("evaluate gave " + result.dump().substr(0, 300));
      return;
  }
}

void ChaosClient::on_error(const UnderWay& request, const json& error) {
  const json data = error.value("data", json::object());
  const std::string code = data.value("code", "");
  if (!code.starts_with("WORKER_") && code != "SESSION_RESTARTED")
    return complain("an error that no death explains: " + error.dump());
  if (request.kind != Kind::Input && request.kind != Kind::Patch) return;
  if (!data.contains("applied") || !data["applied"].is_boolean())
    return complain("an error that does not say whether it was applied: " + error.dump());
  if (data["applied"]) model_.apply(request.change);
}

void ChaosClient::on_values_changed(const json& params) {
  if (!params.value("full", false)) return;
  void_ = false;
  std::set<std::string> all;
  for (const auto& [id, value] : model_.values())
    all.insert(id);
  demand(own_numbers(params.at("changedValues")), all, "the values after a recreation");
}

std::map<std::string, double> ChaosClient::own_numbers(const json& values) const {
  std::map<std::string, double> numbers;
  for (const auto& [id, value] : values.items())
    if (model_.owns(id))
      numbers[id] = value.value("kind", "") == "scalar" ? value["value"].get<double>() : -1e300;
  return numbers;
}

void ChaosClient::demand(const std::map<std::string, double>& told,
                         const std::set<std::string>& must,
                         const char* where) {
  for (const auto& [id, value] : told) {
    const auto known = model_.values().find(id);
    if (known == model_.values().end())
      complain(std::string(where) + " has " + id + ", which does not exist");
    else if (known->second != value)
      complain(std::string(where) + ": " + id + " is " + std::to_string(value) +
               ", the model says " + std::to_string(known->second));
  }
  for (const std::string& id : must)
    if (!told.contains(id)) complain(std::string(where) + " lacks " + id);
}

void ChaosClient::complain(const std::string& what) {
  if (wrong_.size() < 10)
    wrong_.push_back("epoch " + std::to_string(engine_ ? engine_->epoch() : 0) + ": " + what);
}

std::string ChaosClient::standing() const {
  std::string text = std::to_string(under_way_.size()) + " requests without an answer:";
  for (const auto& [id, request] : under_way_)
    text += " " + std::to_string(id);
  return text + (void_ ? " (waiting for the values after a recreation)" : "");
}

}  // namespace chainsolved::test
