#pragma once

#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/handed_sockets.h"
#include "daemon/supervisor/peer.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/frame.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::supervisor {

/// One client's place in a session. What the supervisor has to say while no engine serves the
/// session keeps its order: what a full socket does not take waits here, with all that follows, for
/// the next engine to send first.
class Seat {
 public:
  std::uint64_t client = 0;
  std::unique_ptr<HandedSocket> socket;
  Peer peer;
  std::uint64_t open_id = 0;
  bool names = false;
  bool created = false;
  bool attached = false;      // its openSession has been answered
  bool is_attaching = false;  // an engine has been given it, and has not said `attached`
  bool is_told = false;       // of the recreation under way
  bool hung_up = false;
  std::vector<std::uint64_t> answered;  // by us, and perhaps still in the socket

  /// A client that neither reads nor leaves room for what waits is shut down.
  void say(FrameKind kind,
           std::uint64_t id,
           std::uint32_t epoch,
           const std::string& json,
           Counters& counters);
  void say_error(std::uint64_t id, std::uint32_t epoch, const Error& error, Counters& counters);
  /// To be sent as soon as anybody can, in this order.
  const std::vector<UnsentFrame>& unsent() const noexcept { return unsent_; }
  /// Somebody else sees to it from here on.
  std::vector<UnsentFrame> take_unsent() noexcept;
  void put_back(std::vector<UnsentFrame> unsent);
  /// An engine has what waited. As long as the socket has no room it can only keep it, and may die
  /// of something else meanwhile: then the errors are said again, which a client drops by their id.
  void hand_over_unsent();

 private:
  void flush();

  std::vector<UnsentFrame> unsent_;
  std::size_t unsent_bytes_ = 0;
};

}  // namespace chainsolved::supervisor
