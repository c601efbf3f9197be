#include "daemon/engine/generations.h"

#include "daemon/engine/die_at.h"
#include "daemon/engine/graph/graph.h"
#include "protocol/channel.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace chainsolved::engine {

namespace {

constexpr std::uint64_t kSmallestJournal = 1ULL << 20;
constexpr std::uint64_t kLargestJournal = 16ULL << 20;
constexpr std::size_t kMostUnneeded = 64;

/// What a record takes of a journal, at most.
constexpr std::uint64_t record_cost(std::uint64_t bytes) noexcept {
  return sizeof(JournalRecordHead) + bytes + 7;
}

std::uint64_t size_of(const std::shared_ptr<const SealedSegment>& segment) noexcept {
  return segment ? segment->size() : 0;
}

}  // namespace

std::string load_request(std::string_view snapshot) {
  std::string request = R"({"method":"loadSnapshot","params":{"snapshot":)";
  request.reserve(request.size() + snapshot.size() + 2);
  request += snapshot;
  request += "}}";
  return request;
}

Result<std::shared_ptr<const SealedSegment>> segment_with(std::string_view text) {
  auto builder = SegmentBuilder::create(std::max<std::size_t>(text.size(), 1), "chainsolved-kept");
  if (!builder.ok()) return std::move(builder).error();
  if (auto written = builder->write(0, std::as_bytes(std::span(text))); !written.ok())
    return std::move(written).error();
  auto sealed = std::move(*builder).seal();
  if (!sealed.ok()) return std::move(sealed).error();
  return std::make_shared<const SealedSegment>(std::move(*sealed));
}

bool Generations::wants_compaction(std::size_t record_bytes) const noexcept {
  return !journal_ || !journal_->fits(record_bytes) || unneeded_ >= kMostUnneeded ||
         journal_->bytes() > std::max(size_of(snapshot_), kSmallestJournal);
}

Result<void> Generations::make_room(std::size_t record_bytes) {
  if (!wants_compaction(record_bytes)) return {};
  return compact(record_bytes);
}

Result<void> Generations::compact(std::size_t record_bytes) {
  if (!journal_) {
    auto next = prepare(nullptr, source_.definition_hash(), record_bytes);
    if (!next.ok()) return std::move(next).error();
    begin(std::move(*next), std::nullopt);
    return {};
  }
  const std::string snapshot = source_.definition_snapshot();
  auto segment = segment_with(load_request(snapshot));
  if (!segment.ok()) return std::move(segment).error();
  auto next = prepare(std::move(*segment), graph::Graph::hash_of(snapshot), record_bytes);
  if (!next.ok()) return std::move(next).error();
  source_.continue_from(snapshot);
  die_at(Step::InCompaction);
  begin(std::move(*next), std::nullopt);
  return {};
}

/// A journal with the registrations that hold and room for `room` bytes of another record.
Result<Generations::Next> Generations::prepare(std::shared_ptr<const SealedSegment> snapshot,
                                               std::uint64_t base_hash,
                                               std::size_t room) const {
  const auto registrations = source_.registrations();
  std::uint64_t needed = record_cost(room);
  for (const auto& registration : registrations)
    needed += record_cost(registration.record.size());
  const std::uint64_t wanted = std::clamp(size_of(snapshot), kSmallestJournal, kLargestJournal);
  auto journal = JournalWriter::create(next_generation_, std::max(wanted, needed), base_hash);
  if (!journal.ok()) return std::move(journal).error();
  Next next{std::move(snapshot), std::move(*journal), {}};
  for (const auto& registration : registrations) {
    if (!next.journal.fits(registration.record.size()))
      return limit_error("memory", 0, "the datasets' registrations do not fit a journal");
    next.journal.append(registration.record, base_hash);
    if (registration.kept != 0) next.kept.insert(registration.kept);
  }
  return next;
}

void Generations::begin(Next next, std::optional<InFlightTable::Entry> entry) {
  const GenerationMessage message{
      next_generation_++, next.snapshot != nullptr, size_of(next.snapshot)};
  std::array<BorrowedFd, 2> fds{next.journal.fd(), next.journal.fd()};
  if (next.snapshot) fds[0] = next.snapshot->fd();
  channel_.deliver(to_json(message), std::span(fds).last(next.snapshot ? 2 : 1));
  die_at(Step::InSnapshotSwitch);
  if (entry) table_.set_commits(*entry, next.journal.word());
  next.journal.publish();

  snapshot_ = std::move(next.snapshot);
  journal_ = std::move(next.journal);
  unneeded_ = 0;
  for (const std::uint32_t kept : std::exchange(kept_, std::move(next.kept)))
    if (!kept_.contains(kept)) channel_.send(to_json(ForgetMessage{kept}));
}

void Generations::commit(std::string_view record,
                         std::optional<InFlightTable::Entry> entry) noexcept {
  die_at(Step::BeforeCommit);
  journal_->append(record, source_.definition_hash());
  if (entry) table_.set_commits(*entry, journal_->word());
  journal_->publish();
  die_at(Step::AfterCommit);
}

Result<void> Generations::stage(std::string_view request,
                                std::shared_ptr<const SealedSegment> own,
                                std::uint64_t base_hash) {
  if (!own) {
    auto made = segment_with(request);
    if (!made.ok()) return std::move(made).error();
    own = std::move(*made);
  }
  auto next = prepare(std::move(own), base_hash, 0);
  if (!next.ok()) return std::move(next).error();
  staged_ = std::move(*next);
  return {};
}

void Generations::begin_staged(std::optional<InFlightTable::Entry> entry) noexcept {
  die_at(Step::BeforeCommit);
  Next next = std::move(*staged_);
  staged_.reset();
  begin(std::move(next), entry);
  die_at(Step::AfterCommit);
}

void Generations::keep(BorrowedFd segment) {
  channel_.deliver(to_json(KeepMessage{next_kept_}), std::span(&segment, 1));
  kept_.insert(next_kept_++);
}

void Generations::let_go(std::uint32_t kept) noexcept {
  if (kept != 0) ++unneeded_;
}

void Generations::inherit_kept(std::uint32_t kept) {
  kept_.insert(kept);
  next_kept_ = std::max(next_kept_, kept + 1);
}

Result<void> Generations::resume(std::shared_ptr<const SealedSegment> snapshot,
                                 const JournalReader& journal,
                                 std::uint64_t bytes) {
  const std::uint64_t wanted = std::clamp(size_of(snapshot), kSmallestJournal, kLargestJournal);
  auto copy = JournalWriter::create(next_generation_, std::max(wanted, bytes), journal.base_hash());
  if (!copy.ok()) return std::move(copy).error();
  auto copied = journal.for_each(bytes, [&copy](const JournalReader::Record& record) {
    copy->append(record.payload, record.hash);
    return Result<void>{};
  });
  if (!copied.ok()) return copied;
  begin({std::move(snapshot), std::move(*copy), std::exchange(kept_, {})}, std::nullopt);
  return {};
}

}  // namespace chainsolved::engine
