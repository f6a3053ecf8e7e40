// Offering the sockets of an app, and going when somebody else serves on them.
#pragma once

#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include <pando/link/frames.hpp>
#include <pando/schema/wire.hpp>
#include <pando/socket/detail/handover_user.hpp>

namespace pando::socket::detail {

/// Sends bytes with descriptors; false: it could not be.
inline bool send_with_sockets(int to, std::string_view bytes,
                              pando::detail::sequence<int> const& sockets) {
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int) * (most_handed_sockets + 1))] = {};
  iovec what{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &what;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * sockets.size());
  auto* const control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof(int) * sockets.size());
  std::memcpy(CMSG_DATA(control), sockets.data(), sizeof(int) * sockets.size());
  auto const sent = ::sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(bytes.size());
}

inline void append_offer(buffer& out, handover_offer const& offer) {
  frames::append_text(out, offer.app);
  wire::append_varint(out, offer.is_secure);
  wire::append_varint(out, offer.routes.size());
  for (auto const& route : offer.routes) {
    frames::append_text(out, route.name);
    frames::append_text(out, route.shape);
    wire::append_varint(out, route.places.size());
    for (auto const& place : route.places) frames::append_text(out, place);
  }
}

PANDO_INLINE std::size_t handover_user::received(std::string_view bytes) {
  auto const size = bytes.size();
  if (!has_offered_) {
    if (size < handover_magic.size()) return 0;
    if (bytes.substr(0, handover_magic.size()) != handover_magic)
      refuse("it speaks another version of the handover than the app that runs; stop that one, and "
             "start this one");
    else offer();
    return handover_magic.size();
  }
  if (size < handover_head) return 0;
  if (static_cast<handover_kind>(bytes[4]) != handover_kind::ready)
    connection_.close("it wanted to take over, and then sent something else");
  else leave();
  return size;
}

PANDO_INLINE void handover_user::offer() {
  if (!gate_->giver.offer) return refuse("this app lets no other take its place");
  if (gate_->whose != tenure::own) return refuse("the app itself is only coming or going now");
  if (gate_->is_asked_for.exchange(true))
    return refuse("another program is about to take its place already");
  has_offered_ = true;
  auto const offered = gate_->giver.offer();
  if (offered.is_stopping) return refuse("the app is stopping");
  buffer payload;
  append_offer(payload, offered);
  if (offered.http.size() > most_handed_sockets)
    return refuse("it listens on too many addresses to hand them over");
  pando::detail::sequence<int> sockets;
  sockets.push_back(gate_->listener);
  sockets.append(offered.http.data(), offered.http.data() + offered.http.size());
  // The head goes at once and takes the sockets along; what follows may have to wait for room.
  auto const head = handover_head_of(handover_kind::offer, payload.size());
  if (!send_with_sockets(handle_, {head.data(), head.size()}, sockets))
    return connection_.close("the sockets cannot be handed over: " +
                             std::string(std::strerror(errno)));
  connection_.out().append(payload.view());
  connection_.wrote();
}

PANDO_INLINE void handover_user::refuse(std::string_view why) {
  buffer payload;
  frames::append_text(payload, why);
  auto const head = handover_head_of(handover_kind::refused, payload.size());
  connection_.out().append({head.data(), head.size()});
  connection_.out().append(payload.view());
  connection_.close_when_sent("it may not take over: " + std::string(why));
}

PANDO_INLINE void handover_user::leave() {
  auto before = tenure::own;
  if (!gate_->whose.compare_exchange_strong(before, tenure::given))
    return connection_.close("it wants to take over, and the app is stopping");
  auto const head = handover_head_of(handover_kind::going, 0);
  connection_.out().append({head.data(), head.size()});
  connection_.close_when_sent();
  gate_->giver.taken(peer_.name);
}

PANDO_INLINE void handover_user::drain(std::string_view) { connection_.close_when_sent(); }

PANDO_INLINE void handover_user::withdraw() noexcept {
  if (std::exchange(has_offered_, false)) gate_->is_asked_for = false;
}

} // namespace pando::socket::detail
