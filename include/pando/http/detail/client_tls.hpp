// TLS for the HTTP client by OpenSSL, where pando::openssl is linked; else a sentence.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include <pando/config.hpp>
#include <pando/http/detail/openssl.hpp>

#if PANDO_HAS_OPENSSL
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#endif

namespace pando::http::detail {

#if PANDO_HAS_OPENSSL
using client_tls = boost::asio::ssl::context;
using client_tls_stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

/// TLS on a socket, ready for its handshake: the peer must show a certificate for `host`.
std::unique_ptr<client_tls_stream> open_client_tls(boost::asio::ip::tcp::socket& socket,
                                                   client_tls& context, std::string const& host);
#else
struct client_tls {};
#endif

/// TLS 1.2 or newer that trusts the system's certificates and those in `ca_file`.
/// *Throws* std::invalid_argument when the file cannot be used, or TLS was not built in.
std::shared_ptr<client_tls> make_client_tls(std::string const& ca_file);

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/client_tls.ipp>
#endif
