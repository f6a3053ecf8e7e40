// What a TLS client trusts, and how it names its peer.
#pragma once

#include <stdexcept>

#include <pando/http/detail/client_tls.hpp>

#if PANDO_HAS_OPENSSL
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#endif

namespace pando::http::detail {

#if PANDO_HAS_OPENSSL

PANDO_INLINE std::shared_ptr<client_tls> make_client_tls(std::string const& ca_file) {
  auto context = std::make_shared<client_tls>(client_tls::tls_client);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  static constexpr unsigned char protocols[] = "\x08http/1.1";
  ::SSL_CTX_set_alpn_protos(context->native_handle(), protocols, sizeof protocols - 1);
  boost::system::error_code error;
  context->set_default_verify_paths(error);
  if (!ca_file.empty()) context->load_verify_file(ca_file, error);
  if (error && !ca_file.empty())
    throw std::invalid_argument("pando: the certificates of " + ca_file +
                                " cannot be used: " + error.message());
  context->set_verify_mode(boost::asio::ssl::verify_peer);
  return context;
}

PANDO_INLINE std::unique_ptr<client_tls_stream>
open_client_tls(boost::asio::ip::tcp::socket& socket, client_tls& context,
                std::string const& host) {
  auto stream = std::make_unique<client_tls_stream>(socket, context);
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  if (not_an_address) // addresses are not sent as names (RFC 6066, 3)
    ::SSL_ctrl(stream->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str())); // which copies it
  stream->set_verify_callback(boost::asio::ssl::host_name_verification(host));
  return stream;
}

#else

PANDO_INLINE std::shared_ptr<client_tls> make_client_tls(std::string const&) {
  throw std::invalid_argument("pando: https URLs cannot be called: " + std::string(no_tls));
}

#endif

} // namespace pando::http::detail
