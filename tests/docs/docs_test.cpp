#include "tests/docs/reference_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace chainsolved::docs {
namespace {

TEST(ReferencePage, IsWhatTheTablesSay) {
  std::ifstream file(CHAINSOLVED_SOURCE_DIR "/docs/reference.md");
  ASSERT_TRUE(file.is_open()) << "docs/reference.md is missing: run ./dev docs";
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), reference_page()) << "docs/reference.md is stale: run ./dev docs";
}

}  // namespace
}  // namespace chainsolved::docs
