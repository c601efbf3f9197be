#include "daemon/supervisor/generation_store.h"

#include <utility>

namespace chainsolved::supervisor {

namespace {

constexpr std::size_t kGenerations = 2;

}  // namespace

Result<void> GenerationStore::store(const GenerationMessage& message, FdList& fds) {
  const std::size_t expected = message.has_snapshot ? 2 : 1;
  if (fds.size() != expected)
    return Error{ErrorCode::InvalidParams,
                 "generation " + std::to_string(message.n) + " came with " +
                     std::to_string(fds.size()) + " descriptors instead of " +
                     std::to_string(expected)};
  auto journal = JournalReader::adopt(std::move(fds[expected - 1]), JournalReader::Part::FirstPage);
  if (!journal.ok()) return std::move(journal).error();
  const std::uint32_t newest = generations_.empty() ? last_number_ : generations_.back().number;
  if (journal->generation() != message.n || message.n <= newest)
    return Error{ErrorCode::InvalidParams,
                 "generation " + std::to_string(message.n) + " came after " +
                     std::to_string(newest) + ", with a journal of generation " +
                     std::to_string(journal->generation())};
  generations_.push_back({message.n,
                          message.has_snapshot ? std::move(fds[0]) : UniqueFd{},
                          message.snapshot_bytes,
                          std::move(journal).value()});
  if (generations_.size() > kGenerations) generations_.erase(generations_.begin());
  return {};
}

Result<void> GenerationStore::keep(std::uint32_t number, UniqueFd segment) {
  if (!segment.valid())
    return Error{ErrorCode::InvalidParams, "a segment to be kept came without its descriptor"};
  if (kept_.size() >= max_kept_ && !kept_.contains(number))
    return limit_error("keptSegments", max_kept_, "the engine wants too many segments to be kept");
  kept_.insert_or_assign(number, std::move(segment));
  return {};
}

const Generation* GenerationStore::current() const noexcept {
  const Generation* current = nullptr;
  std::uint64_t largest = 0;
  for (const Generation& generation : generations_) {
    const std::uint64_t word = generation.journal.committed();
    if (word <= largest) continue;
    largest = word;
    current = &generation;
  }
  return current;
}

std::uint64_t GenerationStore::committed() const noexcept {
  const Generation* generation = current();
  return generation == nullptr ? 0 : generation->journal.committed();
}

void GenerationStore::settle() {
  const Generation* generation = current();
  if (generation == nullptr) {
    generations_.clear();
    return;
  }
  last_number_ = generation->number;
  std::erase_if(generations_, [this](const Generation& g) { return g.number != last_number_; });
}

void GenerationStore::set_aside(std::string reason) {
  settle();
  if (generations_.empty()) return;
  const std::uint64_t word = committed();
  aside_.reset();
  aside_.emplace(SetAside{std::move(generations_.front()), word, std::move(reason)});
  generations_.clear();
  kept_.clear();
}

}  // namespace chainsolved::supervisor
