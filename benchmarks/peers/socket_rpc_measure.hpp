// What the socket benchmarks share: the echoed value, two processes on given cores, and the count.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace measure {

inline constexpr char text[] = "sixteen letters!";
inline constexpr std::int64_t number = 1'234'567'890'123;
inline constexpr double real = 0.1;
inline constexpr std::int32_t list[]{1, -2, 3'000'000, 4};
inline constexpr int depth = 256; ///< calls in flight

/// `one|many SECONDS SERVER_CORE CLIENT_CORE`, the last four arguments.
struct work {
  bool many;
  double seconds;
  int server_core;
  int client_core;

  work(int argc, char** argv) {
    if (argc < 5) {
      std::fprintf(stderr, "usage: %s … one|many SECONDS SERVER_CORE CLIENT_CORE\n", argv[0]);
      std::exit(2);
    }
    many = std::strcmp(argv[argc - 4], "many") == 0;
    seconds = std::atof(argv[argc - 3]);
    server_core = std::atoi(argv[argc - 2]);
    client_core = std::atoi(argv[argc - 1]);
  }
};

inline void pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  if (::sched_setaffinity(0, sizeof cores, &cores) != 0) std::perror("sched_setaffinity");
}

/// Runs `serve` in a process of its own on the server's core, until this is destroyed.
class server_process {
 public:
  template <class Serve>
  server_process(work const& what, Serve serve) : child_(::fork()) {
    if (child_ != 0) {
      pin(what.client_core);
      return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(what.server_core);
    serve();
    ::_exit(0);
  }
  server_process(server_process const&) = delete;
  ~server_process() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_;
};

/// A socket's path in a folder of its own.
class place {
 public:
  place() {
    char name[] = "/tmp/pando-bench-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
  }
  place(place const&) = delete;
  ~place() {
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/socket"; }

 private:
  std::string folder_;
};

/// Counts answers: first to warm up, then for the time asked for. Looks at the clock now and then.
class meter {
 public:
  explicit meter(work const& what) : what_(what), begin_(clock::now() + warm_up) {}

  /// An answer is there; false: the time is over.
  bool tick() {
    if ((++count_ & 63) != 0) return goes_on_;
    auto const now = clock::now();
    if (!is_warm_ && now >= begin_) {
      is_warm_ = true;
      begin_ = now;
      count_ = 0;
    }
    auto const passed = std::chrono::duration<double>(now - begin_).count();
    if (is_warm_ && passed >= what_.seconds && goes_on_) {
      goes_on_ = false;
      rate_ = static_cast<double>(count_) / passed;
    }
    return goes_on_;
  }
  /// One number: microseconds a call, or calls a second.
  void print() const {
    if (what_.many) std::printf("%.0f\n", rate_);
    else std::printf("%.3f\n", 1e6 / rate_);
  }

 private:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds warm_up{200};
  work const what_;
  clock::time_point begin_;
  std::uint64_t count_ = 0;
  double rate_ = 0;
  bool is_warm_ = false;
  bool goes_on_ = true;
};

} // namespace measure
