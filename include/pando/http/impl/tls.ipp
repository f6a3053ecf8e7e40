// TLS by OpenSSL over memory BIOs, where pando::openssl is linked.
#pragma once

#include <stdexcept>
#include <system_error>

#include <pando/http/detail/openssl.hpp>
#include <pando/http/detail/tls.hpp>
#include <pando/meta/owner.hpp>

#if PANDO_HAS_OPENSSL
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

namespace pando::http::detail {

PANDO_INLINE bool has_tls() noexcept { return PANDO_HAS_OPENSSL != 0; }

#if PANDO_HAS_OPENSSL

inline std::string openssl_reason() {
  auto const code = ::ERR_get_error();
  ::ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  char const* const text = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

class openssl_session final : public tls_session {
 public:
  explicit openssl_session(::SSL_CTX* context)
      : ssl_(::SSL_new(context)), in_(::BIO_new(::BIO_s_mem())), out_(::BIO_new(::BIO_s_mem())) {
    if (ssl_ == nullptr || in_ == nullptr || out_ == nullptr) {
      ::SSL_free(ssl_);
      ::BIO_free(in_);
      ::BIO_free(out_);
      throw std::bad_alloc();
    }
    // An empty BIO means "wait for more", not "the end".
    ::BIO_set_mem_eof_return(in_, -1);
    ::BIO_set_mem_eof_return(out_, -1);
    ::SSL_set_bio(ssl_, in_, out_); // which owns them now
    ::SSL_set_accept_state(ssl_);
  }
  openssl_session(openssl_session const&) = delete;
  ~openssl_session() override { ::SSL_free(ssl_); }

  void feed(std::string_view octets) override {
    // A memory BIO takes all that memory takes.
    if (!octets.empty()) (void)::BIO_write(in_, octets.data(), static_cast<int>(octets.size()));
  }

  result read(char* to, std::size_t room, std::size_t& count) override {
    if (failed_) return result::failed;
    ::ERR_clear_error();
    if (::SSL_read_ex(ssl_, to, room, &count) == 1) return result::ok;
    count = 0;
    switch (::SSL_get_error(ssl_, 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return result::nothing;
    case SSL_ERROR_ZERO_RETURN:
      return result::ended;
    default:
      failed_ = true;
      return result::failed;
    }
  }

  bool write(std::string_view text) override {
    if (failed_ || ::SSL_is_init_finished(ssl_) == 0) return false;
    ::ERR_clear_error();
    std::size_t written = 0;
    if (::SSL_write_ex(ssl_, text.data(), text.size(), &written) == 1) return true;
    failed_ = true;
    return false;
  }

  void end() override {
    if (failed_ || ::SSL_is_init_finished(ssl_) == 0) return;
    ::ERR_clear_error();
    (void)::SSL_shutdown(ssl_); // writes close_notify; the peer's own is not waited for here
  }

  void collect(buffer& wire) override {
    auto const waiting = ::BIO_ctrl_pending(out_);
    if (waiting == 0) return;
    char* const to = wire.reserve(waiting);
    int const got = ::BIO_read(out_, to, static_cast<int>(waiting));
    if (got > 0) wire.commit(to + got);
  }

 private:
  ::SSL* ssl_;
  ::BIO* in_;
  ::BIO* out_;
  bool failed_ = false;
};

/// HTTP/1.1 is what is spoken; a peer that wants only something else is told so at once.
inline int choose_protocol(::SSL*, unsigned char const** chosen, unsigned char* length,
                           unsigned char const* offered, unsigned int size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  int const agreed = ::SSL_select_next_proto(&found, length, ours, sizeof ours - 1, offered, size);
  *chosen = found;
  return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

class openssl_context final : public tls_context {
 public:
  openssl_context(std::string const& certificate_file, std::string const& key_file)
      : context_(::SSL_CTX_new(::TLS_server_method()), &::SSL_CTX_free) {
    if (certificate_file.empty() || key_file.empty())
      throw std::runtime_error("TLS takes a certificate and its key, and one of them is not named");
    ::ERR_clear_error();
    auto* const context = context_.get();
    if (context == nullptr) throw std::runtime_error("TLS cannot be set up: " + openssl_reason());
    ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE);
    ::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
    static constexpr unsigned char name[] = "pando";
    ::SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    if (::SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1)
      throw std::runtime_error("the certificate " + certificate_file +
                               " cannot be used: " + openssl_reason());
    if (::SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        ::SSL_CTX_check_private_key(context) != 1)
      throw std::runtime_error("the key " + key_file + " cannot be used: " + openssl_reason());
  }

  pando::detail::owner<tls_session> open() const override {
    return pando::detail::owner<tls_session>(new openssl_session(context_.get()));
  }

 private:
  std::unique_ptr<::SSL_CTX, decltype(&::SSL_CTX_free)> context_;
};

PANDO_INLINE std::shared_ptr<tls_context const>
make_tls_context(std::string const& certificate_file, std::string const& key_file) {
  return std::make_shared<openssl_context>(certificate_file, key_file);
}

#else

PANDO_INLINE std::shared_ptr<tls_context const> make_tls_context(std::string const&,
                                                                 std::string const&) {
  throw std::runtime_error(std::string(no_tls));
}

#endif

} // namespace pando::http::detail
