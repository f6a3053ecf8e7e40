// What runners prove to each other before they speak: who they are, and that they know the cookie.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/link/detail/link_warnings.hpp>
#include <pando/link/stream_cipher.hpp>

namespace pando {

/// A runner: its name, the same over restarts, and which of its lives this is.
struct link_identity {
  std::string name{}; ///< "shop-1", "shop@10.0.0.7:4370". *Limit*: 255 characters that are visible
  std::uint64_t incarnation = 0;
  friend bool operator==(link_identity const&, link_identity const&) = default;
};

/// How this process is known to other runners, and what it demands of them.
struct link_security {
  link_identity self{};
  /// The secret that all of them share. Empty: nothing is proven and nothing encrypted, which TCP
  /// allows on loopback addresses only.
  std::string cookie{};
  /// PEM files, all or none: in place of the key made at start, the other side must show a
  /// certificate of this authority too. Names in certificates are not looked at; the cookie says
  /// who belongs here.
  std::string certificate_file{};
  std::string key_file{};
  std::string authority_file{};
};

/// Which end of a connection this is; part of what is proven, so that no proof can be sent back.
enum class link_role : std::uint8_t { connects, serves };

using link_nonce = std::array<unsigned char, 32>;
using link_proof = std::array<unsigned char, 32>;

/// What a proof is of: everything both sides have said, and the channel they said it over.
struct link_transcript {
  link_nonce connecting_nonce{};
  link_nonce serving_nonce{};
  link_identity connecting{};
  link_identity serving{};
  std::string channel{}; ///< `stream_cipher::channel_binding`; empty over a Unix socket
};

/// A process's side of all its links. Over TCP with a cookie they are TLS 1.3 (RFC 8446) with a key
/// that is made here and never leaves, or by certificates; a proof is HMAC-SHA-256 with the cookie
/// over the transcript, whose channel is TLS's exporter value (RFC 5705, RFC 8446 7.5): relayed or
/// reflected it is worth nothing. Over a Unix socket, which takes this user's processes only, the
/// proof is bound to nonces and names but to no channel. *Thread*: any.
class secure_link {
 public:
  /// *Throws* std::invalid_argument for a name that is none or files that cannot be used, and for a
  /// cookie where OpenSSL is not built in.
  explicit secure_link(link_security security);
  ~secure_link();
  secure_link(secure_link const&) = delete;

  link_identity const& self() const noexcept { return security_.self; }
  bool has_cookie() const noexcept { return !security_.cookie.empty(); }
  /// What to log at every start; empty: nothing.
  std::string warning() const;
  /// What the log has been told of this process's links.
  detail::link_warnings& warnings() const noexcept { return warnings_; }

  /// TLS for one connection. There must be a cookie.
  std::unique_ptr<stream_cipher> make_cipher(link_role role) const;
  static link_nonce make_nonce();
  /// What the side of that role shows.
  link_proof prove(link_transcript const& what, link_role whose) const;
  /// Compares in a time that says nothing of where they differ.
  static bool equal(link_proof const& one, std::string_view other) noexcept;

 private:
  struct tls;
  link_security const security_;
  std::unique_ptr<tls> tls_;
  mutable detail::link_warnings warnings_;
};

/// Why that is no name of a runner, in a sentence without a full stop; empty: it is one.
std::string why_no_link_name(std::string_view name);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/secure_link.ipp>
#endif
