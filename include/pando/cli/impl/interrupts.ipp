// SIGINT as bytes in a pipe, read by a thread that may do what a handler may not.
#pragma once

#include <atomic>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <pando/cli/detail/interrupts.hpp>

namespace pando::cli::detail {

/// Where the handler writes. A signal has no argument to bring it by.
inline std::atomic<int> interrupt_pipe{-1};

extern "C" inline void pando_on_interrupt(int) {
  int const kept = errno;
  if (int const pipe = interrupt_pipe.load(); pipe >= 0) (void)!::write(pipe, "i", 1);
  errno = kept;
}

PANDO_INLINE interrupts::interrupts(std::function<void()> on_first)
    : on_first_(std::move(on_first)) {
  if (::sigaction(SIGINT, nullptr, &before_) != 0 || before_.sa_handler == SIG_IGN ||
      ::pipe2(wake_, O_CLOEXEC) != 0)
    return;
  minds_ = true;
  interrupt_pipe.store(wake_[1]);
  watcher_ = std::thread([this] {
    for (bool first = true;;) {
      char what = 0;
      auto const count = ::read(wake_[0], &what, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count != 1 || what != 'i') return;
      if (std::exchange(first, false)) {
        on_first_();
        continue;
      }
      std::signal(SIGINT, SIG_DFL);
      ::kill(::getpid(), SIGINT);
    }
  });
  struct sigaction ours {};
  ours.sa_handler = &pando_on_interrupt;
  ours.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &ours, nullptr);
}

PANDO_INLINE interrupts::~interrupts() {
  if (!minds_) return;
  ::sigaction(SIGINT, &before_, nullptr);
  interrupt_pipe.store(-1);
  (void)!::write(wake_[1], "q", 1);
  watcher_.join();
  ::close(wake_[0]);
  ::close(wake_[1]);
}

} // namespace pando::cli::detail
