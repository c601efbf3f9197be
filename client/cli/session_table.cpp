#include "client/cli/session_table.h"

#include "client/cli/output.h"

namespace chainsolved::cli {

std::string session_table(const std::vector<client::SessionRow>& sessions) {
  if (sessions.empty()) return "No sessions.\n";
  TextTable table({{"SESSION"},
                   {"NAME"},
                   {"STATE"},
                   {"PID", Align::Right},
                   {"CLIENTS", Align::Right},
                   {"NODES", Align::Right},
                   {"DATASETS", Align::Right},
                   {"DATA", Align::Right},
                   {"MEMORY", Align::Right},
                   {"BUSY", Align::Right},
                   {"RESTARTS", Align::Right}});
  for (const client::SessionRow& row : sessions) {
    table.row({row.session_id,
               row.name,
               row.state,
               std::to_string(row.pid),
               std::to_string(row.clients),
               std::to_string(row.nodes),
               std::to_string(row.datasets),
               byte_count(static_cast<double>(row.dataset_bytes)),
               byte_count(static_cast<double>(row.resident_bytes)),
               duration(row.busy_ms),
               std::to_string(row.restarts)});
  }
  return table.text();
}

}  // namespace chainsolved::cli
