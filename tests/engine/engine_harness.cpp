#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::test {

namespace {

using nlohmann::json;

// Nothing here takes that long; a test that waits for what never comes must end all the same.
constexpr int kPatienceMs = 20'000;

constexpr std::size_t kMaxInlineJson = 150'000;

constexpr std::uint64_t kOpenId = 1'000'000;

void await_readable(BorrowedFd fd) {
  pollfd entry{fd.get(), POLLIN, 0};
  const int ready = ::poll(&entry, 1, kPatienceMs);
  if (ready <= 0) throw std::runtime_error("nothing came from the engine");
}

void await_writable(BorrowedFd fd) {
  pollfd entry{fd.get(), POLLOUT, 0};
  if (::poll(&entry, 1, kPatienceMs) <= 0) throw std::runtime_error("the engine does not read");
}

/// Descriptors above those that posix_spawn moves about in the child.
UniqueFd out_of_the_way(const UniqueFd& fd) {
  return UniqueFd{AdoptFd{}, ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 10)};
}

pid_t spawn_engine(const UniqueFd& channel, BorrowedFd page, std::vector<std::string> arguments) {
  const UniqueFd channel_copy = out_of_the_way(channel);
  const UniqueFd page_copy{AdoptFd{}, ::fcntl(page.get(), F_DUPFD_CLOEXEC, 10)};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, channel_copy.get(), 3);
  ::posix_spawn_file_actions_adddup2(&actions, page_copy.get(), 4);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 5);
  std::string program = std::string(CHAINSOLVED_BINARY_DIR) + "/chainsolve-engine";
  std::vector<char*> argv{program.data()};
  for (std::string& argument : arguments)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::system_error(failed, std::system_category(), program);
  return pid;
}

template <class T>
std::vector<T> copy_out(std::span<const std::byte> bytes, const json& where) {
  std::vector<T> numbers(where.at("count").get<std::size_t>());
  const auto offset = where.at("offset").get<std::size_t>();
  if (offset % 8 != 0 || offset + numbers.size() * sizeof(T) > bytes.size())
    throw std::runtime_error("a column does not lie in its bytes: " + where.dump());
  if (!numbers.empty())
    std::memcpy(numbers.data(), bytes.data() + offset, numbers.size() * sizeof(T));
  return numbers;
}

template <class T>
std::vector<T> column(const Message& message, const json& reference) {
  if (reference.contains("$column")) return copy_out<T>(message.data, reference.at("$column"));
  const json& where = reference.at("$segment");
  const auto mapping = message.segments.at(where.at("index").get<std::size_t>()).map();
  if (!mapping.ok()) throw std::runtime_error(mapping.error().message);
  return copy_out<T>((*mapping)->bytes(), where);
}

double as_number(const json& number) {
  if (!number.is_string()) return number.get<double>();
  const auto& text = number.get_ref<const std::string&>();
  const double infinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  return text == "Infinity" ? infinity : -infinity;
}

json parse_segment(const SealedSegment& segment) {
  const auto mapping = segment.map();
  if (!mapping.ok()) throw std::runtime_error(mapping.error().message);
  const auto bytes = (*mapping)->bytes();
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return json::parse(text, text + bytes.size());
}

}  // namespace

std::string Message::code() const {
  if (!json.contains("error")) return {};
  const auto& error = json.at("error");
  if (error.contains("data") && error.at("data").contains("code"))
    return error.at("data").at("code").get<std::string>();
  // JSON-RPC's own errors are told by their number.
  for (const ErrorCode standard : {ErrorCode::ParseError,
                                   ErrorCode::InvalidRequest,
                                   ErrorCode::MethodNotFound,
                                   ErrorCode::InvalidParams,
                                   ErrorCode::InternalError})
    if (info_of(standard).rpc_code == error.at("code").get<int>())
      return std::string(info_of(standard).wire);
  return "no code";
}

nlohmann::json Message::applied() const {
  const auto& error = json.at("error");
  return error.contains("data") ? error.at("data").value("applied", nlohmann::json())
                                : nlohmann::json();
}

std::vector<double> Message::numbers(const nlohmann::json& reference) const {
  if (!reference.is_array()) return column<double>(*this, reference);
  std::vector<double> numbers;
  for (const auto& number : reference)
    numbers.push_back(as_number(number));
  return numbers;
}

std::vector<std::uint32_t> Message::slots(const nlohmann::json& reference) const {
  return column<std::uint32_t>(*this, reference);
}

