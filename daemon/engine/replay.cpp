#include "daemon/engine/replay.h"

#include "daemon/engine/die_at.h"
#include "daemon/engine/incoming_request.h"
#include "protocol/frame.h"
#include "protocol/snapshot.h"
#include "shm/journal.h"

#include <string_view>
#include <utility>

namespace chainsolved::engine {

Result<ReplayedMessage> Replay::run(Inheritance inheritance, graph::Monitor& monitor) {
  const ReplayMessage& message = inheritance.message;
  auto journal = JournalReader::adopt(std::move(inheritance.journal), JournalReader::Part::Whole);
  if (!journal.ok()) return std::move(journal).error();
  if (journal->generation() != generation_of(message.committed))
    return Error{ErrorCode::InvalidParams,
                 "the journal is of generation " + std::to_string(journal->generation())};
  std::shared_ptr<const SealedSegment> snapshot;
  if (message.has_snapshot) {
    auto loaded = load(std::move(inheritance.snapshot));
    if (!loaded.ok()) return std::move(loaded).error();
    snapshot = std::move(*loaded);
  }
  if (auto base = check_hash(journal->base_hash(), "the snapshot"); !base.ok())
    return std::move(base).error();
  const std::uint64_t bytes = bytes_of(message.committed);
  if (auto applied = apply(*journal, bytes); !applied.ok()) return std::move(applied).error();
  die_at(Step::InReplay);
  session_.evaluate_replayed(message, monitor);

  ReplayedMessage replayed;
  replayed.hash = session_.definition_hash();
  replayed.records = records_;
  replayed.evaluated = session_.evaluated();
  replayed.suspects = session_.known(message.suspects);
  auto lost = session_.resume(std::move(snapshot), *journal, bytes);
  if (!lost.ok()) return std::move(lost).error();
  replayed.lost_datasets = std::move(*lost);
  return replayed;
}

Result<std::shared_ptr<const SealedSegment>> Replay::load(UniqueFd snapshot) {
  // As it came: a frame whose JSON lies in a segment.
  IncomingRequest request;
  request.header.id = 1;
  request.header.segments = 1;
  request.header.flags = kFlagJsonInSegment;
  std::vector<std::byte> frame;
  encode_frame(request.header, {}, {}, frame);
  static_cast<void>(request.fds.push(std::move(snapshot)));
  if (auto opened = request.open(frame, session_.limits()); !opened.ok())
    return std::move(opened).error();
  if (auto loaded = session_.replay_snapshot(request.json(), reader_); !loaded.ok())
    return std::move(loaded).error();
  return request.json_segment();
}

Result<void> Replay::apply(const JournalReader& journal, std::uint64_t bytes) {
  return journal.for_each(bytes, [this](const JournalReader::Record& record) -> Result<void> {
    text_.assign(record.payload);
    text_.append(kJsonPadding, ' ');
    const auto json = std::string_view(text_).substr(0, record.payload.size());
    if (auto replayed = session_.replay_record(json, reader_); !replayed.ok()) return replayed;
    ++records_;
    advanced_();
    return check_hash(record.hash, "record " + std::to_string(records_));
  });
}

Result<void> Replay::check_hash(std::uint64_t expected, const std::string& after) const {
  if (session_.definition_hash() == expected) return {};
  return Error{ErrorCode::InvalidParams,
               "after " + after + " the definition is not what it was: its hash differs"};
}

}  // namespace chainsolved::engine
