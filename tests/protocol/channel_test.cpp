#include "protocol/channel.h"

#include "tests/protocol/bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved {
namespace {

TEST(Channel, ConfigureComesBackAsItWasSent) {
  ConfigureMessage sent;
  sent.session_id = "s-1";
  sent.session_name = "näme";
  sent.epoch = 3;
  sent.generation = 4;
  sent.options = {1, "response", 2, 3.5, "reattach", 6, true};
  std::uint64_t next = 1000;
  for (const LimitInfo& limit : kLimits)
    sent.limits.*limit.member = ++next;
  const auto read = read_configure(to_json(sent));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->session_id, "s-1");
  EXPECT_EQ(read->session_name, "näme");
  EXPECT_EQ(read->epoch, 3U);
  EXPECT_EQ(read->generation, 4U);
  EXPECT_EQ(read->options.watchdog_ms, 1U);
  EXPECT_EQ(read->options.watchdog_mode, "response");
  EXPECT_EQ(read->options.max_request_ms, 2U);
  EXPECT_EQ(read->options.time_budget_ms, 3.5);
  EXPECT_EQ(read->options.datasets, "reattach");
  EXPECT_EQ(read->options.linger_ms, 6U);
  EXPECT_TRUE(read->options.value_board);
  for (const LimitInfo& limit : kLimits)
    EXPECT_EQ(read->limits.*limit.member, sent.limits.*limit.member) << limit.name;
}

TEST(Channel, AttachComesBackWithAndWithoutOpen) {
  AttachMessage sent;
  sent.client = 1ULL << 60;
  sent.epoch = 2;
  sent.names = true;
  sent.pid = 4321;
  auto read = read_attach(to_json(sent));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->client, sent.client);
  EXPECT_EQ(read->epoch, 2U);
  EXPECT_TRUE(read->names);
  EXPECT_EQ(read->pid, 4321U);
  EXPECT_FALSE(read->open);
  sent.open = PendingOpen{9, true};
  read = read_attach(to_json(sent));
  ASSERT_TRUE(read.ok());
  ASSERT_TRUE(read->open);
  EXPECT_EQ(read->open->id, 9U);
  EXPECT_TRUE(read->open->created);
}

TEST(Channel, TheSmallMessagesComeBack) {
  const auto attached = read_attached(to_json(AttachedMessage{5}));
  ASSERT_TRUE(attached.ok());
  EXPECT_EQ(attached->client, 5U);
  const auto detached = read_detached(to_json(DetachedMessage{6}));
  ASSERT_TRUE(detached.ok());
  EXPECT_EQ(detached->client, 6U);
  EXPECT_EQ(*channel_method(to_json(ReadyMessage{})), "ready");
  EXPECT_EQ(*channel_method(to_json(AttachedMessage{})), "attached");
}

TEST(Channel, AMissingOrWrongMemberIsNamed) {
  const auto fails = [](std::string_view text, std::string_view says) {
    const auto read = read_attach(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::InvalidParams);
    EXPECT_NE(read.error().message.find(says), std::string::npos) << read.error().message;
  };
  fails(R"({"method":"attach","params":{"epoch":1}})", "attach.client is missing");
  fails(R"({"method":"attach","params":{"client":-1}})", "attach.client is not a count");
  fails(R"({"method":"attach","params":{"client":1,"epoch":4294967296}})", "epoch is too large");
  fails(R"({"method":"attach","params":{"client":1,"epoch":1,"names":0}})", "names is not true");
  fails(R"({"method":"attach","params":{"client":1,"epoch":1,"names":true,"pid":1,"open":{}}})",
        "attach.open.id is missing");
  fails(R"({"method":"attach","params":{"client":1,"epoch":1,"names":true,"pid":1,"open":5}})",
        "attach.open is not an object");
  fails(R"({"method":"attached","params":{"client":1}})", "no attach message");
  fails(R"({"method":"attach"})", "no attach message");
  fails(R"({"method":"attach","params":[]})", "no attach message");
}

