#include "client/cli/commands.h"

int main(int argc, char** argv) {
  return chainsolved::cli::run(argc, argv);
}
