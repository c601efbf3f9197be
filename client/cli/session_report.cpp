#include "client/cli/session_report.h"

#include "client/cli/output.h"

#include <array>
#include <cmath>
#include <ctime>
#include <string_view>
#include <utility>

namespace chainsolved::cli {

namespace {

/// Local time, to the second; empty when it is not known.
std::string time_text(double milliseconds) {
  if (!(milliseconds > 0)) return {};
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return {};
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local)};
}

std::string list_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

std::string how_many(std::uint64_t count, std::string_view noun) {
  std::string text = std::to_string(count);
  text.append(" ").append(noun);
  return count == 1 ? text : text + "s";
}

/// The deaths as rows; with a heading for the session when there are several.
std::string deaths_text(const std::vector<client::SessionRow>& sessions, bool named) {
  TextTable table({{named ? "SESSION" : ""},
                   {"WHEN"},
                   {"REASON"},
                   {"CODE"},
                   {"SIGNAL"},
                   {"NODE"},
                   {"TIME LOST", Align::Right},
                   {"IN WORDS"}});
  bool any = false;
  for (const client::SessionRow& session : sessions) {
    for (const client::SessionDeath& death : session.deaths) {
      any = true;
      table.row({!named                 ? std::string()
                 : session.name.empty() ? session.session_id
                                        : session.name,
                 time_text(death.at_ms),
                 death.kind,
                 death.code,
                 death.signal,
                 death.node,
                 duration(death.lost_ms),
                 death.signal.empty() ? death.reason : std::string()});
    }
  }
  return any ? table.text() : std::string();
}

}  // namespace

std::string session_report(const client::SessionRow& session) {
  std::vector<std::pair<std::string_view, std::string>> lines{
      {"name", session.name},
      {"state", session.state + ", epoch " + std::to_string(session.epoch)},
      {"engine",
       "process " + std::to_string(session.pid) + ", " +
           byte_count(static_cast<double>(session.resident_bytes)) + ", busy for " +
           duration(session.busy_ms)},
      {"clients", std::to_string(session.clients)},
      {"graph", how_many(session.nodes, "node")},
      {"datasets",
       std::to_string(session.datasets) + ", " +
           byte_count(static_cast<double>(session.dataset_bytes))},
      {"restarts", std::to_string(session.restarts)},
      {"suspects", list_text(session.suspects)},
      {"quarantined", list_text(session.quarantined)},
      {"snapshot", session.snapshot_set_aside ? "set aside: no engine survived replaying it" : ""},
  };
  std::string text = "Session " + printable(session.session_id) + "\n";
  constexpr std::size_t kNameWidth = 13;
  for (const auto& [name, value] : lines) {
    if (value.empty()) continue;
    text.append("  ").append(name).append(kNameWidth - name.size(), ' ');
    text.append(printable(value)).append("\n");
  }
  const std::string deaths = deaths_text({session}, false);
  return deaths.empty() ? text : text + "\nHow its engines ended, the newest last\n" + deaths;
}

std::string death_table(const std::vector<client::SessionRow>& sessions) {
  return deaths_text(sessions, true);
}

}  // namespace chainsolved::cli
