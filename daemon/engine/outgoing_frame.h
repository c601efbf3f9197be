#pragma once

#include "protocol/frame.h"
#include "shm/segment.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace chainsolved::engine {

/// A message that is ready for a socket: its bytes and the segments that go with it. Segments are
/// shared, since the same frame may wait in several clients' queues.
struct OutgoingFrame {
  std::vector<std::byte> message;
  std::array<std::shared_ptr<const SealedSegment>, kMaxFrameSegments> segments;
  std::size_t segment_count = 0;

  /// What it costs a queue: WIRE.md counts the segments that frames carry.
  std::uint64_t cost() const noexcept {
    std::uint64_t bytes = message.size();
    for (std::size_t i = 0; i < segment_count; ++i)
      bytes += segments[i]->size();
    return bytes;
  }

  /// A frame that has been sent or queued need not keep its segments alive any longer.
  void release_segments() noexcept {
    while (segment_count > 0)
      segments[--segment_count].reset();
  }
};

}  // namespace chainsolved::engine
