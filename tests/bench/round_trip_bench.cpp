// setInput on a one-node graph beside a bare SEQPACKET echo of the same size (TARGETS.md, "Speed").
#include "tests/bench/echo_floor.h"
#include "tests/bench/service.h"

namespace chainsolved::bench {

void measure_round_trip(Report& report) {
  client::Engine engine = open_engine();
  (void)require(engine.load_snapshot(
      R"({"version":1,"nodes":[{"id":"x","blockType":"number","data":{"value":0}}],"edges":[]})"));
  EchoProcess echo;
  double value = 0;
  Comparison comparison;
  comparison.name = "setInput round trip, 1 node";
  comparison.floor_name = "SEQPACKET echo, 100 bytes, epoll both ends";
  comparison.ours = [&] {
    (void)require(engine.set_input("x", "value", ++value));
  };
  comparison.floor = [&] {
    echo.round_trip(100);
  };
  comparison.rounds = 100;
  comparison.batch = 200;
  comparison.target_ratio = 1.3;
  report.add(compare(comparison));
}

}  // namespace chainsolved::bench
