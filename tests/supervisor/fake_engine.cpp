// An engine that does what a test tells it, right or wrong. It speaks the real channel and the real
// frames, and computes nothing. How it starts is said by a file `mode` beside it ("exit 3",
// "mute", "deaf", "wrong-sum", "die-on-attach") and what it makes of a replay ("replay-signal 11",
// "replay-exit 3", "replay-hang", "replay-mute"); what it does later, by the requests that it gets:
//   getStats                     what this process was given by whoever started it
//   setInput {signal, commits, node, foreign}
//                                enters itself into the in-flight table, at a node of the session's
//                                graph or a foreign one, then dies by the signal (0: it hangs)
//   applyPatch {bytes}           is committed, as a record of that size, and answered
//   loadSnapshot                 begins a generation with a snapshot of its own
//   registerDataset, releaseDataset
//                                a segment is to be kept, or forgotten
//   getCatalog                   is never answered
//   listDatasets                 is answered, and is the last that is read of this client
//   evaluateBlock {channel}      says this to the supervisor, and answers
//   dispose                      answers and lets the client go
#include "protocol/channel.h"
#include "protocol/frame.h"
#include "protocol/json_writer.h"
#include "protocol/methods.h"
#include "shm/journal.h"
#include "shm/message_socket.h"
#include "shm/status_page.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace chainsolved;
using nlohmann::json;

constexpr int kChannel = 3;
constexpr int kStatus = 4;

struct Client {
  UniqueFd socket;
  bool names = false;
  bool ignored = false;
  std::deque<std::vector<std::byte>> queue;
  std::string refusal;
  std::vector<std::uint64_t> answered;
};

class FakeEngine {
 public:
  explicit FakeEngine(const char* program)
      : directory_(std::filesystem::path(program).parent_path()),
        channel_(AdoptFd{}, kChannel),
        page_(SharedStatusPage::open(UniqueFd{AdoptFd{}, kStatus})) {
    std::ifstream(directory_ / "mode") >> mode_ >> argument_;
  }

  int run() {
    if (!page_.ok()) return 9;
    if (mode_ == "exit") return argument_;
    if (mode_ != "mute") say(to_json(ReadyMessage{}));
    while (wait()) {}
    return 0;
  }

 private:
  void say(const std::string& text, const std::vector<BorrowedFd>& fds = {}) {
    FrameHeader header;
    header.kind = FrameKind::Notification;
    header.segments = static_cast<std::uint8_t>(fds.size());
    send(channel_.borrow(), header, text, fds);
  }

  void send(BorrowedFd socket,
            FrameHeader header,
            const std::string& text,
            const std::vector<BorrowedFd>& fds = {}) {
    std::vector<std::byte> frame;
    encode_frame(header, text, {}, frame);
    // A client may have left.
    const SocketStatus status = send_message(socket, frame, fds);
    if (status != SocketStatus::Done && status != SocketStatus::Closed) std::exit(8);
  }

  void send_to(Client& client, FrameHeader header, const std::string& text) {
    std::vector<std::byte> frame;
    encode_frame(header, text, {}, frame);
    client.queue.push_back(std::move(frame));
    flush(client);
  }

  static void flush(Client& client) {
    while (!client.queue.empty()) {
      if (send_message(client.socket.borrow(), client.queue.front()) == SocketStatus::WouldBlock)
        return;
      client.queue.pop_front();
    }
  }

  /// False when the supervisor has gone.
  bool wait() {
    std::vector<pollfd> entries{{channel_.get(), POLLIN, 0}};
    std::vector<std::uint64_t> numbers{0};
    for (const auto& [number, client] : clients_) {
      const int reads = client.ignored ? 0 : POLLIN;
      const int writes = client.queue.empty() ? 0 : POLLOUT;
      if (reads + writes == 0) continue;
      entries.push_back({client.socket.get(), static_cast<short>(reads | writes), 0});
      numbers.push_back(number);
    }
    if (::poll(entries.data(), entries.size(), -1) < 0) return true;
    if (entries[0].revents != 0 && !read_channel()) return false;
    for (std::size_t i = 1; i < entries.size(); ++i)
      if ((entries[i].revents & POLLOUT) != 0)
        flush(clients_[numbers[i]]);
      else if (entries[i].revents != 0)
        read_client(numbers[i]);
    return true;
  }

  bool read_channel() {
    FdList fds;
    const Received received = receive_message(channel_.borrow(), buffer_, fds);
    if (received.status != SocketStatus::Done) return received.status == SocketStatus::WouldBlock;
    const auto frame = decode_frame(std::span(buffer_).first(received.bytes));
    if (const auto configure = read_configure(frame->json); configure.ok()) {
      configure_ = *configure;
      next_generation_ = configure_.generation;
    }
    const std::string method = *channel_method(frame->json);
    if (method == KeepMessage::kName) kept_.push_back(read_keep(frame->json)->n);
    if (method == ReplayMessage::kName) replay(*read_replay(frame->json), fds);
    if (method != AttachMessage::kName) return true;
    if (mode_ == "die-on-attach") ::kill(::getpid(), SIGKILL);
    attach_client(*read_attach(frame->json), std::move(fds[0]));
    return true;
  }

