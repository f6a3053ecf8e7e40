// Accepting, handshakes within their bound, and ending connections.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/handler/awaited.hpp>
#include <pando/link/detail/handshake_user.hpp>
#include <pando/link/detail/runner_socket.hpp>
#include <pando/link/frame_server.hpp>
#include <pando/link/runner_listener.hpp>
#include <pando/link/unix_listener.hpp>

namespace pando {

struct runner_listener::state : std::enable_shared_from_this<runner_listener::state> {
  state(std::vector<boost::asio::any_io_executor> where, runner_address const& address,
        serving const& what, std::shared_ptr<secure_link const> with,
        runner_listener_options const& options)
      : executors(std::move(where)), served(what), security(std::move(with)), chosen(options),
        bound(address), acceptor(detail::own_socket(executors.front(), listen())),
        pause(executors.front()) {
    acceptor.non_blocking(true);
  }

  int listen() {
    if (bound.is_path()) {
      if (chosen.adopted >= 0) return chosen.adopted;
      place.emplace(bound.path);
      return place->release();
    }
    if (chosen.adopted < 0) return detail::listen_on_tcp(bound, security->has_cookie());
    return detail::adopt_tcp(chosen.adopted, bound, security->has_cookie());
  }

  /// False, with `errno`: nobody waits to be let in, or nobody can be.
  bool accept_one() {
    return detail::accept_one(
        acceptor.native_handle(), executors[next++ % executors.size()],
        [this](detail::stream_socket socket) { welcome(std::move(socket)); });
  }

  /// By hand, since what Asio accepts for another loop is kept by this one until its handler runs:
  /// beyond the other's end, when both end.
  void accept() {
    acceptor.async_wait(detail::stream_socket::wait_read,
                        [self = shared_from_this()](boost::system::error_code error) {
                          if (self->is_stopped) return;
                          if (!error && !self->accept_one())
                            error = {errno, boost::system::system_category()};
                          namespace code = boost::asio::error;
                          bool const in_vain = error == code::would_block ||
                                               error == code::interrupted ||
                                               error == code::connection_aborted;
                          if (error && !in_vain) return self->rest(error);
                          self->accept();
                        });
  }

  /// No descriptors are left, or no memory: later.
  void rest(boost::system::error_code error) {
    events().warning("no runner can be accepted now: " + error.message());
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([self = shared_from_this()](boost::system::error_code ended) {
      if (!ended && !self->is_stopped) self->accept();
    });
  }

  /// Why nothing is to be said to whoever connected; empty: a handshake begins.
  std::string why_not(int socket) {
    if (bound.is_path() && credentials_of(socket).user_id != ::geteuid())
      return "this runner serves uid " + std::to_string(::geteuid()) + " only";
    std::erase_if(open, [](auto const& one) { return one.expired(); });
    if (open.size() < chosen.max_connections) return {};
    return std::to_string(chosen.max_connections) + " are open";
  }

  void welcome(detail::stream_socket socket) {
    bool const is_path = bound.is_path();
    auto name = detail::name_of_peer(socket.native_handle(), is_path);
    std::lock_guard const lock(mutex);
    if (auto const why = why_not(socket.native_handle()); !why.empty()) {
      auto const host = name.substr(0, name.rfind(':'));
      if (security->warnings().is_news("from " + host, why))
        events().warning("the connection of " + name + " is refused: " + why);
      return;
    }
    detail::set_no_delay(socket.native_handle(), is_path);
    auto made = std::make_shared<stream_connection>(std::move(socket), chosen.limits, events(),
                                                    std::move(name));
    if (!is_path && security->has_cookie())
      made->protect(security->make_cipher(link_role::serves));
    open.push_back(made);
    boost::asio::post(made->executor(),
                      [made, slot = take_slot(made), self = shared_from_this()]() mutable {
                        self->shake_hands(made, std::move(slot));
                      });
  }

  /// A handshake's place among those under way. When there are too many the oldest ends.
  std::shared_ptr<void> take_slot(std::shared_ptr<stream_connection> const& which) {
    std::erase_if(slots, [](auto const& one) { return one.expired(); });
    if (slots.size() >= chosen.max_handshakes) {
      auto const oldest = slots.front().lock();
      slots.pop_front();
      if (auto const late = oldest ? oldest->lock() : nullptr)
        boost::asio::post(late->executor(), [late, held = std::weak_ptr(oldest)] {
          if (!held.expired()) late->close("others wait, and its handshake takes the longest");
        });
    }
    auto made = std::make_shared<std::weak_ptr<stream_connection>>(which);
    slots.push_back(made);
    return made;
  }

