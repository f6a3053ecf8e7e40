// What is typed does not show while this lives, whatever ends the program.
#pragma once

#include <pando/config.hpp>

#include <termios.h>

namespace pando::cli::detail {

/// Turns the echo of a terminal off and back on. Where INT, TERM, HUP, QUIT or TSTP would end or
/// stop the program, it is turned on first; after a stop it is turned off again. One at a time.
class hidden_input {
 public:
  explicit hidden_input(int terminal);
  hidden_input(hidden_input const&) = delete;
  ~hidden_input();
  /// False: it is no terminal, or its echo cannot be turned off.
  bool holds() const noexcept { return holds_; }

 private:
  int terminal_;
  ::termios before_{};
  bool holds_ = false;
};

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/hidden_input.ipp>
#endif