  void replay(const ReplayMessage& message, FdList& fds) {
    if (mode_ == "replay-mute") return;
    enter(0, 0, info_of(Method::LoadSnapshot), kCommitsNothing);
    page_->page().state = static_cast<std::uint32_t>(EngineActivity::Replaying);
    if (mode_ == "replay-signal") die_by(argument_);
    if (mode_ == "replay-exit") std::_Exit(argument_);
    if (mode_ == "replay-hang") return;
    replay_ = {{"committed", bytes_of(message.committed)},
               {"generation", generation_of(message.committed)},
               {"snapshot", message.has_snapshot},
               {"descriptors", fds.size()},
               {"suspects", slots_of(message.suspects)},
               {"quarantined", slots_of(message.quarantined)}};
    if (message.has_snapshot) snapshot_ = std::move(fds[0]);
    begin_generation(bytes_of(message.committed));
    page_->page().in_flight[0].phase = static_cast<std::uint32_t>(RequestPhase::Empty);
    page_->page().state = static_cast<std::uint32_t>(EngineActivity::Idle);
    ReplayedMessage replayed;
    replayed.records = bytes_of(message.committed) > 0 ? 1 : 0;
    replayed.suspects = message.suspects;
    say(to_json(replayed));
  }

  static json slots_of(const std::vector<BlamedNode>& nodes) {
    json slots = json::array();
    for (const BlamedNode& node : nodes)
      slots.push_back(node.slot);
    return slots;
  }

  /// With a record that takes as many bytes as were committed before.
  void begin_generation(std::uint64_t bytes) {
    auto journal = JournalWriter::create(next_generation_++, 1U << 20, 0);
    journal_.emplace(std::move(journal).value());
    GenerationMessage message;
    message.n = journal_->generation();
    message.has_snapshot = snapshot_.valid();
    message.snapshot_bytes = snapshot_.valid() ? 4096 : 0;
    std::vector<BorrowedFd> fds;
    if (snapshot_.valid()) fds.push_back(snapshot_.borrow());
    fds.push_back(journal_->fd());
    say(to_json(message), fds);
    if (bytes > 0) journal_->append(std::string(bytes - sizeof(JournalRecordHead), 'x'), 0);
    journal_->publish();
  }

  /// The commit word after a record of `bytes`.
  std::uint64_t commit(std::size_t bytes) {
    if (!journal_) begin_generation(0);
    journal_->append(std::string(bytes, 'x'), 0);
    const std::uint64_t word = journal_->word();
    journal_->publish();
    return word;
  }

  void attach_client(const AttachMessage& attach, UniqueFd socket) {
    if (mode_ == "deaf") {
      // Nobody is answered; a test can see that it has come this far.
      std::ofstream(directory_ / "attached") << "yes";
      return;
    }
    Client& client = clients_[attach.client];
    client.socket = std::move(socket);
    client.names = attach.names;
    client.refusal = attach.error;
    client.answered = attach.answered;
    for (const UnsentFrame& unsent : attach.unsent) {
      FrameHeader header;
      header.kind = static_cast<FrameKind>(unsent.kind);
      header.id = unsent.id;
      header.epoch = unsent.epoch;
      send_to(client, header, unsent.json);
    }
    if (!attach.open) return say(to_json(AttachedMessage{attach.client}));
    json result{{"sessionId", configure_.session_id},
                {"created", attach.open->created},
                {"epoch", attach.epoch},
                {"clientId", attach.client},
                {"state", "ready"},
                {"enginePid", ::getpid()}};
    reply(client, attach.open->id, result);
    say(to_json(AttachedMessage{attach.client}));
  }

  void reply(Client& client, std::uint64_t id, const json& result) {
    FrameHeader header;
    header.kind = FrameKind::Response;
    header.id = id;
    header.epoch = configure_.epoch;
    send_to(client, header, json{{"result", result}}.dump());
  }