  void shake_hands(std::shared_ptr<stream_connection> const& connection,
                   std::shared_ptr<void> slot) {
    if (is_stopped) return connection->close();
    auto const proven = [self = shared_from_this()](stream_connection& over,
                                                    link_identity const& who) {
      connection_peer peer{who.name, {}, who.incarnation, "link"};
      if (self->bound.is_path()) peer.user_id = ::geteuid();
      over.hand_over(detail::owner<connection_user>(
          new frame_server(over, self->served, std::move(peer))));
    };
    auto* const user =
        new detail::handshake_user(*connection, security, link_role::serves, std::string(), proven,
                                   nullptr, std::move(slot));
    connection->start(detail::owner<connection_user>(user));
    if (connection->is_open()) user->begin();
  }

  std::vector<std::shared_ptr<stream_connection>> all() {
    std::lock_guard const lock(mutex);
    std::vector<std::shared_ptr<stream_connection>> found;
    for (auto const& one : open)
      if (auto alive = one.lock()) found.push_back(std::move(alive));
    return found;
  }

  /// Runs `work` for each connection, on its own executor.
  template <class Work>
  void each(Work work) {
    for (auto const& one : all())
      boost::asio::post(one->executor(), [one, work] { work(*one); });
  }

  log const& events() const { return *served.context().events; }

  std::vector<boost::asio::any_io_executor> const executors;
  serving const& served;
  std::shared_ptr<secure_link const> const security;
  runner_listener_options const chosen;
  runner_address bound;
  std::optional<unix_listener> place; ///< of a path that was not adopted
  detail::stream_socket acceptor;
  boost::asio::steady_timer pause;
  std::mutex mutable mutex;
  std::vector<std::weak_ptr<stream_connection>> open;
  std::deque<std::weak_ptr<std::weak_ptr<stream_connection>>> slots; ///< the oldest first
  std::size_t next = 0;
  std::atomic<bool> is_stopped = false;
};

PANDO_INLINE runner_listener::runner_listener(std::vector<boost::asio::any_io_executor> executors,
                                              runner_address const& address, serving const& served,
                                              std::shared_ptr<secure_link const> security,
                                              runner_listener_options options)
    : state_(std::make_shared<state>(std::move(executors), address, served, std::move(security),
                                     options)) {}

PANDO_INLINE runner_listener::~runner_listener() {
  stop_accepting();
  close();
  if (state_->place) state_->place->remove();
}

PANDO_INLINE runner_address const& runner_listener::address() const noexcept {
  return state_->bound;
}
PANDO_INLINE std::size_t runner_listener::connections() const { return state_->all().size(); }

PANDO_INLINE std::size_t runner_listener::handshakes() const {
  std::lock_guard const lock(state_->mutex);
  return static_cast<std::size_t>(std::count_if(state_->slots.begin(), state_->slots.end(),
                                                [](auto const& one) { return !one.expired(); }));
}

PANDO_INLINE void runner_listener::start() {
  auto const& events = state_->events();
  events.info("runner " + state_->security->self().name + " listens at " +
              print_runner_address(state_->bound));
  if (auto const weak = state_->security->warning(); !weak.empty()) events.warning(weak);
  boost::asio::post(state_->executors.front(), [self = state_] { self->accept(); });
}

PANDO_INLINE void runner_listener::stop_accepting() {
  if (state_->is_stopped.exchange(true)) return;
  boost::asio::post(state_->executors.front(), [self = state_] {
    boost::system::error_code ignored;
    self->pause.cancel();
    self->acceptor.close(ignored);
  });
}

PANDO_INLINE void runner_listener::close() {
  state_->each([](stream_connection& one) { one.close(); });
}

namespace detail {

/// Whether all connections have ended, before that time.
template <class State, class Lazy = void>
task<bool> until_all_left(std::shared_ptr<State> which,
                          std::chrono::steady_clock::time_point until) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (!which->all().empty()) {
    if (std::chrono::steady_clock::now() >= until) co_return false;
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(PANDO_AWAITED);
  }
  co_return true;
}

} // namespace detail

PANDO_LAZY_BODY task<bool> runner_listener::drain(std::chrono::milliseconds limit) {
  auto const kept = state_;
  stop_accepting();
  // What was accepted last is known behind this.
  co_await boost::asio::post(kept->executors.front(), PANDO_AWAITED);
  kept->each([](stream_connection& one) {
    auto* const user = dynamic_cast<serving_user*>(one.user());
    if (user != nullptr) user->drain("the runner is stopping");
    else one.close();
  });
  auto const until = std::chrono::steady_clock::now() + limit;
  bool const is_empty = co_await detail::until_all_left(kept, until);
  kept->each([](stream_connection& one) { one.close(); });
  co_return is_empty;
}

} // namespace pando