TEST(Channel, WhatIsNoMessageIsRefused) {
  EXPECT_EQ(channel_method("[]").error().code, ErrorCode::InvalidRequest);
  EXPECT_EQ(channel_method("{}").error().code, ErrorCode::InvalidRequest);
  EXPECT_EQ(channel_method(R"({"method":1})").error().code, ErrorCode::InvalidRequest);
  EXPECT_EQ(channel_method("{").error().code, ErrorCode::ParseError);
}

TEST(Channel, DamagedMessagesAreReadOrRefused) {
  const std::string good = to_json(ConfigureMessage{});
  test::Mutator mutate(37);
  for (int i = 0; i < test::tries(20'000); ++i) {
    const test::TightText text(mutate(good));
    const auto read = read_configure(text.view());
    if (!read.ok()) {
      ASSERT_FALSE(read.error().message.empty());
    }
  }
}

TEST(Channel, AnAttachOfARecreationCarriesWhatIsToBeSaidFirst) {
  AttachMessage sent;
  sent.client = 7;
  sent.error = "WORKER_WATCHDOG";
  sent.answered = {1, 18446744073709551615U};
  sent.unsent = {{3, 9, 2, R"({"error":{"code":-32000}})"}, {4, 0, 3, "{}"}};
  const auto read = read_attach(to_json(sent));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->error, sent.error);
  EXPECT_EQ(read->answered, sent.answered);
  ASSERT_EQ(read->unsent.size(), 2U);
  EXPECT_EQ(read->unsent[0].kind, 3U);
  EXPECT_EQ(read->unsent[0].id, 9U);
  EXPECT_EQ(read->unsent[0].json, sent.unsent[0].json);
  EXPECT_EQ(read->unsent[1].epoch, 3U);
}

TEST(Channel, ReplayAndItsAnswersComeBack) {
  ReplayMessage replay;
  replay.has_snapshot = true;
  replay.committed = 0x0000'0003'0000'0040;
  replay.suspects = {{4, "n4"}};
  replay.quarantined = {{0, ""}, {9, "a \"b\""}};
  const auto told = read_replay(to_json(replay));
  ASSERT_TRUE(told.ok()) << told.error().message;
  EXPECT_TRUE(told->has_snapshot);
  EXPECT_EQ(told->committed, replay.committed);
  ASSERT_EQ(told->suspects.size(), 1U);
  EXPECT_EQ(told->suspects[0].slot, 4U);
  ASSERT_EQ(told->quarantined.size(), 2U);
  EXPECT_EQ(told->quarantined[1].id, "a \"b\"");

  ReplayedMessage replayed;
  replayed.hash = ~std::uint64_t{0};
  replayed.lost_datasets = {"d1", "d2"};
  const auto heard = read_replayed(to_json(replayed));
  ASSERT_TRUE(heard.ok()) << heard.error().message;
  EXPECT_EQ(heard->hash, replayed.hash);
  EXPECT_EQ(heard->lost_datasets, replayed.lost_datasets);

  const auto generation = read_generation(to_json(GenerationMessage{3, true, 77}));
  ASSERT_TRUE(generation.ok());
  EXPECT_EQ(generation->n, 3U);
  EXPECT_TRUE(generation->has_snapshot);
  EXPECT_EQ(generation->snapshot_bytes, 77U);
  EXPECT_EQ(read_keep(to_json(KeepMessage{5}))->n, 5U);
  EXPECT_EQ(read_forget(to_json(ForgetMessage{6}))->n, 6U);
  EXPECT_EQ(read_retried(to_json(RetriedMessage{7}))->slot, 7U);
  EXPECT_EQ(read_quarantine_ended(to_json(QuarantineEndedMessage{8}))->slot, 8U);
}

TEST(Channel, ListsWithAWrongEntryAreRefusedByName) {
  const auto refused = read_replay(
      R"({"method":"replay","params":{"snapshot":false,"committed":0,"suspects":[7],"quarantined":[]}})");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("replay.suspects"), std::string::npos);
}

}  // namespace
}  // namespace chainsolved
