// Accepting, sniffing and ending connections.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include <pando/handler/call.hpp>
#include <pando/handler/callback.hpp>
#include <pando/handler/pause.hpp>
#include <pando/handler/timer.hpp>
#include <pando/link/frame_server.hpp>
#include <pando/link/stream_socket.hpp>
#include <pando/link/unix_listener.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/socket/detail/handover_user.hpp>
#include <pando/socket/json_rpc.hpp>
#include <pando/socket/server.hpp>

namespace pando::socket {

namespace detail {

/// Reads the first byte, and hands over to whom speaks that.
class sniffer final : public serving_user {
 public:
  sniffer(stream_connection& connection, int handle, serving const& served,
          std::shared_ptr<handover_gate> gate, connection_peer peer)
      : connection_(connection), handle_(handle), served_(served), gate_(std::move(gate)),
        peer_(std::move(peer)), timer_(connection.executor()) {
    close_in(connection.limits().handshake, "it has said nothing yet");
  }
  ~sniffer() override { timer_.cancel(); }

  std::size_t received(std::string_view bytes) override {
    if (bytes.empty()) return 0;
    auto& connection = connection_;
    timer_.cancel();
    if (drains_) drain_soon();
    connection.hand_over(pando::detail::owner<connection_user>(whoever_speaks(bytes)));
    return 0;
  }
  void ended(std::string_view) override { timer_.cancel(); }
  /// What was sent before the app began to stop may still be on its way.
  void drain(std::string_view why) override {
    if (!drains_) close_in(std::chrono::milliseconds(200), {});
    drains_.emplace(why);
  }
  std::size_t calls_in_flight() const noexcept override { return 0; }

 private:
  connection_user* whoever_speaks(std::string_view bytes) {
    if (bytes.front() == handover_magic.front())
      return new handover_user(connection_, handle_, std::move(gate_), std::move(peer_));
    if (bytes.find_first_of("{[ \t\r\n") == 0)
      return new json_rpc(connection_, served_, std::move(peer_));
    return new frame_server(connection_, served_, std::move(peer_));
  }
  void close_in(std::chrono::milliseconds time, std::string_view why) {
    timer_.set(std::chrono::steady_clock::now() + time,
               pando::detail::callback([weak = connection_.weak_from_this(), why] {
                 if (auto const alive = weak.lock()) alive->close(why);
               }));
  }
  /// Once who speaks from now on has seen what came.
  void drain_soon() {
    auto const kept = connection_.shared_from_this();
    pando::detail::post(kept->executor(), pando::detail::callback([kept, why = *drains_] {
                          if (auto* const user = dynamic_cast<serving_user*>(kept->user()))
                            user->drain(why);
                        }));
  }

  stream_connection& connection_;
  int const handle_;
  serving const& served_;
  std::shared_ptr<handover_gate> gate_;
  connection_peer peer_;
  std::optional<std::string> drains_;
  pando::detail::timer timer_;
};

} // namespace detail

struct server::state : std::enable_shared_from_this<server::state> {
  state(std::vector<boost::asio::any_io_executor> where, serving const& what,
        server_options const& options)
      : executors(std::move(where)), served(what), limits(options.limits),
        max_connections(options.max_connections),
        place(options.adopted < 0 ? unix_listener(options.path)
                                  : unix_listener(options.path, options.adopted)),
        acceptor(pando::detail::own_socket(executors.front(), place.release())),
        pause(executors.front()), gate(new detail::handover_gate) {
    acceptor.non_blocking(true); // another program may listen on it too
    gate->giver = options.giver;
    gate->listener = acceptor.native_handle();
    if (options.adopted >= 0) gate->whose = detail::tenure::guest;
  }

  /// False, with `errno`: nobody waits to be let in, or nobody can be.
  bool accept_one() {
    return pando::detail::accept_one(
        gate->listener, executors[next++ % executors.size()],
        [this](pando::detail::stream_socket socket) { welcome(std::move(socket)); });
  }

  /// Of a socket that was shut down: who connected before may have said something already.
  void accept_rest() {
    while (!is_ended && accept_one()) continue;
  }

  void accept() {
    acceptor.async_wait(
        pando::detail::stream_socket::wait_read,
        pando::detail::callback([self = shared_from_this()](boost::system::error_code error) {
          if (self->is_ended || !self->acceptor.is_open()) return;
          if (!error && !self->accept_one()) error = {errno, boost::system::system_category()};
          if (self->is_stopped && error) return;
          namespace code = boost::asio::error;
          bool const in_vain = error == code::would_block || error == code::interrupted ||
                               error == code::connection_aborted;
          if (error && !in_vain) return self->rest(error);
          if (!self->is_stopped) self->accept();
        }));
  }

  /// No descriptors are left, or no memory: later.
  void rest(boost::system::error_code error) {
    served.context().events->warning("no connection can be accepted now: " + error.message());
    pause.set(std::chrono::steady_clock::now() + std::chrono::milliseconds(100),
              pando::detail::callback([weak = weak_from_this()] {
                auto const self = weak.lock();
                if (self && !self->is_stopped) self->accept();
              }));
  }

