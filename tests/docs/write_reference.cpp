// Writes docs/reference.md; `./dev docs` runs it.
#include "tests/docs/reference_page.h"

#include <fstream>

int main() {
  std::ofstream file(CHAINSOLVED_SOURCE_DIR "/docs/reference.md");
  file << chainsolved::docs::reference_page();
  return file.good() ? 0 : 1;
}
