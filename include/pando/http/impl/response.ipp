// A handler's headers and cookies, checked before they can become a part of the answer.
#pragma once

#include <stdexcept>

#include <pando/http/detail/characters.hpp>
#include <pando/http/headers.hpp>
#include <pando/http/response.hpp>

namespace pando::http {

namespace detail {

inline void check_header(std::string_view name, std::string_view value) {
  if (!is_token(name))
    throw std::invalid_argument("\"" + std::string(name) + "\" is no name of an HTTP header");
  for (std::string_view const own :
       {"Content-Length", "Transfer-Encoding", "Connection", "Date", "Keep-Alive", "Trailer"}) {
    if (same_name(name, own))
      throw std::invalid_argument("the header " + std::string(own) +
                                  " is written by the HTTP door itself");
  }
  for (char const c : value) {
    if (!is_field_text(c))
      throw std::invalid_argument("the value of the header " + std::string(name) +
                                  " holds a control character");
  }
}

/// The octets of a cookie's value (RFC 6265, 4.1.1).
constexpr bool is_cookie_text(char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

inline void check_cookie(cookie const& which) {
  if (!is_token(which.name))
    throw std::invalid_argument("\"" + which.name + "\" is no name of a cookie");
  for (char const c : which.value) {
    if (!is_cookie_text(c))
      throw std::invalid_argument("the value of the cookie " + which.name +
                                  " holds what a cookie cannot hold; encode it, as base64 for one");
  }
  for (std::string const* const attribute : {&which.path, &which.domain}) {
    for (char const c : *attribute) {
      if (!is_field_text(c) || c == ';')
        throw std::invalid_argument("the path or domain of the cookie " + which.name +
                                    " is malformed");
    }
  }
  if (which.restriction == same_site::none && !which.secure)
    throw std::invalid_argument("the cookie " + which.name +
                                " is for other sites too, so it must be secure");
}

} // namespace detail

PANDO_INLINE response& response::status(int code) {
  if (code < 200 || code > 599)
    throw std::invalid_argument(std::to_string(code) + " is no status of an answer (200 to 599)");
  status_ = code;
  return *this;
}

PANDO_INLINE response& response::set(std::string_view name, std::string_view value) {
  detail::check_header(name, value);
  for (auto at = find(name, 0); at != std::string::npos; at = find(name, at))
    lines_.erase(at, lines_.find('\n', at) + 1 - at);
  return add(name, value);
}

PANDO_INLINE response& response::add(std::string_view name, std::string_view value) {
  detail::check_header(name, value);
  lines_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

PANDO_INLINE response& response::set_cookie(cookie const& which) {
  detail::check_cookie(which);
  std::string text = which.name + '=' + which.value;
  if (!which.path.empty()) text += "; Path=" + which.path;
  if (!which.domain.empty()) text += "; Domain=" + which.domain;
  if (which.max_age) text += "; Max-Age=" + std::to_string(which.max_age->count());
  if (which.secure) text += "; Secure";
  if (which.http_only) text += "; HttpOnly";
  switch (which.restriction) {
  case same_site::unset:
    break;
  case same_site::strict:
    text += "; SameSite=Strict";
    break;
  case same_site::lax:
    text += "; SameSite=Lax";
    break;
  case same_site::none:
    text += "; SameSite=None";
    break;
  }
  return add("Set-Cookie", text);
}

PANDO_INLINE bool response::contains(std::string_view name) const noexcept {
  return find(name, 0) != std::string::npos;
}

PANDO_INLINE void response::clear() noexcept {
  lines_.clear();
  status_ = 0;
}

/// Where the next line of that name begins, from the beginning of a line on.
PANDO_INLINE std::size_t response::find(std::string_view name, std::size_t from) const noexcept {
  std::string_view const all = lines_;
  while (from < all.size()) {
    auto const line = all.substr(from, all.find('\n', from) + 1 - from);
    if (same_name(line.substr(0, line.find(':')), name)) return from;
    from += line.size();
  }
  return std::string::npos;
}

} // namespace pando::http
