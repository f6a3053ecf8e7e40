// Keys made at start, and records sealed and opened in memory.
#pragma once

#include <pando/link/detail/tls_cipher.hpp>

#if PANDO_HAS_OPENSSL

#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace pando::detail {

PANDO_INLINE std::string take_ssl_reason() {
  auto const code = ::ERR_get_error();
  ::ERR_clear_error();
  char const* const text = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

[[noreturn]] inline void no_link_tls(std::string const& what) {
  throw std::invalid_argument("pando: " + what + ": " + take_ssl_reason());
}

/// A key of P-256 and a certificate that it signed itself, for as long as the process lives. Nobody
/// checks them: the proof is bound to the channel that they made.
inline void make_own_key(::SSL_CTX* context) {
  std::unique_ptr<::EVP_PKEY, decltype(&::EVP_PKEY_free)> const key(
      ::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &::EVP_PKEY_free);
  std::unique_ptr<::X509, decltype(&::X509_free)> const made(::X509_new(), &::X509_free);
  if (!key || !made) no_link_tls("a key for links cannot be made");
  constexpr long a_century = 100L * 365 * 24 * 3600;
  auto* const name = ::X509_get_subject_name(made.get());
  bool const fine =
      ::X509_set_version(made.get(), 2) == 1 &&
      ::ASN1_INTEGER_set(::X509_get_serialNumber(made.get()), 1) == 1 &&
      ::X509_gmtime_adj(::X509_getm_notBefore(made.get()), -24L * 3600) != nullptr &&
      ::X509_gmtime_adj(::X509_getm_notAfter(made.get()), a_century) != nullptr &&
      ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<unsigned char const*>("pando"), -1, -1,
                                   0) == 1 &&
      ::X509_set_issuer_name(made.get(), name) == 1 &&
      ::X509_set_pubkey(made.get(), key.get()) == 1 &&
      ::X509_sign(made.get(), key.get(), ::EVP_sha256()) != 0 &&
      ::SSL_CTX_use_certificate(context, made.get()) == 1 &&
      ::SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  if (!fine) no_link_tls("a key for links cannot be made");
}

inline void use_link_files(::SSL_CTX* context, link_security const& security) {
  if (::SSL_CTX_use_certificate_chain_file(context, security.certificate_file.c_str()) != 1)
    no_link_tls("the certificate " + security.certificate_file + " cannot be used");
  if (::SSL_CTX_use_PrivateKey_file(context, security.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1)
    no_link_tls("the key " + security.key_file + " cannot be used");
  if (::SSL_CTX_load_verify_file(context, security.authority_file.c_str()) != 1)
    no_link_tls("the authority " + security.authority_file + " cannot be used");
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ::SSL_CTX_set_purpose(context, X509_PURPOSE_ANY); // each is a client here and a server there
}

PANDO_INLINE ssl_context make_link_context(link_security const& security, link_role role) {
  ::ERR_clear_error();
  ssl_context made(
      ::SSL_CTX_new(role == link_role::serves ? ::TLS_server_method() : ::TLS_client_method()));
  auto* const context = made.get();
  if (context == nullptr || ::SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
      ::SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                          "TLS_CHACHA20_POLY1305_SHA256") != 1)
    no_link_tls("TLS 1.3 for links cannot be set up");
  ::SSL_CTX_set_num_tickets(context, 0);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (!security.certificate_file.empty()) use_link_files(context, security);
  else if (role == link_role::serves) make_own_key(context);
  return made;
}

PANDO_INLINE tls_cipher::tls_cipher(::SSL_CTX* context, link_role role)
    : session_(::SSL_new(context)) {
  in_ = ::BIO_new(::BIO_s_mem());
  out_ = ::BIO_new(::BIO_s_mem());
  if (!session_ || in_ == nullptr || out_ == nullptr) {
    ::BIO_free(in_);
    ::BIO_free(out_);
    throw std::bad_alloc();
  }
  // An empty BIO means "wait for more", not "the end".
  ::BIO_set_mem_eof_return(in_, -1);
  ::BIO_set_mem_eof_return(out_, -1);
  ::SSL_set_bio(session_.get(), in_, out_); // which owns them now
  if (role == link_role::serves) {
    ::SSL_set_accept_state(session_.get());
    return;
  }
  ::SSL_set_connect_state(session_.get());
  ::ERR_clear_error();
  (void)::SSL_do_handshake(session_.get()); // its first words, which wait in `out_`
}

