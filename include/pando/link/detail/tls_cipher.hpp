// TLS 1.3 for links between runners, by OpenSSL in memory: contexts, and one connection's cipher.
#pragma once

#include <pando/runtime/openssl.hpp>

#if PANDO_HAS_OPENSSL

#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <pando/config.hpp>
#include <pando/link/secure_link.hpp>

namespace pando::detail {

struct free_ssl {
  void operator()(::SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
  void operator()(::SSL* session) const noexcept { ::SSL_free(session); }
};
using ssl_context = std::unique_ptr<::SSL_CTX, free_ssl>;

/// The first of OpenSSL's reasons that wait, as text; there are none afterwards.
std::string take_ssl_reason();

/// TLS 1.3 and nothing older, without tickets. *Throws* std::invalid_argument.
ssl_context make_link_context(link_security const& security, link_role role);

/// *Thread*: one at a time; the context may be shared.
class tls_cipher final : public stream_cipher {
 public:
  tls_cipher(::SSL_CTX* context, link_role role);

  PANDO_INLINE result open(std::string_view wire, buffer& said) override;
  PANDO_INLINE bool seal(std::string_view text, buffer& wire) override;
  PANDO_INLINE bool has_to_speak() const override;
  std::string why() const override { return why_; }
  bool is_one_sided() const override { return is_one_sided_; }
  PANDO_INLINE std::string channel_binding() const override;

 private:
  result fail();
  bool write(std::string_view text);

  std::unique_ptr<::SSL, free_ssl> session_;
  ::BIO* in_ = nullptr;
  ::BIO* out_ = nullptr;
  buffer early_; ///< said before both sides have greeted
  std::string why_;
  bool has_heard_ = false;
  bool is_one_sided_ = false;
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/tls_cipher.ipp>
#endif

#endif
