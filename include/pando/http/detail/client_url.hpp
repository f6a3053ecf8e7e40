// Where a client's app is: a URL taken apart.
#pragma once

#include <string>
#include <string_view>

#include <pando/config.hpp>

namespace pando::http::detail {

/// The parts of `http://host:port/base`.
struct client_url {
  bool is_tls = false;
  std::string host;      ///< a name or an address; an IPv6 one without its brackets
  std::string port;      ///< digits
  std::string authority; ///< for the header Host: without the port where it is the scheme's own
  std::string base;      ///< "/api", or empty
  std::string origin;    ///< "http://host:port": for sentences
};

/// *Throws* std::invalid_argument with a sentence that says what is wrong with the URL.
client_url parse_client_url(std::string_view text);

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/client_url.ipp>
#endif
