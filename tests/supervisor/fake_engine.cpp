// An engine that does what a test tells it, right or wrong. It speaks the real channel and the real
// frames, and computes nothing. How it starts is said by a file `mode` beside it ("exit 3",
// "mute", "deaf", "wrong-sum", "die-on-attach"); what it does later, by the requests that it gets:
//   getStats                     what this process was given by whoever started it
//   setInput {signal, commits}   enters itself into the in-flight table, then dies by the signal
//   getCatalog                   is never answered
//   dispose                      answers and lets the client go
#include "protocol/channel.h"
#include "protocol/frame.h"
#include "protocol/json_writer.h"
#include "protocol/methods.h"
#include "shm/message_socket.h"
#include "shm/status_page.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <poll.h>
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
  void say(const std::string& text) {
    FrameHeader header;
    header.kind = FrameKind::Notification;
    send(channel_.borrow(), header, text);
  }

  void send(BorrowedFd socket, FrameHeader header, const std::string& text) {
    std::vector<std::byte> frame;
    encode_frame(header, text, {}, frame);
    if (send_message(socket, frame) != SocketStatus::Done) std::exit(8);
  }

  /// False when the supervisor has gone.
  bool wait() {
    std::vector<pollfd> entries{{channel_.get(), POLLIN, 0}};
    std::vector<std::uint64_t> numbers{0};
    for (const auto& [number, client] : clients_) {
      entries.push_back({client.socket.get(), POLLIN, 0});
      numbers.push_back(number);
    }
    if (::poll(entries.data(), entries.size(), -1) < 0) return true;
    if (entries[0].revents != 0 && !read_channel()) return false;
    for (std::size_t i = 1; i < entries.size(); ++i)
      if (entries[i].revents != 0) read_client(numbers[i]);
    return true;
  }

  bool read_channel() {
    FdList fds;
    const Received received = receive_message(channel_.borrow(), buffer_, fds);
    if (received.status != SocketStatus::Done) return received.status == SocketStatus::WouldBlock;
    const auto frame = decode_frame(std::span(buffer_).first(received.bytes));
    if (const auto configure = read_configure(frame->json); configure.ok()) configure_ = *configure;
    const auto attach = read_attach(frame->json);
    if (!attach.ok() || *channel_method(frame->json) != AttachMessage::kName) return true;
    if (mode_ == "die-on-attach") ::kill(::getpid(), SIGKILL);
    attach_client(*attach, std::move(fds[0]));
    return true;
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
    json result{{"sessionId", configure_.session_id},
                {"created", attach.open->created},
                {"epoch", attach.epoch},
                {"clientId", attach.client},
                {"state", "ready"},
                {"enginePid", ::getpid()}};
    reply(client, attach.open->id, result);
    say(to_json(AttachedMessage{attach.client}));
  }

  void reply(const Client& client, std::uint64_t id, const json& result) {
    FrameHeader header;
    header.kind = FrameKind::Response;
    header.id = id;
    header.epoch = configure_.epoch;
    send(client.socket.borrow(), header, json{{"result", result}}.dump());
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
      case Method::Dispose:
        reply(client, id, json::object());
        return let_go(number);
      default:
        enter(number, id, *method, kCommitsNothing);
    }
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
    enter(client,
          id,
          info_of(Method::SetInput),
          params.value("commits", false) ? 1 : kCommitsNothing);
    const int signal = params.value("signal", SIGKILL);
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(signal, &usual, nullptr);  // sanitizers have their own
    ::kill(::getpid(), signal);
  }

  /// What the supervisor gave to this process.
  static json inheritance() {
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
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256U << 10);
};

}  // namespace

int main(int, char** argv) {
  return FakeEngine(argv[0]).run();
}
