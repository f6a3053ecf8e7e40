// The end of a handover that runs: it offers its place, and leaves it when the other side is ready.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/link/serving.hpp>
#include <pando/link/stream_connection.hpp>
#include <pando/socket/handover.hpp>

namespace pando::socket::detail {

/// What the side that wants a place sends first. The last byte but one is the version.
inline constexpr std::string_view handover_magic{"\x94pando\x01\n", 8};

/// A message: 4 bytes length, little-endian, of what follows; one byte kind; its payload.
enum class handover_kind : std::uint8_t {
  offer = 1, ///< from who runs, and with it the sockets: the Unix one first
  refused,   ///< from who runs: text why
  ready,     ///< from who comes: it serves
  going,     ///< from who runs: it accepts no more
};
inline constexpr std::size_t handover_head = 5;

inline std::array<char, handover_head> handover_head_of(handover_kind what, std::size_t size) {
  auto const length = static_cast<std::uint32_t>(size + 1);
  std::array<char, handover_head> head{};
  for (unsigned i = 0; i < 4; ++i) head[i] = static_cast<char>((length >> (8 * i)) & 0xff);
  head[4] = static_cast<char>(what);
  return head;
}

/// The most sockets of HTTP that go over; the kernel takes 253 descriptors at once.
inline constexpr std::size_t most_handed_sockets = 64;

/// Whose the listening socket is.
enum class tenure : std::uint8_t {
  own,     ///< nobody else's
  guest,   ///< another program's, until it has gone
  given,   ///< another program has it now
  stopped, ///< nobody's: it was shut down
};

/// What the connections of one server know of its place.
struct handover_gate {
  handover_giver giver{};
  int listener = -1;
  std::atomic<tenure> whose{tenure::own};
  std::atomic<bool> is_asked_for = false; ///< another program is about to take it
};

/// *Thread*: the connection's.
class handover_user final : public serving_user {
 public:
  /// `handle` is the connection's descriptor: descriptors go over no other way.
  handover_user(stream_connection& connection, int handle, std::shared_ptr<handover_gate> gate,
                connection_peer peer)
      : connection_(connection), handle_(handle), gate_(std::move(gate)), peer_(std::move(peer)) {}
  ~handover_user() override { withdraw(); }

  PANDO_INLINE std::size_t received(std::string_view bytes) override;
  void ended(std::string_view) override { withdraw(); }
  PANDO_INLINE void drain(std::string_view why) override;
  std::size_t calls_in_flight() const noexcept override { return 0; }

 private:
  void offer();
  void refuse(std::string_view why);
  void leave();
  void withdraw() noexcept;

  stream_connection& connection_;
  int const handle_;
  std::shared_ptr<handover_gate> gate_;
  connection_peer const peer_;
  bool has_offered_ = false;
};

} // namespace pando::socket::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/handover_user.ipp>
#endif
