#pragma once

#include <utility>

namespace chainsolved::client {

struct Frame;

/// A shared hold on a received message: its text, its columns, its segments. Results and numbers
/// that point into it keep it. May be copied and dropped on any thread.
class FrameRef {
 public:
  FrameRef() noexcept = default;
  FrameRef(const FrameRef& other) noexcept;
  FrameRef(FrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FrameRef& operator=(const FrameRef& other) noexcept;
  FrameRef& operator=(FrameRef&& other) noexcept;
  ~FrameRef() { reset(); }

  bool valid() const noexcept { return frame_ != nullptr; }
  Frame* get() const noexcept { return frame_; }
  Frame* operator->() const noexcept { return frame_; }
  void reset() noexcept;

 private:
  friend struct Frame;
  explicit FrameRef(Frame* adopted) noexcept : frame_(adopted) {}
  Frame* frame_ = nullptr;
};

}  // namespace chainsolved::client
