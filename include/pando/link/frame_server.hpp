// The serving end of the binary protocol.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/link/deadline_watch.hpp>
#include <pando/link/detail/frame_form.hpp>
#include <pando/link/frames.hpp>
#include <pando/link/heartbeat.hpp>
#include <pando/link/serving.hpp>
#include <pando/link/stream_connection.hpp>
#include <pando/meta/sequence.hpp>

namespace pando {

namespace detail {
class frame_call;
}

/// Reads frames and runs what they call; many calls at once, answered in the order they end.
/// *Thread*: the connection's.
class frame_server final : public serving_user, private deadline_user, private heartbeat_user {
 public:
  frame_server(stream_connection& connection, serving const& served, connection_peer peer);
  PANDO_INLINE ~frame_server() override;

  PANDO_INLINE std::size_t received(std::string_view bytes) override;
  PANDO_INLINE void drained() override;
  PANDO_INLINE void ended(std::string_view why) override;
  PANDO_INLINE void drain(std::string_view why) override;
  std::size_t calls_in_flight() const noexcept override { return in_flight_; }

 private:
  friend class detail::frame_call;

  /// What a runner says of a call that it sends on. Views of what was received.
  struct called_for {
    std::string_view instance{};
    std::string_view transport{};
    std::string_view peer{};
    std::string_view principal{};
    bool is_for_somebody = false; ///< who was let in there
  };

  struct opened_route {
    served_route const* route; ///< null: not served
    detail::frame_form form;
  };

  /// These give false when the other side broke the protocol: `broken_` then says how.
  bool greet(std::string_view& bytes);
  bool handle(frames::header const& head, std::string_view payload);
  bool handle_call(frames::header const& head, std::string_view payload);
  bool broken(std::string why);
  bool open(frames::header const& head, std::string_view payload);
  bool open_by_shapes(frames::header const& head, std::string_view payload);
  void tell_opened(std::uint32_t id, std::size_t first, detail::frame_form form);
  bool reply(frames::header const& head, std::string_view payload);
  void describe_app(std::uint32_t id);
  void refuse(std::uint32_t id, failure const& why);
  void goodbye(std::string_view why);
  void leave();
  void watch(deadline_watch::time_point deadline);
  PANDO_INLINE void ask_for_life() override;

  detail::frame_call* find(std::uint32_t id) const noexcept;
  detail::frame_call& make_call(std::uint32_t id);
  void over(detail::frame_call& which);
  PANDO_INLINE time_point expire(time_point now) override;

  stream_connection& connection_;
  serving const& served_;
  connection_peer const peer_;
  pando::detail::sequence<opened_route> routes_;       ///< by their numbers
  pando::detail::sequence<detail::frame_call*> calls_; ///< by the low 16 bits of their ids
  pando::detail::sequence<detail::frame_call*> idle_;
  std::shared_ptr<stream_connection> keep_;     ///< while there are calls
  std::size_t in_flight_ = 0;
  std::size_t their_max_frame_ = 0;
  detail::owner<deadline_watch> deadlines_; ///< once a call has one
  detail::owner<heartbeat> heartbeat_;      ///< where the limits have one
  std::string broken_;
  bool is_greeted_ = false;
  bool drains_ = false;      ///< goodbye was said
  bool they_left_ = false;   ///< they said it too, or are taken to have, after a while
  deadline_watch::time_point leaves_at_{}; ///< when draining with no call in flight
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/frame_server.ipp>
#endif
