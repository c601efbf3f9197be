#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved {

/// One SEQPACKET message: header, JSON, zero padding to 8 bytes, columns (WIRE.md, "Native frame").
///
///   0        4    5        6      8         16      20          24          28     32
///   +--------+----+--------+------+---------+-------+-----------+-----------+------+------+-----+------+
///   | magic  |kind|segments| flags| id      | epoch | json_bytes| data_bytes| zero | JSON | pad |
///   data |
///   +--------+----+--------+------+---------+-------+-----------+-----------+------+------+-----+------+
enum class FrameKind : std::uint8_t { Request = 1, Response = 2, Error = 3, Notification = 4 };

inline constexpr std::uint32_t kFrameMagic = 0x31455343;  // "CSE1"
inline constexpr std::size_t kMaxFrameSegments = 4;
inline constexpr std::uint16_t kFlagJsonInSegment = 1;

struct FrameHeader {
  std::uint32_t magic = kFrameMagic;
  FrameKind kind = FrameKind::Request;
  std::uint8_t segments = 0;
  std::uint16_t flags = 0;
  std::uint64_t id = 0;
  std::uint32_t epoch = 0;
  std::uint32_t json_bytes = 0;
  std::uint32_t data_bytes = 0;
  std::uint32_t zero = 0;

  bool json_in_segment() const noexcept { return (flags & kFlagJsonInSegment) != 0; }
};
static_assert(sizeof(FrameHeader) == 32);
static_assert(offsetof(FrameHeader, kind) == 4 && offsetof(FrameHeader, segments) == 5 &&
              offsetof(FrameHeader, flags) == 6 && offsetof(FrameHeader, id) == 8 &&
              offsetof(FrameHeader, epoch) == 16 && offsetof(FrameHeader, json_bytes) == 20 &&
              offsetof(FrameHeader, data_bytes) == 24 && offsetof(FrameHeader, zero) == 28);

/// A received frame, borrowed from the receive buffer.
struct FrameView {
  FrameHeader header;
  std::string_view json;            // empty when json_in_segment()
  std::span<const std::byte> data;  // the columns
};

/// The header alone, as a peek sees it. Checks magic, kind, flags, segment count and the zero
/// field. On failure the error is PROTOCOL_ERROR; `id_out`, if given, still receives the id when 16
/// bytes were there, so that the sender can be answered.
Result<FrameHeader> decode_header(std::span<const std::byte> bytes,
                                  std::uint64_t* id_out = nullptr);

/// A whole message. The lengths must add up exactly. Where the JSON lies in a segment, json_bytes
/// is its length there, or 0 for all of the segment.
Result<FrameView> decode_frame(std::span<const std::byte> message);

/// The size that a frame with these parts has on the wire.
std::size_t frame_size(std::size_t json_bytes, std::size_t data_bytes) noexcept;

/// Writes one frame into `out` (replaced, capacity reused): fills json_bytes and data_bytes in.
/// `data` must be a multiple of 8 bytes or the last column may be short; both are accepted.
void encode_frame(FrameHeader header,
                  std::string_view json,
                  std::span<const std::byte> data,
                  std::vector<std::byte>& out);

}  // namespace chainsolved
