#include "protocol/frame.h"

#include "protocol/error.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {

static_assert(std::endian::native == std::endian::little,
              "the wire is little-endian, and so is memory");

namespace {

constexpr std::size_t kIdEnd = offsetof(FrameHeader, id) + sizeof(FrameHeader::id);

Error fault(std::string message) {
  return {ErrorCode::ProtocolFault, std::move(message), {}};
}

constexpr std::size_t padded(std::size_t bytes) noexcept {
  return (bytes + 7) & ~std::size_t{7};
}

Result<void> check_header(const FrameHeader& header) {
  if (header.magic != kFrameMagic)
    return fault("The frame does not begin with \"CSE1\"; is this a chainsolved socket?");
  const auto kind = static_cast<std::uint8_t>(header.kind);
  if (kind < static_cast<std::uint8_t>(FrameKind::Request) ||
      kind > static_cast<std::uint8_t>(FrameKind::Notification))
    return fault("The frame's kind is " + std::to_string(kind) + "; kinds are 1 to 4.");
  if ((header.flags & ~kFlagJsonInSegment) != 0)
    return fault("The frame has flags " + std::to_string(header.flags) + "; only bit 0 is known.");
  if (header.segments > kMaxFrameSegments)
    return fault("The frame announces " + std::to_string(header.segments) +
                 " descriptors; at most 4 may come with one.");
  if (header.zero != 0) return fault("The frame's last header field is not zero.");
  if (header.json_in_segment() && header.segments == 0)
    return fault("The frame's JSON should lie in a segment, but no descriptor is announced.");
  return {};
}

}  // namespace

Result<FrameHeader> decode_header(std::span<const std::byte> bytes, std::uint64_t* id_out) {
  FrameHeader header;
  if (id_out != nullptr && bytes.size() >= kIdEnd)
    std::memcpy(id_out, bytes.data() + offsetof(FrameHeader, id), sizeof(*id_out));
  if (bytes.size() < sizeof(header))
    return fault("The frame has " + std::to_string(bytes.size()) +
                 " bytes; its header alone has 32.");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (auto checked = check_header(header); !checked.ok()) return std::move(checked).error();
  return header;
}

Result<FrameView> decode_frame(std::span<const std::byte> message) {
  auto header = decode_header(message);
  if (!header.ok()) return std::move(header).error();
  const std::size_t json_bytes = header->json_in_segment() ? 0 : header->json_bytes;
  const std::size_t data_bytes = header->data_bytes;
  const std::size_t expected = frame_size(json_bytes, data_bytes);
  if (message.size() != expected)
    return fault("The frame has " + std::to_string(message.size()) + " bytes; its header says " +
                 std::to_string(expected) + ".");
  const auto json = message.subspan(sizeof(FrameHeader), json_bytes);
  const auto padding =
      message.subspan(sizeof(FrameHeader) + json_bytes, padded(json_bytes) - json_bytes);
  if (std::any_of(padding.begin(), padding.end(), [](std::byte b) { return b != std::byte{0}; }))
    return fault("The padding after the frame's JSON is not zero.");
  FrameView view;
  view.header = *header;
  // NOLINTNEXTLINE(*-reinterpret-cast): bytes seen as the text they are
  view.json = {reinterpret_cast<const char*>(json.data()), json.size()};
  view.data = message.last(data_bytes);
  return view;
}

std::size_t frame_size(std::size_t json_bytes, std::size_t data_bytes) noexcept {
  return sizeof(FrameHeader) + padded(json_bytes) + data_bytes;
}

void encode_frame(FrameHeader header,
                  std::string_view json,
                  std::span<const std::byte> data,
                  std::vector<std::byte>& out) {
  header.json_bytes = static_cast<std::uint32_t>(json.size());
  header.data_bytes = static_cast<std::uint32_t>(data.size());
  const std::size_t json_end = sizeof(header) + json.size();
  const std::size_t data_begin = sizeof(header) + padded(json.size());
  out.resize(data_begin + data.size());
  std::memcpy(out.data(), &header, sizeof(header));
  if (!json.empty()) std::memcpy(out.data() + sizeof(header), json.data(), json.size());
  std::memset(out.data() + json_end, 0, data_begin - json_end);
  if (!data.empty()) std::memcpy(out.data() + data_begin, data.data(), data.size());
}

}  // namespace chainsolved