std::map<std::uint32_t, double> Message::scalars(const nlohmann::json& members) const {
  const auto keys = slots(members.at("scalars").at("slots"));
  const auto values = numbers(members.at("scalars").at("values"));
  if (keys.size() != values.size()) throw std::runtime_error("slots and values differ in length");
  std::map<std::uint32_t, double> scalars;
  for (std::size_t i = 0; i < keys.size(); ++i)
    scalars[keys[i]] = values[i];
  return scalars;
}

std::uint64_t TestClient::send(std::string_view method,
                               const nlohmann::json& params,
                               const std::vector<const SealedSegment*>& segments) {
  std::string text = json{{"method", method}, {"params", params}}.dump();
  FrameHeader header;
  header.id = next_id_++;
  header.epoch = epoch;
  std::vector<BorrowedFd> fds;
  for (const SealedSegment* segment : segments)
    fds.push_back(segment->fd());
  std::optional<SealedSegment> json_segment;
  if (text.size() > kMaxInlineJson) {
    json_segment.emplace(segment_of_bytes(std::as_bytes(std::span(text))));
    fds.push_back(json_segment->fd());
    header.flags = kFlagJsonInSegment;
    text.clear();
  }
  header.segments = static_cast<std::uint8_t>(fds.size());
  std::vector<std::byte> message;
  encode_frame(header, text, {}, message);
  while (send_message(socket_.borrow(), message, fds) == SocketStatus::WouldBlock)
    await_writable(socket_.borrow());
  return header.id;
}

void TestClient::notify(std::string_view method, const nlohmann::json& params) {
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.epoch = epoch;
  std::vector<std::byte> message;
  encode_frame(header, json{{"method", method}, {"params", params}}.dump(), {}, message);
  while (send_message(socket_.borrow(), message) == SocketStatus::WouldBlock)
    await_writable(socket_.borrow());
}

SocketStatus TestClient::send_bytes(std::span<const std::byte> message,
                                    std::span<const BorrowedFd> fds) {
  return send_message(socket_.borrow(), message, fds);
}

std::optional<Message> TestClient::receive() {
  FdList fds;
  Received got;
  do {
    await_readable(socket_.borrow());
    got = receive_message(socket_.borrow(), buffer_, fds);
  } while (got.status == SocketStatus::WouldBlock || got.status == SocketStatus::Reset);
  if (got.status == SocketStatus::Closed) return std::nullopt;
  if (got.status != SocketStatus::Done) throw std::runtime_error("receive failed");
  const auto frame = decode_frame(std::span(buffer_).first(got.bytes));
  if (!frame.ok()) throw std::runtime_error(frame.error().message);
  Message message;
  message.header = frame->header;
  message.data.assign(frame->data.begin(), frame->data.end());
  EXPECT_EQ(fds.size(), message.header.segments);
  for (std::size_t i = 0; i < fds.size(); ++i) {
    auto segment = SealedSegment::adopt(std::move(fds[i]), 1);
    if (!segment.ok()) throw std::runtime_error(segment.error().message);
    message.segments.push_back(std::move(*segment));
  }
  message.json = message.header.json_in_segment() ? parse_segment(message.segments.back())
                                                  : json::parse(frame->json);
  return message;
}

Message TestClient::answer_to(std::uint64_t id) {
  for (;;) {
    auto message = receive();
    if (!message) throw std::runtime_error("the connection ended before the answer");
    if (message->header.id == id) return std::move(*message);
    seen.push_back(std::move(*message));
  }
}

Message TestClient::notification(std::string_view method) {
  for (;;) {
    auto message = receive();
    if (!message) throw std::runtime_error("the connection ended before the notification");
    if (message->json.value("method", "") == method) return std::move(*message);
    seen.push_back(std::move(*message));
  }
}

bool TestClient::at_end() {
  while (auto message = receive())
    seen.push_back(std::move(*message));
  return true;
}

ConfigureMessage EngineHarness::default_configuration() {
  ConfigureMessage configuration;
  configuration.session_id = "s1";
  return configuration;
}

EngineHarness::EngineHarness(ConfigureMessage configuration, std::vector<std::string> arguments)
    : configuration_(std::move(configuration)) {
  auto pair = make_socket_pair();
  auto page = SharedStatusPage::create();
  if (!pair.ok() || !page.ok()) throw std::runtime_error("no channel or no page");
  channel_ = std::move(pair->first);
  page_.emplace(std::move(*page));
  pid_ = spawn_engine(pair->second, page_->fd(), std::move(arguments));
  pair->second.reset();
  channel_message("ready");
  send_channel(to_json(configuration_));
}

EngineHarness::~EngineHarness() {
  if (pid_ > 0) stop();
}