PANDO_INLINE stream_cipher::result tls_cipher::fail() {
  auto* const session = session_.get();
  auto const verified = ::SSL_get_verify_result(session);
  if (is_one_sided_ && ::SSL_is_server(session) == 1) { // of what is no TLS OpenSSL says nothing
    static constexpr char alert[] = "\x15\x03\x03\x00\x02\x02\x46"; // RFC 8446, 6: a version
    (void)::BIO_write(out_, alert, sizeof alert - 1);
  }
  if (is_one_sided_)
    why_ = "it speaks no TLS: if it is a runner, one of the two has PANDO_CLUSTER_COOKIE and the "
           "other has none; give both the same";
  else if (::SSL_get_verify_mode(session) != SSL_VERIFY_NONE && verified != X509_V_OK)
    why_ = std::string("its certificate is not trusted: ") +
           ::X509_verify_cert_error_string(verified);
  else if (::SSL_is_init_finished(session) != 0)
    why_ = "what it sent is no TLS of this connection: " + take_ssl_reason();
  else
    why_ = "it does not greet with TLS 1.3, or refuses ours: " + take_ssl_reason();
  return result::failed;
}

/// Whether a first record begins so (RFC 8446, 5.1).
inline bool is_record_of_tls(std::string_view wire) {
  bool const is_type = !wire.empty() && wire[0] >= 0x14 && wire[0] <= 0x17;
  return is_type && (wire.size() < 2 || wire[1] == 3);
}

PANDO_INLINE stream_cipher::result tls_cipher::open(std::string_view wire, buffer& said) {
  if (!why_.empty()) return result::failed;
  if (!std::exchange(has_heard_, true)) is_one_sided_ = !is_record_of_tls(wire);
  // A memory BIO takes all that memory takes.
  (void)::BIO_write(in_, wire.data(), static_cast<int>(wire.size()));
  constexpr std::size_t record = 16 * 1024; // RFC 8446, 5.1
  for (;;) {
    ::ERR_clear_error();
    char* const to = said.reserve(record);
    std::size_t count = 0;
    if (::SSL_read_ex(session_.get(), to, record, &count) == 1) {
      said.commit(to + count);
      continue;
    }
    switch (::SSL_get_error(session_.get(), 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return result::open;
    case SSL_ERROR_ZERO_RETURN: return result::ended;
    default: return fail();
    }
  }
}

PANDO_INLINE bool tls_cipher::write(std::string_view text) {
  if (text.empty()) return true;
  ::ERR_clear_error();
  std::size_t written = 0;
  return ::SSL_write_ex(session_.get(), text.data(), text.size(), &written) == 1;
}

PANDO_INLINE bool tls_cipher::seal(std::string_view text, buffer& wire) {
  bool fine = why_.empty();
  if (::SSL_is_init_finished(session_.get()) == 0) {
    early_.append(text);
  } else if (fine) {
    fine = write(early_.view()) && write(text);
    early_ = buffer();
    if (!fine) (void)fail();
  }
  auto const waiting = ::BIO_ctrl_pending(out_);
  if (waiting == 0) return fine;
  char* const to = wire.reserve(waiting);
  int const got = ::BIO_read(out_, to, static_cast<int>(waiting));
  if (got > 0) wire.commit(to + got);
  return fine;
}

PANDO_INLINE bool tls_cipher::has_to_speak() const {
  return ::BIO_ctrl_pending(out_) != 0 ||
         (!early_.empty() && ::SSL_is_init_finished(session_.get()) != 0);
}

PANDO_INLINE std::string tls_cipher::channel_binding() const {
  static constexpr std::string_view label = "EXPORTER-pando-link-1";
  unsigned char value[32];
  if (::SSL_is_init_finished(session_.get()) == 0 ||
      ::SSL_export_keying_material(session_.get(), value, sizeof value, label.data(),
                                   label.size(), nullptr, 0, 0) != 1)
    return {};
  return {reinterpret_cast<char const*>(value), sizeof value};
}

} // namespace pando::detail

#endif