  void read_client(std::uint64_t number) {
    FdList fds;
    Client& client = clients_[number];
    const Received received = receive_message(client.socket.borrow(), buffer_, fds);
    if (received.status == SocketStatus::WouldBlock || received.status == SocketStatus::Reset)
      return;
    if (received.status != SocketStatus::Done) return let_go(number);
    const auto frame = decode_frame(std::span(buffer_).first(received.bytes));
    const json request = json::parse(frame->json);
    const MethodInfo* method = find_method(request["method"].get<std::string>());
    const std::uint64_t id = frame->header.id;
    if (frame->header.epoch != 0 && frame->header.epoch != configure_.epoch)
      return refuse(client, id);
    switch (method->method) {
      case Method::Evaluate:
        return reply(
            client,
            id,
            {{"values", {{"sum", {{"kind", "scalar"}, {"value", mode_ == "wrong-sum" ? 6 : 5}}}}}});
      case Method::GetStats:
        return reply(client, id, inheritance());
      case Method::SetInput:
        return die(number, id, request["params"]);
      case Method::ApplyPatch:
        commit(request["params"].value("bytes", std::size_t{8}));
        return reply(client, id, json::object());
      case Method::LoadSnapshot:
        snapshot_ = UniqueFd{AdoptFd{}, ::memfd_create("snapshot", MFD_CLOEXEC)};
        begin_generation(0);
        return reply(client, id, json::object());
      case Method::RegisterDataset:
        say(to_json(KeepMessage{request["params"].value("n", 1U)}), {client.socket.borrow()});
        return reply(client, id, json::object());
      case Method::ReleaseDataset:
        say(to_json(ForgetMessage{request["params"].value("n", 1U)}));
        return reply(client, id, json::object());
      case Method::ListDatasets:
        client.ignored = true;
        return reply(client, id, json::object());
      case Method::EvaluateBlock:
        say(request["params"]["channel"].dump());
        return reply(client, id, json::object());
      case Method::Dispose:
        reply(client, id, json::object());
        return let_go(number);
      default:
        enter(number, id, *method, kCommitsNothing);
    }
  }

  void refuse(Client& client, std::uint64_t id) {
    FrameHeader header;
    header.kind = FrameKind::Error;
    header.id = id;
    header.epoch = configure_.epoch;
    send_to(client,
            header,
            json{{"error", {{"code", -32000}, {"data", {{"code", client.refusal}}}}}}.dump());
  }

  void let_go(std::uint64_t number) {
    clients_.erase(number);
    say(to_json(DetachedMessage{number}));
  }

  void enter(std::uint64_t client,
             std::uint64_t id,
             const MethodInfo& method,
             std::uint64_t commits) {
    InFlightEntry& entry = page_->page().in_flight[next_entry_++ % kInFlightEntries];
    entry.client = client;
    entry.request_id = id;
    entry.method = static_cast<std::uint32_t>(method.method) + 1;
    entry.commits = commits;
    entry.since_ns = monotonic_ns();
    entry.phase = static_cast<std::uint32_t>(RequestPhase::Running);
    page_->page().state = static_cast<std::uint32_t>(EngineActivity::Busy);
  }

  void die(std::uint64_t client, std::uint64_t id, const json& params) {
    StatusPage& page = page_->page();
    if (params.contains("node")) page.current_node = params["node"].get<std::uint32_t>() + 1;
    page.own_graph = params.value("foreign", false) ? 0 : 1;
    enter(client,
          id,
          info_of(Method::SetInput),
          params.value("commits", false) ? commit(8) : kCommitsNothing);
    if (const int signal = params.value("signal", SIGKILL); signal != 0) die_by(signal);
  }

  static void die_by(int signal) {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(signal, &usual, nullptr);  // sanitizers have their own
    ::kill(::getpid(), signal);
  }

  /// What the supervisor gave to this process.
  json inheritance() const {
    json descriptors = json::array();
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const auto target = std::filesystem::read_symlink(entry.path(), gone);
      // The directory that is being read has a descriptor too.
      if (!gone && !target.string().starts_with("/proc/"))
        descriptors.push_back(std::stoi(entry.path().filename().string()));
    }
    json variables = json::array();
    for (char** variable = environ; *variable != nullptr; ++variable)
      variables.push_back(std::string(*variable));
    json arguments = json::array();
    std::ifstream command_line("/proc/self/cmdline");
    for (std::string argument; std::getline(command_line, argument, '\0');)
      arguments.push_back(argument);
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    int death_signal = 0;
    ::prctl(PR_GET_PDEATHSIG, &death_signal);
    sigset_t blocked;
    sigemptyset(&blocked);
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    struct sigaction pipe {};
    ::sigaction(SIGPIPE, nullptr, &pipe);
    std::string oom;
    std::ifstream("/proc/self/oom_score_adj") >> oom;
    return {{"pid", ::getpid()},
            {"descriptors", descriptors},
            {"environment", variables},
            {"arguments", arguments},
            {"generation", configure_.generation},
            {"epoch", configure_.epoch},
            {"replay", replay_},
            {"kept", kept_},
            {"ownGroup", ::getpgrp() == ::getpid()},
            {"deathSignal", death_signal},
            {"coreLimit", core.rlim_cur},
            {"oomScore", oom},
            {"termIsBlocked", sigismember(&blocked, SIGTERM) == 1},
            {"pipeIsDefault", pipe.sa_handler == SIG_DFL}};
  }

  std::filesystem::path directory_;
  std::string mode_;
  int argument_ = 0;
  UniqueFd channel_;
  Result<SharedStatusPage> page_;
  ConfigureMessage configure_;
  std::map<std::uint64_t, Client> clients_;
  std::size_t next_entry_ = 0;
  std::uint32_t next_generation_ = 1;
  std::optional<JournalWriter> journal_;
  UniqueFd snapshot_;
  json replay_;
  std::vector<std::uint32_t> kept_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256U << 10);
};

}  // namespace

int main(int, char** argv) {
  return FakeEngine(argv[0]).run();
}