void EngineHarness::send_channel(const std::string& json, std::span<const BorrowedFd> fds) {
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.segments = static_cast<std::uint8_t>(fds.size());
  std::vector<std::byte> message;
  encode_frame(header, json, {}, message);
  ASSERT_EQ(send_message(channel_.borrow(), message, fds), SocketStatus::Done);
}

json EngineHarness::channel_message(std::string_view method) {
  const auto is_wanted = [&](const json& message) {
    return message.at("method") == method;
  };
  const auto early = std::find_if(early_.begin(), early_.end(), is_wanted);
  if (early != early_.end()) {
    json message = std::move(*early);
    early_.erase(early);
    return message;
  }
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    await_readable(channel_.borrow());
    FdList fds;
    const Received got = receive_message(channel_.borrow(), buffer, fds);
    if (got.status != SocketStatus::Done) throw std::runtime_error("the engine has ended");
    json message = take_channel_message(std::span(buffer).first(got.bytes), fds);
    if (is_wanted(message)) return message;
    early_.push_back(std::move(message));
  }
}

json EngineHarness::take_channel_message(std::span<const std::byte> bytes, FdList& fds) {
  const auto frame = decode_frame(bytes);
  if (!frame.ok()) throw std::runtime_error(frame.error().message);
  json message = json::parse(frame->json);
  const auto& method = message.at("method");
  if (method == "generation") {
    const bool has_snapshot = message.at("params").value("snapshot", false);
    if (fds.size() != (has_snapshot ? 2U : 1U)) throw std::runtime_error("a generation's segments");
    Generation& generation = generations_[message.at("params").at("n").get<std::uint32_t>()];
    if (has_snapshot) generation.snapshot = std::move(fds[0]);
    generation.journal = std::move(fds[has_snapshot ? 1 : 0]);
  } else if (method == "keep") {
    kept_[message.at("params").at("n").get<std::uint32_t>()] = std::move(fds[0]);
  } else if (method == "forget") {
    kept_.erase(message.at("params").at("n").get<std::uint32_t>());
  }
  return message;
}

void EngineHarness::read_channel() {
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    FdList fds;
    const Received got = receive_message(channel_.borrow(), buffer, fds);
    if (got.status == SocketStatus::Reset) continue;
    if (got.status != SocketStatus::Done) return;
    early_.push_back(take_channel_message(std::span(buffer).first(got.bytes), fds));
  }
}

const std::map<std::uint32_t, EngineHarness::Generation>& EngineHarness::generations() {
  read_channel();
  return generations_;
}

const std::map<std::uint32_t, UniqueFd>& EngineHarness::kept() {
  read_channel();
  return kept_;
}

void EngineHarness::lose_kept(std::uint32_t n) {
  read_channel();
  kept_.erase(n);
}

std::uint64_t EngineHarness::committed() {
  std::uint64_t largest = 0;
  for (const auto& [n, generation] : generations()) {
    const auto journal =
        JournalReader::adopt(generation.journal.duplicate(), JournalReader::Part::FirstPage);
    if (!journal.ok()) throw std::runtime_error(journal.error().message);
    EXPECT_EQ(journal->generation(), n);
    largest = std::max(largest, journal->committed());
  }
  return largest;
}

std::vector<EngineHarness::Record> EngineHarness::records() {
  const std::uint64_t word = committed();
  if (word == 0) return {};
  const auto journal = JournalReader::adopt(
      generations_.at(generation_of(word)).journal.duplicate(), JournalReader::Part::Whole);
  if (!journal.ok()) throw std::runtime_error(journal.error().message);
  std::vector<Record> records;
  const auto read = journal->for_each(bytes_of(word), [&](const JournalReader::Record& record) {
    records.push_back({json::parse(record.payload), record.hash});
    return Result<void>{};
  });
  if (!read.ok()) throw std::runtime_error(read.error().message);
  return records;
}

std::string EngineHarness::generation_snapshot() {
  const Generation& generation = generations_.at(generation_of(committed()));
  if (!generation.snapshot.valid()) return {};
  auto segment = SealedSegment::adopt(generation.snapshot.duplicate(), 1);
  if (!segment.ok()) throw std::runtime_error(segment.error().message);
  return parse_segment(*segment).dump();
}

void EngineHarness::kill() {
  ::kill(pid_, SIGKILL);
  await_death();
}

int EngineHarness::await_death() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  pid_ = -1;
  read_channel();
  return status;
}

ConfigureMessage EngineHarness::successor() {
  ConfigureMessage next = configuration_;
  ++next.epoch;
  next.generation = generations().empty() ? 1 : generations_.rbegin()->first + 1;
  return next;
}

