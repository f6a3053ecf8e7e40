// Ctrl-C while a call runs: the first cancels it, the second ends the program.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include <pando/config.hpp>

namespace pando::cli::detail {

/// Minds SIGINT while it lives; where SIGINT was ignored (a background job), it stays so.
/// *Thread*: `on_first` is called on a thread of its own. One at a time.
class interrupts {
 public:
  explicit interrupts(std::function<void()> on_first);
  interrupts(interrupts const&) = delete;
  ~interrupts();

 private:
  std::function<void()> on_first_;
  int wake_[2] = {-1, -1};
  struct sigaction before_ {};
  bool minds_ = false;
  std::thread watcher_;
};

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/interrupts.ipp>
#endif
