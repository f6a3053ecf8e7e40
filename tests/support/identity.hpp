// Keys and certificates that tests make for themselves. Needs OpenSSL.
#pragma once

#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace support {

namespace detail {
inline std::string memory_text(::BIO* bio) {
  char* data = nullptr;
  auto const size = ::BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  ::BIO_free(bio);
  return text;
}
} // namespace detail

/// A key and a certificate for these names that it has signed itself, as PEM.
struct identity {
  std::string key;
  std::string certificate;
};
/// Valid from and until: seconds from now.
inline identity make_identity(char const* names, long valid_from = -60, long valid_until = 3600) {
  auto* const key = ::EVP_EC_gen("P-256");
  auto* const made = ::X509_new();
  ::X509_set_version(made, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(made), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(made), valid_from);
  ::X509_gmtime_adj(::X509_getm_notAfter(made), valid_until);
  ::X509_set_pubkey(made, key);
  auto* const name = ::X509_get_subject_name(made);
  auto const* const common = reinterpret_cast<unsigned char const*>("pando test");
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
  ::X509_set_issuer_name(made, name);
  auto* const alternatives = ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
  ::X509_add_ext(made, alternatives, -1);
  ::X509_EXTENSION_free(alternatives);
  ::X509_sign(made, key, ::EVP_sha256());
  auto* const key_text = ::BIO_new(::BIO_s_mem());
  ::PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr);
  auto* const text = ::BIO_new(::BIO_s_mem());
  ::PEM_write_bio_X509(text, made);
  ::X509_free(made);
  ::EVP_PKEY_free(key);
  return {detail::memory_text(key_text), detail::memory_text(text)};
}

} // namespace support
