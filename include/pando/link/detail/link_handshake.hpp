// The handshake of two runners as a state machine: octets in, octets out, and in the end who it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/link/frames.hpp>
#include <pando/link/secure_link.hpp>
#include <pando/schema/buffer.hpp>

namespace pando::detail {

/// What the connecting side sends first; the last byte but one is the version.
inline constexpr std::string_view link_magic{"\x94pando\x01\n", 8};

/// One end. With a cookie four messages go: introduce, challenge, proof, proof; without one two.
/// The connecting side proves first: who only listens gets no proof to try cookies on. *Thread*:
/// one at a time. *Limit*: messages of 1,024 bytes.
class link_handshake {
 public:
  enum class state : std::uint8_t { goes_on, done, failed };

  /// `security` outlives it. `expected` is the name the other side must have; empty: any.
  link_handshake(secure_link const& security, link_role role, std::string expected = {});

  /// Of the connecting side: its first words.
  void begin(buffer& out);
  /// Takes what came and appends answers; gives how much was taken. `cipher` is that of the
  /// connection, or null. When it is `done` the rest is for who speaks next.
  std::size_t take(std::string_view bytes, stream_cipher const* cipher, buffer& out);

  state now() const noexcept { return state_; }
  /// Who the other side is, once it is `done`.
  link_identity const& peer() const noexcept { return peer_; }
  /// What went wrong, and whether one side refuses the other, in place of not understanding it.
  std::string const& why() const noexcept { return why_; }
  bool is_refusal() const noexcept { return is_refusal_; }

 private:
  struct introduction;
  void handle(frames::header const& head, std::string_view payload, buffer& out);
  void introduced(std::string_view payload, buffer& out);
  void challenged(std::string_view payload, buffer& out);
  void proven(std::string_view payload, buffer& out);
  bool read_introduction(std::string_view payload, introduction& found);
  void write_introduction(frames::kind what, buffer& out);
  void write_proof(buffer& out);
  void fail(std::string why, bool is_refusal = false);
  /// The same, and the other side is told.
  void deny(std::string why, buffer& out);

  secure_link const& security_;
  link_role const role_;
  std::string const expected_;
  stream_cipher const* cipher_ = nullptr;
  link_transcript transcript_;
  link_identity peer_;
  std::string why_;
  frames::kind awaited_;
  state state_ = state::goes_on;
  bool is_refusal_ = false;
  bool is_greeted_ = false;
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/link_handshake.ipp>
#endif
