// What stands between a connection and its socket where octets are not sent as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pando/schema/buffer.hpp>

namespace pando {

/// One connection's encryption: octets of the wire in, octets of the peer out, and back. It greets
/// the other side by itself; no socket is here. *Thread*: one at a time.
class stream_cipher {
 public:
  enum class result : std::uint8_t { open, ended, failed };

  virtual ~stream_cipher() = default;
  /// Takes what came from the wire and appends what the peer said. `ended`: the peer says no more;
  /// `failed`: what came is not to be trusted, `why` says why, and nothing that comes later is.
  virtual result open(std::string_view wire, buffer& said) = 0;
  /// Appends what is to go over the wire: `text` sealed, and what the cipher has to say itself.
  /// What is said before both sides have greeted is kept until then. False: it has failed.
  virtual bool seal(std::string_view text, buffer& wire) = 0;
  /// Whether `seal` would append something even of an empty text.
  virtual bool has_to_speak() const = 0;
  virtual std::string why() const = 0;
  /// Whether it failed since the other side speaks without a cipher: the next attempt will too.
  virtual bool is_one_sided() const { return false; }
  /// A value that only the two ends of this very channel share; empty before they have greeted.
  virtual std::string channel_binding() const = 0;
};

} // namespace pando
