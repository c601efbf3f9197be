// Texts larger than one window of the token index (256 KiB).
#include "protocol/json_reader.h"
#include "protocol/json_text.h"
#include "tests/protocol/bytes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved {
namespace {

constexpr std::size_t kWindow = 256U << 10;

// Nested values with strings that are full of places where a window might be cut.
class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_(seed) {}

  std::string text(std::size_t bytes) {
    std::string out = "[";
    while (out.size() < bytes) {
      if (out.size() > 1) out += random_() % 2 == 0 ? "," : " ,\n";
      value(out, 3);
    }
    return out + "]";
  }

 private:
  void value(std::string& out, int depth) {
    switch (random_() % (depth > 0 ? 7 : 5)) {
      case 0:
        out += std::to_string(static_cast<std::int32_t>(random_()));
        return;
      case 1:
        out += random_() % 2 == 0 ? "true" : " null ";
        return;
      case 2:
      case 3:
        string(out, random_() % 40);
        return;
      case 4:
        string(out, random_() % 400 == 0 ? random_() % (3 * kWindow) : 3);
        return;
      case 5:
        out += "[";
        for (std::size_t i = random_() % 5; i-- > 0;) {
          value(out, depth - 1);
          if (i > 0) out += ",";
        }
        out += "]";
        return;
      default:
        out += "{";
        for (std::size_t i = random_() % 4; i-- > 0;) {
          string(out, 6);
          out += ": ";
          value(out, depth - 1);
          if (i > 0) out += ", ";
        }
        out += "}";
    }
  }

  void string(std::string& out, std::size_t length) {
    constexpr std::string_view kPieces[] = {"},", "]", "{\\\"", "\\\\", "é", "a,b", "\\u0041", "x"};
    out += '"';
    for (std::size_t i = 0; i < length; i += 2)
      out += kPieces[random_() % std::size(kPieces)];
    out += '"';
  }

  std::mt19937_64 random_;
};

TEST(JsonWindows, ATextOfManyReadsAsIfThereWasOne) {
  for (std::uint64_t seed = 0; seed < static_cast<std::uint64_t>(test::tries(30)); ++seed) {
    const std::string json = RandomJson(seed).text(5 * kWindow + seed * 1001);
    const test::TightText text(json);
    const auto read = parse_json(text.view(), {});
    ASSERT_TRUE(read.ok()) << seed << read.error().message;
    ASSERT_TRUE(*read == nlohmann::json::parse(json)) << seed;
    JsonReader reader;
    std::size_t elements = 0;
    ASSERT_TRUE(reader.start(text.view(), 8) && reader.skip_unchecked(&elements));
    ASSERT_TRUE(reader.finish());
    ASSERT_EQ(elements, read->size());
  }
}

TEST(JsonWindows, AStringMayBeLongerThanMany) {
  for (const std::string_view piece : {"}", ",", "é", "\\\\", "x", "\\\"}"}) {
    std::string content;
    while (content.size() < 9 * kWindow)
      content += piece;
    const std::string json = "[1,\"" + content + "\",2]";
    const auto read = parse_json(json, {});
    ASSERT_TRUE(read.ok()) << piece << read.error().message;
    ASSERT_EQ(read->size(), 3U);
    ASSERT_TRUE((*read)[1] == nlohmann::json::parse("\"" + content + "\""));
  }
}

TEST(JsonWindows, APlaceIsFoundAgainFromAnyOther) {
  const std::string json = RandomJson(99).text(6 * kWindow);
  JsonReader reader;
  ASSERT_TRUE(reader.start(json, 8) && reader.enter_array());
  std::vector<JsonReader::Place> places;
  std::vector<std::string_view> texts;
  while (reader.next_element()) {
    const auto place = reader.place();
    ASSERT_TRUE(reader.skip());
    places.push_back(place);
    texts.push_back(reader.text_since(place));
  }
  ASSERT_TRUE(reader.finish());
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t which = random() % places.size();
    reader.go(places[which]);
    ASSERT_TRUE(reader.skip()) << reader.error().message;
    ASSERT_EQ(reader.text_since(places[which]), texts[which]);
    ASSERT_EQ(reader.next_element(), which + 1 < places.size());
  }
}

TEST(JsonWindows, AFaultInALaterOneIsFound) {
  const std::string good = RandomJson(5).text(4 * kWindow);
  for (const std::string_view end :
       {"\xFF\"]", "x]", "\"abc]", ",]", "}", "\"\x01\"]", "1 2]", ""}) {
    const std::string bad = good.substr(0, good.size() - 1) + ",\"" + std::string(end);
    EXPECT_FALSE(parse_json(bad, {}).ok()) << end;
    const std::string other = good.substr(0, good.size() - 1) + std::string(end);
    EXPECT_FALSE(parse_json(other, {}).ok()) << end;
  }
}

TEST(JsonWindows, DamagedTextAgreesWithNlohmann) {
  const std::string good = RandomJson(8).text(2 * kWindow + 1000);
  test::Mutator mutate(41);
  for (int i = 0; i < test::tries(200); ++i) {
    const test::TightText text(mutate(good));
    const auto ours = parse_json(text.view(), {});
    const auto theirs = nlohmann::json::parse(text.view(), nullptr, false);
    if (theirs.is_discarded()) continue;  // numbers beyond double are the difference
    ASSERT_TRUE(ours.ok()) << i << ours.error().message;
    ASSERT_TRUE(*ours == theirs) << i;
  }
}

TEST(JsonWindows, ManyOpeningBracketsAreRefusedNotFollowed) {
  EXPECT_FALSE(parse_json(std::string(40 * kWindow, '['), {}).ok());
  EXPECT_FALSE(parse_json(std::string(10 * kWindow, '"'), {}).ok());
  EXPECT_FALSE(parse_json(std::string(10 * kWindow, ' '), {}).ok());
  EXPECT_FALSE(parse_json("[" + std::string(10 * kWindow, ','), {}).ok());
}

}  // namespace
}  // namespace chainsolved
