#include "daemon/engine/graph/strong_components.h"

#include <algorithm>
#include <cstddef>

namespace chainsolved::graph {
namespace {

class Search {
 public:
  explicit Search(const std::vector<std::vector<std::uint32_t>>& successors)
      : successors_(successors),
        number_(successors.size(), 0),
        low_(successors.size(), 0),
        open_(successors.size(), false),
        cyclic_(successors.size(), false) {}

  std::vector<bool> run() && {
    for (std::uint32_t root = 0; root < successors_.size(); ++root) {
      if (number_[root] == 0) explore(root);
    }
    return std::move(cyclic_);
  }

 private:
  struct Frame {
    std::uint32_t node;
    std::size_t next;
  };

  void enter(std::uint32_t node) {
    number_[node] = low_[node] = ++counter_;
    open_[node] = true;
    component_.push_back(node);
    frames_.push_back({node, 0});
  }

  void explore(std::uint32_t root) {
    enter(root);
    while (!frames_.empty()) {
      const std::uint32_t node = frames_.back().node;
      if (frames_.back().next < successors_[node].size()) {
        look_at(node, successors_[node][frames_.back().next++]);
      } else {
        frames_.pop_back();
        if (!frames_.empty()) {
          const std::uint32_t parent = frames_.back().node;
          low_[parent] = std::min(low_[parent], low_[node]);
        }
        if (low_[node] == number_[node]) close(node);
      }
    }
  }

  void look_at(std::uint32_t node, std::uint32_t next) {
    if (next == node) cyclic_[node] = true;
    if (number_[next] == 0) {
      enter(next);
    } else if (open_[next]) {
      low_[node] = std::min(low_[node], number_[next]);
    }
  }

  void close(std::uint32_t first) {
    const bool alone = component_.back() == first;
    std::uint32_t node = 0;
    do {
      node = component_.back();
      component_.pop_back();
      open_[node] = false;
      if (!alone) cyclic_[node] = true;
    } while (node != first);
  }

  const std::vector<std::vector<std::uint32_t>>& successors_;
  std::vector<std::uint32_t> number_;
  std::vector<std::uint32_t> low_;
  std::vector<bool> open_;
  std::vector<bool> cyclic_;
  std::vector<std::uint32_t> component_;
  std::vector<Frame> frames_;
  std::uint32_t counter_ = 0;
};

}  // namespace

std::vector<bool> find_cyclic(const std::vector<std::vector<std::uint32_t>>& successors) {
  return Search(successors).run();
}

}  // namespace chainsolved::graph