  void welcome(pando::detail::stream_socket socket) {
    auto const& events = *served.context().events;
    auto const who = credentials_of(socket.native_handle());
    connection_peer peer{
        "uid " + std::to_string(who.user_id) + ", pid " + std::to_string(who.process_id),
        who.user_id};
    if (who.user_id != ::geteuid())
      return events.warning("a connection of " + peer.name + " is refused: this app serves uid " +
                            std::to_string(::geteuid()) + " only");
    std::lock_guard const lock(mutex);
    if (open.size() >= (std::min)(sweep_at, max_connections)) {
      open.erase_if([](auto const& one) { return one.expired(); });
      sweep_at = 64 + 2 * open.size();
    }
    if (open.size() >= max_connections)
      return events.warning("a connection of " + peer.name + " is refused: " +
                            std::to_string(max_connections) + " are open");
    int const handle = socket.native_handle();
    std::shared_ptr<stream_connection> const made(
        new stream_connection(std::move(socket), limits, events, peer.name));
    open.push_back(made);
    pando::detail::post(made->executor(),
                        pando::detail::callback([made, handle, self = shared_from_this(), peer] {
                          made->start(pando::detail::owner<connection_user>(new detail::sniffer(
                              *made, handle, self->served, self->gate, peer)));
                        }));
  }

  pando::detail::sequence<std::shared_ptr<stream_connection>> all() {
    std::lock_guard const lock(mutex);
    pando::detail::sequence<std::shared_ptr<stream_connection>> found;
    for (auto const& one : open)
      if (auto alive = one.lock()) found.push_back(std::move(alive));
    return found;
  }

  /// Runs `work` for each connection, on its own executor.
  void each(void (*work)(stream_connection&)) {
    for (auto const& one : all())
      pando::detail::post(one->executor(), pando::detail::callback([one, work] { work(*one); }));
  }

  std::vector<boost::asio::any_io_executor> const executors;
  serving const& served;
  link_limits const limits;
  std::size_t const max_connections;
  unix_listener place;
  pando::detail::stream_socket acceptor;
  pando::detail::timer pause;
  std::mutex mutable mutex;
  pando::detail::sequence<std::weak_ptr<stream_connection>> open;
  std::size_t sweep_at = 64; ///< as many are looked through for those that have ended
  std::size_t next = 0;
  std::atomic<bool> is_stopped = false;
  std::atomic<bool> is_ended = false; ///< what it refers to may be gone
  std::shared_ptr<detail::handover_gate> const gate;
};

PANDO_INLINE server::server(std::vector<boost::asio::any_io_executor> executors,
                            serving const& served, server_options options)
    : state_(new state(std::move(executors), served, options)) {}

PANDO_INLINE server::~server() {
  stop_accepting();
  state_->is_ended = true;
  close();
  if (state_->gate->whose == detail::tenure::given) state_->place.leave();
  else state_->place.remove();
  pando::detail::post(state_->executors.front(), pando::detail::callback([self = state_] {
                        boost::system::error_code ignored;
                        self->acceptor.close(ignored);
                      }));
}

PANDO_INLINE std::string const& server::path() const noexcept { return state_->place.path(); }

PANDO_INLINE std::size_t server::connections() const { return state_->all().size(); }

PANDO_INLINE void server::start() { state_->accept(); }

PANDO_INLINE void server::keep() {
  state_->place.keep(state_->gate->listener);
  state_->gate->whose = detail::tenure::own;
}

PANDO_INLINE void server::stop_accepting() {
  if (state_->is_stopped.exchange(true)) return;
  // The descriptor stays open: as long as it does, no other file can have its inode.
  auto before = detail::tenure::own;
  bool const is_own = state_->gate->whose.compare_exchange_strong(before, detail::tenure::stopped);
  if (is_own) ::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
  pando::detail::post(state_->executors.front(), pando::detail::callback([self = state_, is_own] {
                        boost::system::error_code ignored;
                        self->pause.cancel();
                        self->acceptor.cancel(ignored);
                        if (is_own) return self->accept_rest();
                        // Another program listens on it too: what it is to hear must not be heard
                        // here.
                        if (self->acceptor.is_open()) ::close(self->acceptor.release());
                      }));
}

PANDO_INLINE void server::close() {
  state_->each([](stream_connection& one) { one.close(); });
}

namespace detail {

/// Whether all connections have ended, before that time.
template <class State, class Lazy = void>
task<bool> until_empty(std::shared_ptr<State> which, std::chrono::steady_clock::time_point until) {
  while (!which->all().empty()) {
    if (std::chrono::steady_clock::now() >= until) co_return false;
    co_await pando::detail::pause(std::chrono::milliseconds(2));
  }
  co_return true;
}

} // namespace detail

PANDO_LAZY_BODY task<bool> server::drain(std::chrono::milliseconds limit) {
  auto const kept = state_;
  stop_accepting();
  // What was accepted last is known behind this.
  auto const home = co_await boost::asio::this_coro::executor;
  co_await call::move_to(kept->executors.front());
  co_await call::move_to(home);
  auto until = std::chrono::steady_clock::now() + limit;
  if (kept->gate->whose == detail::tenure::given) {
    if (co_await detail::until_empty(kept, until)) co_return true;
    until = std::chrono::steady_clock::now() + limit;
  }
  kept->each([](stream_connection& one) {
    auto* const user = dynamic_cast<serving_user*>(one.user());
    if (user != nullptr) user->drain("the app is stopping");
    else one.close();
  });
  bool const is_empty = co_await detail::until_empty(kept, until);
  kept->each([](stream_connection& one) { one.close(); });
  co_return is_empty;
}

} // namespace pando::socket
