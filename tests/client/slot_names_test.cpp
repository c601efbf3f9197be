#include "client/cpp/src/slot_names.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace chainsolved::client {

namespace {

std::unique_ptr<SlotNames> names_of(const std::string& snapshot) {
  auto kept = std::make_shared<const std::string>(snapshot);
  return std::make_unique<SlotNames>(SnapshotText{kept, *kept});
}

std::string node(const std::string& id, const std::string& more = "") {
  return R"({"id":")" + id + R"(","blockType":"number","data":{})" + more + "}";
}

std::string snapshot_of(const std::string& nodes) {
  return R"({"version":1,"nodes":[)" + nodes + R"(],"edges":[]})";
}

TEST(SlotNames, SlotsOfASnapshotAreItsPositions) {
  const auto names = names_of(snapshot_of(node("a") + "," + node("b") + "," + node("c")));
  EXPECT_EQ(names->slot_of("c"), 2U);
  EXPECT_EQ(names->id_of(1), "b");
  EXPECT_EQ(names->id_of(3), "");
  EXPECT_FALSE(names->slot_of("d").has_value());
}

TEST(SlotNames, OfEqualIdsInASnapshotTheFirstGivesTheSlot) {
  const auto names = names_of(snapshot_of(node("a") + "," + node("b") + "," + node("a")));
  EXPECT_EQ(names->slot_of("a"), 0U);
}

TEST(SlotNames, ASnapshotThatAnEngineWroteSaysItsSlots) {
  const auto names =
      names_of(snapshot_of(node("a", R"(,"slot":7)") + "," + node("b", R"(,"slot":3)")));
  EXPECT_EQ(names->slot_of("a"), 7U);
  EXPECT_EQ(names->id_of(3), "b");
}

TEST(SlotNames, ANodeThatCameBackHasItsNewestSlotAndKeepsTheOldOnes) {
  const auto names = names_of(snapshot_of(node("a") + "," + node("b")));
  names->add(2, "a");
  EXPECT_EQ(names->slot_of("a"), 2U);
  EXPECT_EQ(names->slots_of("a"), (std::vector<std::uint32_t>{2, 0}));
  EXPECT_EQ(names->id_of(0), "a");
}

TEST(SlotNames, NamesToldBeforeTheSnapshotIsReadAreNewerThanIt) {
  const auto names = names_of(snapshot_of(node("a")));
  names->add(5, "a");
  EXPECT_EQ(names->slot_of("a"), 5U);
}

TEST(SlotNames, ASlotNoGraphHasWastesNoMemory) {
  SlotNames names;
  names.add(~std::uint32_t{0}, "a");
  EXPECT_FALSE(names.slot_of("a").has_value());
}

TEST(SlotNames, ViewsOfNamesStayValidWhenMoreAreAdded) {
  SlotNames names;
  names.add(0, "first");
  const std::string_view first = names.id_of(0);
  for (std::uint32_t slot = 1; slot < 20000; ++slot)
    names.add(slot, "node-" + std::to_string(slot));
  EXPECT_EQ(first, "first");
  EXPECT_EQ(names.slot_of("node-19999"), 19999U);
}

}  // namespace

}  // namespace chainsolved::client
