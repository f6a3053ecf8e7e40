// Echo off and on again, by signals too. Signal handlers need one place that all of them know.
#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include <unistd.h>

#include <pando/cli/detail/hidden_input.hpp>

namespace pando::cli::detail {

inline constexpr std::array<int, 5> ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

/// The terminal whose echo is off now. A signal has no argument to bring it by.
struct hidden_terminal {
  std::atomic<int> terminal{-1};
  ::termios shown{};
  ::termios hidden{};
  std::array<struct sigaction, ending_signals.size()> before{};
  std::array<bool, ending_signals.size()> is_ours{};
};
inline hidden_terminal hidden_now;

extern "C" inline void pando_show_input_again(int number) {
  int const kept = errno;
  int const terminal = hidden_now.terminal.load();
  if (terminal >= 0) ::tcsetattr(terminal, TCSANOW, &hidden_now.shown);
  struct sigaction plain {};
  struct sigaction ours {};
  plain.sa_handler = SIG_DFL;
  ::sigaction(number, &plain, &ours);
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, number);
  sigset_t masked;
  ::raise(number);
  ::pthread_sigmask(SIG_UNBLOCK, &one, &masked); // it ends or stops here
  ::pthread_sigmask(SIG_SETMASK, &masked, nullptr);
  ::sigaction(number, &ours, nullptr);
  if (terminal >= 0) ::tcsetattr(terminal, TCSANOW, &hidden_now.hidden);
  errno = kept;
}

PANDO_INLINE hidden_input::hidden_input(int terminal) : terminal_(terminal) {
  if (::tcgetattr(terminal, &before_) != 0) return;
  auto hidden = before_;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
  hidden_now.shown = before_;
  hidden_now.hidden = hidden;
  hidden_now.terminal.store(terminal);
  for (std::size_t at = 0; at < ending_signals.size(); ++at) {
    struct sigaction ours {};
    ours.sa_handler = &pando_show_input_again;
    ::sigfillset(&ours.sa_mask);
    ::sigaction(ending_signals[at], nullptr, &hidden_now.before[at]);
    bool const is_plain = (hidden_now.before[at].sa_flags & SA_SIGINFO) == 0 &&
                          hidden_now.before[at].sa_handler == SIG_DFL;
    hidden_now.is_ours[at] = is_plain;
    if (is_plain) ::sigaction(ending_signals[at], &ours, nullptr);
  }
  holds_ = ::tcsetattr(terminal, TCSAFLUSH, &hidden) == 0;
}

PANDO_INLINE hidden_input::~hidden_input() {
  if (hidden_now.terminal.load() != terminal_) return;
  ::tcsetattr(terminal_, TCSANOW, &before_);
  hidden_now.terminal.store(-1);
  for (std::size_t at = 0; at < ending_signals.size(); ++at)
    if (hidden_now.is_ours[at]) ::sigaction(ending_signals[at], &hidden_now.before[at], nullptr);
}

} // namespace pando::cli::detail
