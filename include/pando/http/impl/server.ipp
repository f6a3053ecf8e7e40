// Listening, accepting, ticking and stopping.
#pragma once

#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>

#include <pando/handler/callback.hpp>
#include <pando/http/detail/connection.hpp>
#include <pando/http/detail/server.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

inline loop_executor loop_of(boost::asio::any_io_executor const& executor) {
  auto const* const found = executor.target<loop_executor>();
  if (found == nullptr)
    throw std::invalid_argument("the HTTP door runs on a boost::asio::io_context and nothing else");
  return *found;
}

// What the connections share.

PANDO_INLINE server_core::server_core(loop_executor const& on, request_handler& to,
                                      server_settings const& how,
                                      std::shared_ptr<tls_context const> with)
    : executor(on), handler(to), settings(how), tls(std::move(with)), ticker_(on) {}

PANDO_INLINE void server_core::listen_on(std::shared_ptr<listening_socket> which) {
  listeners.push_back(std::move(which));
  listeners.back()->wait();
}

PANDO_INLINE void server_core::take(stream_socket socket) {
  boost::intrusive_ptr<connection> const made(
      new connection(shared_from_this(), std::move(socket)));
  made->behind_ = first_;
  if (first_ != nullptr) first_->before_ = made.get();
  first_ = made.get();
  ++count;
  if (settings.open != nullptr) settings.open->add(1);
  intrusive_ptr_add_ref(made.get()); // the list's
  keep_ticking();
  made->start();
}

PANDO_INLINE void server_core::forget(connection& which) {
  (which.before_ == nullptr ? first_ : which.before_->behind_) = which.behind_;
  if (which.behind_ != nullptr) which.behind_->before_ = which.before_;
  which.before_ = which.behind_ = nullptr;
  --count;
  if (settings.open != nullptr) settings.open->add(-1);
  intrusive_ptr_release(&which);
  for (auto const& one : listeners) one->wait();
  if (draining && count == 0) finish_stopping();
}

PANDO_INLINE pando::detail::sequence<boost::intrusive_ptr<connection>> server_core::all() const {
  pando::detail::sequence<boost::intrusive_ptr<connection>> found;
  found.reserve(count);
  for (auto* each = first_; each != nullptr; each = each->behind_) found.emplace_back(each);
  return found;
}

PANDO_INLINE void server_core::keep_ticking() {
  if (is_ticking_) return;
  is_ticking_ = true;
  ticked_ = std::chrono::steady_clock::now();
  ticker_.expires_at(ticked_ + wheel.tick());
  ticker_.async_wait(
      pando::detail::callback([self = shared_from_this()](boost::system::error_code const& error) {
        self->is_ticking_ = false;
        if (!error) self->tick();
      }));
}

PANDO_INLINE void server_core::tick() {
  // Time that the thread spent elsewhere is not held against the peers.
  auto const passed = (std::chrono::steady_clock::now() - ticked_) / wheel.tick();
  wheel.advance();
  if (passed > 1) wheel.advance();
  if (count != 0 || pauses != 0) keep_ticking();
}

PANDO_INLINE void server_core::stop(std::chrono::milliseconds limit, bool to_another,
                                    std::function<void()> done) {
  if (done) when_stopped_.push_back(std::move(done));
  if (!draining) {
    is_patient = to_another;
    if (!to_another)
      for (auto const& one : listeners) one->accept_all();
    for (auto const& one : listeners) one->close();
    listeners.clear();
    draining = true;
    wheel.set(*this, limit);
    for (auto const& each : all()) each->drain();
  }
  if (count == 0) finish_stopping();
}

PANDO_INLINE void server_core::expired() {
  for (auto const& each : all()) each->close();
}

PANDO_INLINE void server_core::finish_stopping() {
  wheel.cancel(*this);
  for (auto& done : std::exchange(when_stopped_, {}))
    pando::detail::post(executor, pando::detail::callback(std::move(done)));
}

PANDO_INLINE void server_core::end_all() {
  when_stopped_.clear();
  for (auto const& one : std::exchange(listeners, {})) one->close();
  for (auto const& each : all()) each->close();
  ticker_.cancel();
}

// A listener.

