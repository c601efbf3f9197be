#include "daemon/supervisor/process_tasks.h"

#include "daemon/supervisor/alarm.h"
#include "daemon/supervisor/out_of_memory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>

#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::supervisor {
namespace {

TEST(TaskState, IsReadPastANameThatHoldsAnything) {
  const auto state =
      parse_task_state("12 (a) R 1 (x)) S 1 12 12 0 -1 4194308 1 2 3 4 5 6 7 8 20 0 1");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->letter, 'S');
  EXPECT_EQ(state->flags, 4194308U);
  EXPECT_TRUE(state->is_exiting());
  EXPECT_FALSE(parse_task_state("12 (a) S 1 12 12 0 -1 4194304 1")->is_exiting());
  EXPECT_TRUE(parse_task_state("12 (a) Z 1 12 12 0 -1 0 1")->is_exiting());
}

TEST(TaskState, NonsenseIsNothing) {
  for (const char* text : {"", "12", "12 (a)", "12 (a) ", "12 (a) S 1 2", "12 (a) S 1 2 3 4 5 x"})
    EXPECT_FALSE(parse_task_state(text)) << text;
}

/// A child that waits to be killed, and is not reaped before the end.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0)
      for (;;)
        ::pause();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const noexcept { return pid_; }
  void wait_for(int options) const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, options | WNOWAIT);
  }

 private:
  pid_t pid_;
};

TEST(ProcessTasks, KilledProcessCannotRunThoughNobodyHasReapedIt) {
  const Child child;
  EXPECT_TRUE(can_still_run(child.pid()));
  EXPECT_FALSE(is_stopped(child.pid()));
  ::kill(child.pid(), SIGKILL);
  child.wait_for(WEXITED);
  EXPECT_FALSE(can_still_run(child.pid()));
}

TEST(ProcessTasks, StoppedProcessIsSeenToBe) {
  const Child child;
  ::kill(child.pid(), SIGSTOP);
  child.wait_for(WSTOPPED);
  EXPECT_TRUE(is_stopped(child.pid()));
  EXPECT_TRUE(can_still_run(child.pid()));
}

TEST(ProcessTasks, ProcessThatIsGoneCannotRun) {
  const pid_t none = 0x3fffffff;  // above every limit of process numbers
  EXPECT_FALSE(can_still_run(none));
  EXPECT_FALSE(is_stopped(none));
}

TEST(OutOfMemoryCount, IsReadFromItsLineOnly) {
  EXPECT_EQ(count_in("oom_kill_x 3\noom_kill 12\nlow 4\n", "oom_kill"), 12U);
  EXPECT_EQ(count_in("oom 1\noom_kill 5", "oom_kill"), 5U);
  EXPECT_EQ(count_in("oom_kill x", "oom_kill"), 0U);
  EXPECT_EQ(count_in("", "oom_kill"), 0U);
}

TEST(OutOfMemoryCount, DoesNotGrowByItself) {
  OutOfMemory memory;
  EXPECT_FALSE(memory.has_grown());
}

TEST(AlarmTest, LastOneSetIsTheOnlyOneThatRings) {
  EventLoop loop(1);
  Alarm alarm(loop);
  int rang = 0;
  alarm.set_after(std::chrono::milliseconds(0), [&] { rang += 1; });
  alarm.set_after(std::chrono::milliseconds(1), [&] { rang += 10; });
  EXPECT_TRUE(alarm.is_set());
  loop.run();
  EXPECT_EQ(rang, 10);
  EXPECT_FALSE(alarm.is_set());
}

TEST(AlarmTest, MayBeCancelledOrDestroyedThoughItIsDue) {
  EventLoop loop(1);
  int rang = 0;
  auto first = std::make_unique<Alarm>(loop);
  auto second = std::make_unique<Alarm>(loop);
  Alarm third(loop);
  // All are due in the same turn of the loop.
  first->set_after(std::chrono::milliseconds(0), [&] {
    second.reset();
    third.cancel();
    first.reset();
  });
  second->set_after(std::chrono::milliseconds(0), [&] { ++rang; });
  third.set_after(std::chrono::milliseconds(0), [&] { ++rang; });
  loop.run();
  EXPECT_EQ(rang, 0);
}

TEST(AlarmTest, MayBeSetAgainByItsOwnHandler) {
  EventLoop loop(1);
  Alarm alarm(loop);
  int rang = 0;
  std::function<void()> ring = [&] {
    if (++rang < 3) alarm.set_after(std::chrono::milliseconds(0), ring);
  };
  alarm.set_after(std::chrono::milliseconds(0), ring);
  loop.run();
  EXPECT_EQ(rang, 3);
}

}  // namespace
}  // namespace chainsolved::supervisor
