// Taking a URL apart (RFC 3986), strictly: a typing error must not become another app.
#pragma once

#include <charconv>
#include <stdexcept>

#include <boost/asio/ip/address_v6.hpp>

#include <pando/http/detail/characters.hpp>
#include <pando/http/detail/client_url.hpp>
#include <pando/http/headers.hpp>

namespace pando::http::detail {

/// What stands for the URL in a sentence: without what may be a password.
inline std::string url_for_sentence(std::string_view text) {
  auto const at = text.substr(0, text.find_first_of("/?#", text.find("://") + 3)).rfind('@');
  if (at != text.npos) return "\"...@" + std::string(text.substr(at + 1)) + "\"";
  return "\"" + std::string(text) + "\"";
}

[[noreturn]] inline void refuse_url(std::string_view text, std::string const& why) {
  throw std::invalid_argument("pando: " + url_for_sentence(text) +
                              " is not the URL of an app: " + why);
}

/// The host off the front of `authority`, brackets and all.
inline std::string_view take_host(std::string_view& authority, std::string_view url) {
  if (authority.empty() || authority.front() == ':') refuse_url(url, "it has no host");
  if (authority.front() != '[') {
    auto const host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(host.size());
    for (char const c : host)
      if (!is_digit(c) && !is_letter(c) && c != '-' && c != '.' && c != '_')
        refuse_url(url, "the host holds a character that no name of a host has");
    return host;
  }
  auto const end = authority.find(']');
  if (end == authority.npos) refuse_url(url, "the bracket before the IPv6 address is not closed");
  auto const address = authority.substr(0, end + 1);
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(address.substr(1, end - 1)), error);
  if (error || address.find('%') != address.npos)
    refuse_url(url, "what stands in brackets is not an IPv6 address");
  authority.remove_prefix(address.size());
  return address;
}

inline void take_port(std::string_view text, std::string_view url, client_url& into) {
  std::string_view const own = into.is_tls ? "443" : "80";
  if (text.empty() || text == ":") {
    into.port = own;
    return;
  }
  unsigned number = 0;
  auto const* const end = text.data() + text.size();
  auto const [read, error] = std::from_chars(text.data() + 1, end, number);
  if (text.front() != ':') refuse_url(url, "there is something between the address and the port");
  if (error != std::errc{} || read != end || number == 0 || number > 65535)
    refuse_url(url, "the port is not a number from 1 to 65535");
  into.port = std::to_string(number);
  if (into.port != own) into.authority += ":" + into.port;
}

PANDO_INLINE client_url parse_client_url(std::string_view text) {
  client_url url;
  auto const mark = text.find("://");
  auto const scheme = text.substr(0, mark == text.npos ? 0 : mark);
  url.is_tls = same_name(scheme, "https");
  if (!url.is_tls && !same_name(scheme, "http"))
    refuse_url(text, "it does not begin with http:// or https://");
  auto rest = text.substr(mark + 3);
  if (rest.find_first_of("?#") != rest.npos)
    refuse_url(text, "it has a query or a fragment; routes bring their own");
  auto authority = rest.substr(0, rest.find('/'));
  auto path = rest.substr(authority.size());
  if (authority.find('@') != authority.npos)
    refuse_url(text, "it has a user; give the header by client_options::authorization");
  for (char const c : path)
    if (!is_field_text(c) || c == '\t' || c == ' ' || static_cast<signed char>(c) < 0)
      refuse_url(text, "its path holds a character that must be percent-encoded");
  url.authority = take_host(authority, text);
  url.host = url.authority.front() == '[' ? url.authority.substr(1, url.authority.size() - 2)
                                          : url.authority;
  take_port(authority, text, url);
  while (path.ends_with('/')) path.remove_suffix(1);
  url.base = path;
  url.origin = (url.is_tls ? "https://" : "http://") + url.authority;
  return url;
}

} // namespace pando::http::detail
