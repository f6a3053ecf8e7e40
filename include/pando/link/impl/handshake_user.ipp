// Driving the handshake over a connection.
#pragma once

#include <utility>

#include <pando/handler/failure.hpp>
#include <pando/link/detail/handshake_user.hpp>

namespace pando::detail {

PANDO_INLINE handshake_user::handshake_user(stream_connection& connection,
                                            std::shared_ptr<secure_link const> security,
                                            link_role role, std::string expected,
                                            proven_function proven, failed_function failed,
                                            std::shared_ptr<void> slot)
    : connection_(connection), security_(std::move(security)), role_(role),
      handshake_(*security_, role, std::move(expected)), proven_(std::move(proven)),
      failed_(std::move(failed)), slot_(std::move(slot)), limit_(connection.executor()) {}

PANDO_INLINE handshake_user::~handshake_user() { *is_over_ = true; }

PANDO_INLINE void handshake_user::begin() {
  auto const time = connection_.limits().handshake;
  limit_.expires_after(time);
  limit_.async_wait([weak = connection_.weak_from_this(), is_over = is_over_,
                     time](boost::system::error_code error) {
    auto const alive = weak.lock();
    if (error || *is_over || !alive) return;
    alive->close("its handshake takes longer than " + std::to_string(time.count()) + " ms");
  });
  if (role_ == link_role::connects) handshake_.begin(connection_.out());
  connection_.wrote(); // also what the cipher says by itself
}

PANDO_INLINE std::size_t handshake_user::received(std::string_view bytes) {
  auto const taken = handshake_.take(bytes, connection_.cipher(), connection_.out());
  switch (handshake_.now()) {
  case link_handshake::state::goes_on: break;
  case link_handshake::state::done: {
    *is_over_ = true;
    slot_.reset();
    auto const proven = std::exchange(proven_, nullptr);
    failed_ = nullptr;
    if (role_ == link_role::serves) security_->warnings().is_well("from " + handshake_.peer().name);
    proven(connection_, handshake_.peer()); // retires this
    break;
  }
  case link_handshake::state::failed: connection_.close_when_sent(handshake_.why()); break;
  }
  return taken;
}

/// Of who has connected; who connects is told by `failed`, and logs it itself. By the name that it
/// gives, which nobody has proven, or else by its host: its port is another one each time.
PANDO_INLINE void handshake_user::log_the_end(std::string const& why) const {
  if (role_ != link_role::serves || why.empty()) return;
  auto const& name = handshake_.peer().name;
  auto const& peer = connection_.peer();
  auto const who = name.empty() ? peer.substr(0, peer.rfind(':')) : name;
  if (!security_->warnings().is_news("from " + who, why)) return;
  auto const is_client = name.starts_with("client-");
  std::string const claim =
      name.empty() ? "" : " (it says it is " + std::string(is_client ? "" : "runner ") + name + ")";
  connection_.events().warning("the connection of " + peer + claim + " is closed: " + why +
                               "; the same of the next ones is not told for 5 minutes");
}

PANDO_INLINE void handshake_user::ended(std::string_view why) {
  *is_over_ = true;
  slot_.reset();
  log_the_end(std::string(why));
  auto const failed = std::exchange(failed_, nullptr);
  if (!failed) return;
  bool const is_known = handshake_.now() == link_handshake::state::failed;
  auto const reason = is_known      ? handshake_.why()
                      : why.empty() ? std::string("it has closed the connection")
                                    : std::string(why);
  auto const text = "no link to " + connection_.peer() + ": " + reason;
  auto const* const cipher = connection_.cipher();
  bool const is_refusal =
      is_known ? handshake_.is_refusal() : cipher != nullptr && cipher->is_one_sided();
  failed(is_refusal ? std::make_exception_ptr(forbidden(text))
                    : std::make_exception_ptr(not_running(text)));
}

} // namespace pando::detail
