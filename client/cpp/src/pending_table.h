#pragma once

#include "chainsolved/results.h"
#include "client/cpp/src/queue.h"
#include "client/cpp/src/result_reader.h"
#include "client/cpp/src/retained_datasets.h"
#include "protocol/error.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace chainsolved::client {

/// What is called, once, with the answer to a request.
using Done = std::function<void(Result<Reply>&&)>;

/// A request that has no answer yet.
struct PendingCall {
  RequestId id = 0;
  Done done;
  std::shared_ptr<SlotNames> names;    // of the snapshot that was sent; null: the session's
  bool becomes_session_names = false;  // it was loadSnapshot
  bool opens_session = false;
  bool raw = false;
  bool changes_graph = true;
  std::shared_ptr<const Registration> registration;  // retained when it is acknowledged
  std::string releases;                              // a dataset, no longer retained then
  bool sent = false;
  bool answered = false;
};

/// The requests without an answer, in the order of their ids. Ids only grow, so finding one is a
/// binary search, and the usual case, the oldest, stands in front.
class PendingTable {
 public:
  void add(PendingCall call) {
    calls_.push(std::move(call));
    ++open_;
  }
  /// Null when none of this id waits (an answer that came twice, or after dispose).
  PendingCall* find(RequestId id) noexcept;
  /// Takes the call out; empty likewise.
  std::optional<PendingCall> take(RequestId id);
  /// Takes the oldest.
  std::optional<PendingCall> take_oldest();
  std::size_t size() const noexcept { return open_; }

 private:
  void drop_answered();

  Queue<PendingCall> calls_;
  std::size_t open_ = 0;
};

}  // namespace chainsolved::client
