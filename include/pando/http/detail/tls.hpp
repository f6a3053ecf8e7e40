// TLS for the HTTP door, in memory: octets of the wire in, octets of the peer out. No socket here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/meta/owner.hpp>
#include <pando/schema/buffer.hpp>

namespace pando::http::detail {

/// One connection's TLS, of the server's side. The handshake goes on by itself. *Thread*: one at a
/// time.
class tls_session {
 public:
  enum class result : std::uint8_t { ok, nothing, ended, failed };

  virtual ~tls_session() = default;
  /// What came from the wire.
  virtual void feed(std::string_view octets) = 0;
  /// What the peer said, at most `room` octets; `nothing`: more must be fed first; `ended`: the
  /// peer says no more; `failed`: this is no TLS that we speak, and `collect` has the alert.
  virtual result read(char* to, std::size_t room, std::size_t& count) = 0;
  /// What is said to the peer; what it makes for the wire is for `collect`. False: before the
  /// handshake or after a failure nothing can be said.
  virtual bool write(std::string_view text) = 0;
  /// Says that no more comes.
  virtual void end() = 0;
  /// Appends what is to be sent over the wire.
  virtual void collect(buffer& wire) = 0;
};

/// Certificate, key and settings, for all connections. *Thread*: any.
class tls_context {
 public:
  virtual ~tls_context() = default;
  virtual pando::detail::owner<tls_session> open() const = 0;
};

/// Whether TLS was built in.
bool has_tls() noexcept;

/// TLS 1.2 or newer with a certificate (PEM, its chain behind it) and its key (PEM).
/// *Throws* std::runtime_error when a file cannot be used or is not named, or TLS was not built in.
std::shared_ptr<tls_context const> make_tls_context(std::string const& certificate_file,
                                                    std::string const& key_file);

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/tls.ipp>
#endif
