// The cookie, the keys, and proofs.
#pragma once

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <pando/link/detail/tls_cipher.hpp>
#include <pando/link/secure_link.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/wire.hpp>

#if PANDO_HAS_OPENSSL
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#endif

namespace pando {

PANDO_INLINE std::string why_no_link_name(std::string_view name) {
  constexpr std::size_t longest = 255;
  if (name.empty()) return "the name of a runner is empty";
  if (name.size() > longest)
    return "the name of a runner has at most 255 characters, and this one has " +
           std::to_string(name.size());
  auto const is_visible = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::all_of(name.begin(), name.end(), is_visible))
    return "the name of a runner has visible ASCII characters only, and no spaces";
  return {};
}

#if PANDO_HAS_OPENSSL

struct secure_link::tls {
  explicit tls(link_security const& security)
      : connects(detail::make_link_context(security, link_role::connects)),
        serves(detail::make_link_context(security, link_role::serves)) {}
  detail::ssl_context connects;
  detail::ssl_context serves;
};

PANDO_INLINE std::unique_ptr<stream_cipher> secure_link::make_cipher(link_role role) const {
  auto const& context = role == link_role::serves ? tls_->serves : tls_->connects;
  return std::make_unique<detail::tls_cipher>(context.get(), role);
}

PANDO_INLINE link_nonce secure_link::make_nonce() {
  link_nonce made;
  if (::RAND_bytes(made.data(), static_cast<int>(made.size())) != 1)
    throw std::runtime_error("no random numbers can be had: " + detail::take_ssl_reason());
  return made;
}

PANDO_INLINE link_proof secure_link::prove(link_transcript const& what, link_role whose) const {
  buffer all;
  auto const add = [&](std::string_view part) { // its length first: parts cannot be shifted
    wire::append_varint(all, part.size());
    all.append(part);
  };
  auto const add_nonce = [&](link_nonce const& nonce) {
    add({reinterpret_cast<char const*>(nonce.data()), nonce.size()});
  };
  auto const add_identity = [&](link_identity const& one) {
    add(one.name);
    add(std::to_string(one.incarnation));
  };
  add("pando link 1");
  add(whose == link_role::connects ? "connects" : "serves");
  add_nonce(what.connecting_nonce);
  add_nonce(what.serving_nonce);
  add_identity(what.connecting);
  add_identity(what.serving);
  add(what.channel);
  link_proof made{};
  unsigned int size = 0;
  auto const* const octets = reinterpret_cast<unsigned char const*>(all.data());
  if (::HMAC(::EVP_sha256(), security_.cookie.data(), static_cast<int>(security_.cookie.size()),
             octets, all.size(), made.data(), &size) == nullptr ||
      size != made.size())
    throw std::runtime_error("a proof cannot be made: " + detail::take_ssl_reason());
  return made;
}

PANDO_INLINE bool secure_link::equal(link_proof const& one, std::string_view other) noexcept {
  return other.size() == one.size() &&
         ::CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

#else

// Without a cookie, which the constructor then demands, nothing is proven and nothing encrypted.
struct secure_link::tls {
  explicit tls(link_security const&) {
    throw std::invalid_argument(
        "pando: runners with a cookie need OpenSSL, and this program was built without it; link "
        "pando::http with PANDO_WITH_OPENSSL=ON (on Debian: apt-get install libssl-dev)");
  }
};
PANDO_INLINE std::unique_ptr<stream_cipher> secure_link::make_cipher(link_role) const { return {}; }
PANDO_INLINE link_nonce secure_link::make_nonce() { return {}; }
PANDO_INLINE link_proof secure_link::prove(link_transcript const&, link_role) const { return {}; }
PANDO_INLINE bool secure_link::equal(link_proof const&, std::string_view) noexcept {
  return false;
}

#endif

PANDO_INLINE secure_link::secure_link(link_security security) : security_(std::move(security)) {
  if (auto const why = why_no_link_name(security_.self.name); !why.empty())
    throw std::invalid_argument("pando: " + why);
  auto const files = int(!security_.certificate_file.empty()) + int(!security_.key_file.empty()) +
                     int(!security_.authority_file.empty());
  if (files != 0 && files != 3)
    throw std::invalid_argument("pando: links by certificates take a certificate, its key and the "
                                "authority, and not all of them are named");
  if (files != 0 && !has_cookie())
    throw std::invalid_argument("pando: links by certificates need a cookie too; set one");
  constexpr std::size_t longest = 4096;
  if (security_.cookie.size() > longest)
    throw std::invalid_argument("pando: the cookie has at most 4096 bytes, and this one has " +
                                std::to_string(security_.cookie.size()));
  if (has_cookie()) tls_ = std::make_unique<tls>(security_);
}

PANDO_INLINE secure_link::~secure_link() = default;

PANDO_INLINE std::string secure_link::warning() const {
  constexpr std::size_t enough = 16;
  auto const size = security_.cookie.size();
  if (size == 0 || size >= enough) return {};
  return "the cookie has " + std::to_string(size) + " bytes, and can be guessed by whoever sees "
         "one proof; take 16 random bytes or more, as from: openssl rand -hex 32";
}

} // namespace pando
