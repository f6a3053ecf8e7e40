// A Unix socket that sends and receives lines, blocking, with a limit of time and a way to be
// woken.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>

namespace pando::cli::detail {

/// *Limit*: lines of 64 MiB. *Thread*: one.
class line_socket {
 public:
  using clock = std::chrono::steady_clock;
  enum class opened : std::uint8_t { yes, nobody, refused };
  enum class got : std::uint8_t { line, late, woken, ended };

  line_socket() = default;
  line_socket(line_socket const&) = delete;
  ~line_socket() { close(); }

  /// `nobody`: no socket there, or nobody behind it. Else `why` has the reason.
  opened open(std::string const& path, std::string& why);
  void close() noexcept;
  /// Sends the text and a line feed. False: the connection is gone, or takes nothing until `until`.
  bool send(std::string_view line, clock::time_point until);
  /// The next line, without its end. `woken`: something can be read from `wake`.
  got receive(std::string& line, clock::time_point until, int wake = -1);

  /// Who is at the other end, as the kernel says. False: it does not.
  struct peer {
    std::int64_t process;
    std::uint32_t user;
  };
  bool other_end(peer& who) const noexcept;

 private:
  int file_ = -1;
  std::string received_{};
  std::size_t scanned_ = 0;
};

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/line_socket.ipp>
#endif