PANDO_INLINE listening_socket::listening_socket(std::shared_ptr<server_core> core, acceptor from)
    : core_(std::move(core)), acceptor_(std::move(from)) {
  acceptor_.non_blocking(true);
  // What is accepted inherits these: answers leave at once, and a peer that lost its power is found
  // out after two minutes even while a silent stream is all there is between us.
  int const fd = acceptor_.native_handle();
  ::fcntl(fd, F_SETFD, FD_CLOEXEC); // not for programs that the app starts
  auto const set = [fd](int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

PANDO_INLINE void listening_socket::wait() {
  if (waiting_ || pausing_ || !acceptor_.is_open()) return;
  if (core_->count >= core_->settings.connections) return;
  waiting_ = true;
  acceptor_.async_wait(
      boost::asio::socket_base::wait_read,
      pando::detail::callback([self = shared_from_this()](boost::system::error_code const& error) {
        self->waiting_ = false;
        if (error) return;
        constexpr std::size_t a_turn = 64;
        self->accept_some(a_turn, self->core_->settings.connections);
        self->wait();
      }));
}

PANDO_INLINE void listening_socket::accept_all() {
  constexpr auto any = static_cast<std::size_t>(-1);
  accept_some(any, any);
}

/// Closes what nobody has taken.
struct accepted_descriptor {
  int number;
  ~accepted_descriptor() {
    if (number >= 0) ::close(number);
  }
};

PANDO_INLINE void listening_socket::accept_some(std::size_t at_most, std::size_t connections) {
  for (; at_most != 0 && core_->count < connections; --at_most) {
    int const one =
        ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (one >= 0) {
      try {
        boost::system::error_code error;
        accepted_descriptor owned{one};
        stream_socket socket(core_->executor);
        socket.assign(boost::asio::ip::tcp::v4(), one, error);
        if (error) return pause();
        owned.number = -1;
        core_->take(std::move(socket));
      } catch (std::bad_alloc const&) {
        return pause(); // that one is closed
      }
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return pause();
    }
  }
}

/// The process has no descriptors or memory left: the kernel keeps the peers waiting meanwhile.
PANDO_INLINE void listening_socket::pause() {
  if (!std::exchange(pausing_, true)) ++core_->pauses;
  core_->wheel.set(*this, core_->wheel.tick());
  core_->keep_ticking();
}

PANDO_INLINE void listening_socket::expired() {
  if (std::exchange(pausing_, false)) --core_->pauses;
  wait();
}

PANDO_INLINE void listening_socket::close() noexcept {
  if (std::exchange(pausing_, false)) --core_->pauses;
  boost::system::error_code ignored;
  // Others may listen on it too, so that closing alone would leave it with the event loop.
  if (acceptor_.is_open()) ::close(acceptor_.release(ignored));
}

PANDO_INLINE int listen_at(std::string const& address, std::uint16_t port) {
  namespace ip = boost::asio::ip;
  boost::system::error_code error;
  auto const numeric = ip::make_address(address, error);
  if (error)
    throw std::runtime_error("cannot listen on " + address + ": not an address in numbers");
  ip::tcp::endpoint const at(numeric, port);
  accepted_descriptor made{
      ::socket(at.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  auto const set = [&](int level, int option, int value) {
    return ::setsockopt(made.number, level, option, &value, sizeof value) == 0;
  };
  bool const listens = made.number >= 0 && set(SOL_SOCKET, SO_REUSEADDR, 1) &&
                       (!numeric.is_v6() || set(IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
                       ::bind(made.number, at.data(), static_cast<::socklen_t>(at.size())) == 0 &&
                       ::listen(made.number, SOMAXCONN) == 0;
  int const why = errno;
  if (!listens)
    throw std::system_error(why, std::system_category(),
                            "cannot listen on " + address + " port " + std::to_string(port));
  return std::exchange(made.number, -1);
}

// The server.

PANDO_INLINE server::server(boost::asio::any_io_executor const& executor, request_handler& handler,
                            server_settings const& settings, std::shared_ptr<tls_context const> tls)
    : core_(new server_core(loop_of(executor), handler, settings, std::move(tls))) {}

PANDO_INLINE server::~server() { core_->end_all(); }

PANDO_INLINE std::uint16_t server::listen(std::string const& address, std::uint16_t port) {
  adopt_listener(listen_at(address, port));
  return core_->listeners.back()->port();
}

PANDO_INLINE void server::adopt_listener(int socket) {
  listening_socket::acceptor made(core_->executor);
  // Only the kernel's own notion of the protocol matters from here on.
  made.assign(boost::asio::ip::tcp::v4(), socket);
  core_->listen_on(std::shared_ptr<listening_socket>(new listening_socket(core_, std::move(made))));
}

PANDO_INLINE std::vector<int> server::listeners() const {
  std::vector<int> sockets;
  for (auto const& one : core_->listeners) sockets.push_back(one->handle());
  return sockets;
}

PANDO_INLINE void server::serve(int socket) {
  stream_socket made(core_->executor);
  made.assign(boost::asio::ip::tcp::v4(), socket);
  core_->take(std::move(made));
}

PANDO_INLINE std::size_t server::connections() const noexcept { return core_->count; }

PANDO_INLINE void server::stop(std::chrono::milliseconds limit, std::function<void()> done) {
  core_->stop(limit, false, std::move(done));
}

PANDO_INLINE void server::leave(std::chrono::milliseconds limit, std::function<void()> done) {
  core_->stop(limit, true, std::move(done));
}

} // namespace pando::http::detail
