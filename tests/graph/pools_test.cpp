#include "daemon/engine/graph/id_index.h"
#include "daemon/engine/graph/span_pool.h"
#include "daemon/engine/graph/text_pool.h"
#include "tests/graph/random.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace chainsolved::graph {
namespace {

TEST(TextPool, TextsKeepTheirContentWhileOthersComeAndGo) {
  test::Random random(1);
  TextPool pool;
  std::vector<std::pair<TextPool::Ref, std::string>> texts;
  for (int round = 0; round < 20'000; ++round) {
    if (texts.size() < 100 || random() % 2 == 0) {
      const std::string text(random() % (random() % 50 == 0 ? 5000 : 60),
                             static_cast<char>('a' + round % 26));
      texts.emplace_back(pool.add(text), text);
    } else {
      const std::size_t at = random() % texts.size();
      ASSERT_EQ(texts[at].first.view(), texts[at].second);
      pool.release(texts[at].first);
      texts[at] = texts.back();
      texts.pop_back();
    }
  }
  for (const auto& [ref, text] : texts)
    EXPECT_EQ(ref.view(), text);
}

TEST(TextPool, ReleasedRoomIsUsedAgain) {
  TextPool pool;
  TextPool::Ref ref = pool.add("some node's id");
  const std::size_t before = pool.memory_bytes();
  for (int i = 0; i < 100'000; ++i) {
    pool.release(ref);
    ref = pool.add("another one id");
  }
  EXPECT_EQ(pool.memory_bytes(), before);
}

TEST(SpanPool, ListsGrowAndShrinkWithoutTouchingEachOther) {
  test::Random random(2);
  SpanPool<std::uint32_t> pool;
  std::vector<Span> spans(50, Span{});
  std::vector<std::vector<std::uint32_t>> model(50);
  for (std::uint32_t round = 0; round < 50'000; ++round) {
    const std::size_t at = random() % spans.size();
    const std::uint32_t what = random() % 10;
    if (what < 6 || model[at].empty()) {
      pool.push(spans[at], round);
      model[at].push_back(round);
    } else if (what < 9) {
      const std::size_t i = random() % model[at].size();
      pool.erase(spans[at], i);
      model[at].erase(model[at].begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      pool.release(spans[at]);
      model[at].clear();
    }
    ASSERT_EQ(spans[at].count(), model[at].size());
  }
  for (std::size_t at = 0; at < spans.size(); ++at) {
    for (std::size_t i = 0; i < model[at].size(); ++i) {
      ASSERT_EQ(pool.at(spans[at], i), model[at][i]);
    }
  }
}

TEST(IdIndex, FindsWhatAPlainMapFindsThroughInsertsAndErasures) {
  test::Random random(3);
  IdIndex index;
  std::vector<std::string> texts(3000);
  std::map<std::string, std::uint32_t> model;
  for (std::uint32_t i = 0; i < texts.size(); ++i)
    texts[i] = "node-" + std::to_string(i * 7);
  const auto text_of = [&](std::uint32_t item) {
    return std::string_view(texts[item]);
  };
  for (int round = 0; round < 100'000; ++round) {
    const std::uint32_t item = random() % 3000;
    const std::uint32_t hash = hash_id(texts[item]);
    const auto found = index.find(texts[item], hash, text_of);
    ASSERT_EQ(found != IdIndex::kNone, model.contains(texts[item]));
    if (found == IdIndex::kNone) {
      index.insert(hash, item);
      model.emplace(texts[item], item);
    } else {
      ASSERT_EQ(found, item);
      index.erase(hash, item);
      model.erase(texts[item]);
    }
    ASSERT_EQ(index.size(), model.size());
  }
}

}  // namespace
}  // namespace chainsolved::graph