void EngineHarness::begin_take_over(EngineHarness& dead,
                                    const std::vector<BlamedNode>& suspects,
                                    const std::vector<BlamedNode>& quarantined) {
  for (const auto& [n, segment] : dead.kept()) {
    const BorrowedFd fd = segment.borrow();
    send_channel(to_json(KeepMessage{n}), std::span(&fd, 1));
    kept_[n] = segment.duplicate();
  }
  const std::uint64_t word = dead.committed();
  const Generation& generation = dead.generations_.at(generation_of(word));
  const ReplayMessage message{generation.snapshot.valid(), word, suspects, quarantined};
  std::vector<BorrowedFd> fds;
  if (message.has_snapshot) fds.push_back(generation.snapshot.borrow());
  fds.push_back(generation.journal.borrow());
  send_channel(to_json(message), fds);
}

nlohmann::json EngineHarness::take_over(EngineHarness& dead,
                                        const std::vector<BlamedNode>& suspects,
                                        const std::vector<BlamedNode>& quarantined) {
  begin_take_over(dead, suspects, quarantined);
  return channel_message("replayed").at("params");
}

TestClient& EngineHarness::attach_again(EngineHarness& dead, AttachMessage attach) {
  attach.epoch = configuration_.epoch;
  const auto id = attach.client;
  while (clients_.size() < id)
    clients_.push_back(nullptr);
  clients_[id - 1] = std::move(dead.clients_.at(id - 1));
  sockets_[id] = std::move(dead.sockets_.at(id));
  const BorrowedFd socket = sockets_[id].borrow();
  send_channel(to_json(attach), std::span(&socket, 1));
  return *clients_[id - 1];
}

TestClient& EngineHarness::attach(Names names) {
  auto pair = make_socket_pair();
  if (!pair.ok()) throw std::runtime_error(pair.error().message);
  AttachMessage attach;
  attach.client = clients_.size() + 1;
  attach.names = names == Names::Yes;
  attach.epoch = configuration_.epoch;
  attach.open = PendingOpen{kOpenId, clients_.empty()};
  const BorrowedFd socket = pair->second.borrow();
  send_channel(to_json(attach), std::span(&socket, 1));
  clients_.push_back(std::make_unique<TestClient>(std::move(pair->first)));
  clients_.back()->epoch = configuration_.epoch;
  opened_.emplace(attach.client, clients_.back()->answer_to(kOpenId));
  sockets_[attach.client] = std::move(pair->second);
  const json attached = channel_message("attached");
  EXPECT_EQ(attached.at("params").at("client"), attach.client);
  return *clients_.back();
}

void EngineHarness::await_detached(std::uint64_t client) {
  const json detached = channel_message("detached");
  EXPECT_EQ(detached.at("params").at("client"), client);
  sockets_.erase(client);
}

int EngineHarness::stop() {
  channel_.reset();
  sockets_.clear();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  pid_ = -1;
  return status;
}

std::size_t open_descriptors(pid_t pid) {
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

void wait_until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it never came true");
    std::this_thread::yield();
  }
}

json node(std::string_view id, std::string_view type, const json& data) {
  return {{"id", id}, {"blockType", type}, {"data", data}};
}

json edge(std::string_view id,
          std::string_view source,
          std::string_view target,
          std::string_view port) {
  return {{"id", id},
          {"source", source},
          {"sourceHandle", "out"},
          {"target", target},
          {"targetHandle", port}};
}

json snapshot(const json& nodes, const json& edges) {
  return {{"version", 1}, {"nodes", nodes}, {"edges", edges}};
}

json input(std::string_view id, const json& value) {
  return {{"nodeId", id}, {"portId", "value"}, {"value", value}};
}

json in_segment(std::uint64_t count, std::uint64_t offset, std::uint64_t index) {
  return {{"$segment", {{"index", index}, {"type", "f64"}, {"offset", offset}, {"count", count}}}};
}

AttachMessage after_crash(std::uint64_t client, bool names) {
  AttachMessage attach;
  attach.client = client;
  attach.names = names;
  attach.error = "WORKER_CRASHED";
  return attach;
}

SealedSegment segment_of_bytes(std::span<const std::byte> bytes) {
  auto builder = SegmentBuilder::create(bytes.size());
  if (!builder.ok()) throw std::runtime_error(builder.error().message);
  if (!builder->write(0, bytes).ok()) throw std::runtime_error("write");
  auto sealed = std::move(*builder).seal();
  if (!sealed.ok()) throw std::runtime_error(sealed.error().message);
  return std::move(*sealed);
}

SealedSegment segment_of(const std::vector<double>& numbers) {
  return segment_of_bytes(std::as_bytes(std::span(numbers)));
}

}  // namespace chainsolved::test
