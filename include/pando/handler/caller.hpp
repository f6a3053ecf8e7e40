// Who calls, through which door, until when: what a handler and a guard may know of a call.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pando {

/// Whether a call is cancelled, as a `bool` that turns true while its handler runs, on whatever
/// thread that does.
class cancelled_flag {
 public:
  cancelled_flag(bool is = false) noexcept : is_(is) {}
  cancelled_flag(cancelled_flag const& other) noexcept : is_(bool(other)) {}
  cancelled_flag& operator=(cancelled_flag const& other) noexcept {
    is_.store(bool(other), std::memory_order_relaxed);
    return *this;
  }
  operator bool() const noexcept { return is_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> is_;
};

/// The caller of one call. Views stay valid until the call has been answered.
struct caller {
  std::string_view transport; ///< "in-process", "http", "socket", "json-rpc", "cli" or a plug-in's;
                              ///< "link" of another runner
  std::string_view peer;      ///< "127.0.0.1:51234", "uid 1000, pid 77", a runner's name; empty in
                              ///< process
  std::string principal;      ///< filled by a guard
  std::optional<std::uint32_t> user_id; ///< of the peer, over the Unix socket
  /// Of a runner, over a link: proven like its name where the link has a cookie, else as it says.
  std::optional<std::uint64_t> incarnation;
  /// When the caller stops waiting.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  /// The caller has gone, or said that it no longer wants the answer. A handler that blocks asks
  /// for it; one that waits is cancelled, too.
  cancelled_flag is_cancelled{};

  /// A header of the request (HTTP) or an attribute of that name; empty where there is none, and
  /// once the call is cancelled, but for what a handler that blocks has read before. *Thread*: the
  /// handler's.
  std::string_view header(std::string_view name) const {
    auto* const find = find_header;
    return find == nullptr ? std::string_view{} : find(header_source, name);
  }
  std::string_view (*find_header)(void const* source, std::string_view name) = nullptr;
  void const* header_source = nullptr;
};

} // namespace pando
