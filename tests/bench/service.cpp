#include "tests/bench/service.h"

#include <cstdio>
#include <cstdlib>

namespace chainsolved::bench {

void give_up(const Error& error) {
  std::fprintf(stderr,
               "bench: %.*s: %s\n",
               static_cast<int>(info_of(error.code).wire.size()),
               info_of(error.code).wire.data(),
               error.message.c_str());
  std::exit(1);
}

client::Engine open_engine() {
  client::Options options;
  options.spawn = client::Spawn::Private;
  options.client_name = "chainsolved-bench";
  return require(client::Engine::create(options));
}

}  // namespace chainsolved::bench
