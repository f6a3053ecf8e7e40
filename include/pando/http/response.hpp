// What a handler may set of its answer: status, headers, cookies.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>

namespace pando::http {

enum class same_site : std::uint8_t { unset, strict, lax, none };

/// A cookie to be set (RFC 6265). The name is a token; the value is of printable ASCII without
/// space, quotes, comma, semicolon and backslash.
struct cookie {
  std::string name;
  std::string value;
  std::string path{};                            ///< empty: the folder of the request's path
  std::string domain{};                          ///< empty: this host only
  std::optional<std::chrono::seconds> max_age{}; ///< none: until the browser ends; zero: removed
  bool secure = false;
  bool http_only = true;
  same_site restriction = same_site::lax;
};

/// The answer's status and headers, as a handler sets them; the door writes what frames the answer
/// (Content-Length, Transfer-Encoding, Connection, Date) itself. *Thread*: the call's.
class response {
 public:
  /// The status in place of the route's own. *Throws* std::invalid_argument outside 200 … 599.
  response& status(int code);
  /// One header in place of all of that name. *Throws* std::invalid_argument, and sets nothing,
  /// when the name is no token, the value holds a control character (CR and LF would begin another
  /// header) or the header is one of the door's own.
  response& set(std::string_view name, std::string_view value);
  /// One more header of that name. *Throws* as `set` does.
  response& add(std::string_view name, std::string_view value);
  /// One more Set-Cookie. *Throws* std::invalid_argument when the cookie could not be read as
  /// given.
  response& set_cookie(cookie const& which);

  /// The status, where one was set.
  std::optional<int> status() const noexcept {
    return status_ == 0 ? std::nullopt : std::optional<int>(status_);
  }
  /// Whether a header of that name was set.
  bool contains(std::string_view name) const noexcept;
  /// The headers as they go over the wire: `Name: value\r\n` for each.
  std::string_view lines() const noexcept { return lines_; }
  /// Forgets what was set, and keeps the memory.
  void clear() noexcept;

 private:
  std::size_t find(std::string_view name, std::size_t from) const noexcept;

  std::string lines_;
  int status_ = 0;
};

} // namespace pando::http

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/response.ipp>
#endif
