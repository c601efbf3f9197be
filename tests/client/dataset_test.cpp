#include "chainsolved/dataset.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::client {

namespace {

TEST(DatasetBuilder, ColumnsLieOneAfterTheOther) {
  auto data = DatasetBuilder::create(3, 2);
  ASSERT_TRUE(data.ok());
  auto second = data->column(1);
  ASSERT_TRUE(second.ok());
  (*second)[0] = 7;
  auto all = data->values();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 6U);
  EXPECT_EQ((*all)[3], 7);
  EXPECT_FALSE(data->column(2).ok());
}

TEST(DatasetBuilder, ASealedOneCannotBeWrittenAndAViewOfItOutlivesIt) {
  Numbers view;
  {
    auto data = DatasetBuilder::create(2);
    ASSERT_TRUE(data.ok());
    (*data->values())[1] = 5;
    auto kept = data->keep_view();
    ASSERT_TRUE(kept.ok());
    view = *kept;
    EXPECT_TRUE(data->sealed());
    const auto refused = data->values();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::NotAllowed);
  }
  ASSERT_EQ(view.size(), 2U);
  EXPECT_EQ(view[1], 5);
}

TEST(DatasetBuilder, CopiesDataThatLiesElsewhere) {
  const std::vector<double> values{1, 2, 3};
  auto data = DatasetBuilder::copy_of(values);
  ASSERT_TRUE(data.ok());
  auto view = data->keep_view();
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(std::vector<double>(view->begin(), view->end()), values);
}

TEST(DatasetBuilder, ADetachedOneSaysSo) {
  auto data = DatasetBuilder::create(1);
  ASSERT_TRUE(data.ok());
  data->detach();
  EXPECT_TRUE(data->detached());
  EXPECT_FALSE(data->seal().ok());
  EXPECT_NE(data->values().error().message.find("detached"), std::string::npos);
}

TEST(DatasetBuilder, AShapeThatNoMachineHoldsIsALimitError) {
  const auto data = DatasetBuilder::create(std::numeric_limits<std::uint64_t>::max(), 3);
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.error().code, ErrorCode::LimitExceeded);
}

TEST(DatasetHandle, ReleasesOnceAtItsEndUnlessItWasDetached) {
  std::vector<std::string> released;
  const auto note = [&](const std::string& id) {
    released.push_back(id);
  };
  {
    DatasetHandle one("one", 8, note);
    const DatasetHandle moved = std::move(one);
    DatasetHandle left("left", 8, note);
    left.detach();
    EXPECT_TRUE(released.empty());
  }
  EXPECT_EQ(released, std::vector<std::string>{"one"});
}

TEST(DatasetHandle, AssigningReleasesWhatWasHeldBefore) {
  std::vector<std::string> released;
  const auto note = [&](const std::string& id) {
    released.push_back(id);
  };
  DatasetHandle handle("old", 8, note);
  handle = DatasetHandle("new", 8, note);
  EXPECT_EQ(released, std::vector<std::string>{"old"});
}

}  // namespace

}  // namespace chainsolved::client
