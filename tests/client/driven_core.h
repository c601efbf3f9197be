#pragma once

#include "chainsolved/dataset.h"
#include "client/cpp/src/calls.h"
#include "client/cpp/src/request.h"
#include "client/cpp/src/session_core.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {

/// A frame as if it had been received.
client::FrameRef frame_of(FrameHeader header,
                          std::string_view json,
                          std::span<const std::byte> data = {},
                          FdList fds = {});

/// A client core without a socket, and what a test does to it.
class Core {
 public:
  using Mirroring = client::SessionCore::Mirroring;
  template <class T>
  using Answer = std::optional<Result<T>>;

  explicit Core(Mirroring mirroring = Mirroring::No)
      : core(client::SessionCore::Names::Slots, mirroring) {}

  /// Goes through the handshake.
  void open(std::uint32_t epoch = 1);

  template <class T>
  client::RequestId call(client::Request& request, client::Decode<T> decode, Answer<T>& into) {
    auto id = core.call(request, [&, decode](Result<client::Reply>&& reply) {
      if (reply.ok())
        into.emplace(decode(core, *reply));
      else
        into.emplace(std::move(reply).error());
    });
    EXPECT_TRUE(id.ok());
    return id.ok() ? *id : 0;
  }
  client::RequestId set_input(Answer<client::IncrementalResult>& into);
  client::RequestId load(const std::string& snapshot, Answer<client::EvalResult>& into);
  client::RequestId register_dataset(const std::string& id,
                                     Answer<std::uint64_t>& into,
                                     client::Retain retain = client::Retain::Yes);
  client::RequestId release_dataset(const std::string& id, Answer<bool>& into);

  /// "Sends" what may go; it is found in sent and last_sent.
  std::size_t send_all();
  void answer(client::RequestId id,
              const std::string& result,
              std::span<const std::byte> data = {},
              std::uint32_t epoch = 1);
  /// `members` of the error's data, beside the code.
  void fail(client::RequestId id, const std::string& code, const std::string& members = "");
  void notify(const std::string& method,
              const std::string& params,
              std::span<const std::byte> data = {});

  struct Sent {
    FrameHeader header;
    std::string json;
    std::size_t segments = 0;
  };

  client::RequestEncoder encoder{Limits().inline_limit};
  client::SessionCore core;
  std::optional<client::Reply> opened;
  FrameHeader last_sent;
  std::vector<Sent> sent;  // since the last clear()
};

}  // namespace chainsolved::test
