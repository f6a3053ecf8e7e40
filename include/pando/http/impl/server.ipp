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

#include <pando/handler/callback.hpp>
#include <pando/http/detail/address.hpp>
#include <pando/http/detail/connection.hpp>
#include <pando/http/detail/server.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

/// Closes what nobody has taken.
struct accepted_descriptor {
  int number;
  ~accepted_descriptor() {
    if (number >= 0) ::close(number);
  }
};

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

PANDO_INLINE void server_core::listen_on(boost::intrusive_ptr<listening_socket> which) {
  listeners.push_back(std::move(which));
  listeners.back()->wait();
}

PANDO_INLINE bool server_core::take(int& socket) {
  boost::intrusive_ptr<connection> const made(
      new connection(boost::intrusive_ptr<server_core>(this)));
  boost::system::error_code error;
  made->socket_.assign(socket, error);
  if (error) return false;
  socket = -1;
  made->behind_ = first_;
  if (first_ != nullptr) first_->before_ = made.get();
  first_ = made.get();
  ++count;
  if (settings.open != nullptr) settings.open->add(1);
  intrusive_ptr_add_ref(made.get()); // the list's
  keep_ticking();
  made->start();
  return true;
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
  boost::intrusive_ptr<server_core> self(this);
  ticker_.set(ticked_ + wheel.tick(), pando::detail::callback([self = std::move(self)] {
                self->is_ticking_ = false;
                self->tick();
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
  auto const told = std::move(when_stopped_);
  for (auto& done : told)
    pando::detail::post(executor, pando::detail::callback(done));
}

PANDO_INLINE void server_core::end_all() {
  when_stopped_.clear();
  auto const open = std::move(listeners);
  for (auto const& one : open) one->close();
  for (auto const& each : all()) each->close();
  ticker_.cancel();
}

// A listener.

PANDO_INLINE listening_socket::listening_socket(boost::intrusive_ptr<server_core> core,
                                                int socket)
    : core_(std::move(core)), socket_(core_->executor) {
  accepted_descriptor owned{socket};
  socket_.assign(socket);
  owned.number = -1;
  // What is accepted inherits these: answers leave at once, and a peer that lost its power is found
  // out after two minutes even while a silent stream is all there is between us.
  int const fd = socket;
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
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
  if (waiting_ || pausing_ || !socket_.is_open()) return;
  if (core_->count >= core_->settings.connections) return;
  waiting_ = true;
  socket_.async_wait(
      stream_socket::wait_read,
      pando::detail::callback([self = boost::intrusive_ptr<listening_socket>(this)](
                                  boost::system::error_code const& error) {
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

PANDO_INLINE void listening_socket::accept_some(std::size_t at_most, std::size_t connections) {
  for (; at_most != 0 && core_->count < connections; --at_most) {
    int const one =
        ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (one >= 0) {
      try {
        accepted_descriptor owned{one};
        if (!core_->take(owned.number)) return pause();
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
  // Others may listen on it too, so that closing alone would leave it with the event loop.
  if (socket_.is_open()) ::close(socket_.release());
}

PANDO_INLINE int listen_at(std::string const& address, std::uint16_t port) {
  auto const at = read_address(address, port);
  if (!at)
    throw std::runtime_error("cannot listen on " + address + ": not an address in numbers");
  accepted_descriptor made{
      ::socket(at.raw.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  auto const set = [&](int level, int option, int value) {
    return ::setsockopt(made.number, level, option, &value, sizeof value) == 0;
  };
  bool const listens = made.number >= 0 && set(SOL_SOCKET, SO_REUSEADDR, 1) &&
                       (!at.is_v6() || set(IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
                       ::bind(made.number, at.data(), at.size) == 0 &&
                       ::listen(made.number, SOMAXCONN) == 0;
  int const why = errno;
  if (!listens) {
    auto what = "cannot listen on " + address + " port " + std::to_string(port);
    if (why == EADDRINUSE) what += ", another program does: stop it, or choose another port";
    throw std::system_error(why, std::system_category(), what);
  }
  return std::exchange(made.number, -1);
}

// The server.

PANDO_INLINE server::server(boost::asio::any_io_executor const& executor, request_handler& handler,
                            server_settings const& settings, std::shared_ptr<tls_context const> tls)
    : core_(new server_core(loop_of(executor), handler, settings, std::move(tls))) {}

PANDO_INLINE server::~server() { core_->end_all(); }

PANDO_INLINE std::uint16_t server::listen(std::string const& address, std::uint16_t port) {
  adopt_listener(listen_at(address, port));
  return local_address(core_->listeners.back()->handle()).port();
}

PANDO_INLINE void server::adopt_listener(int socket) {
  core_->listen_on(boost::intrusive_ptr<listening_socket>(new listening_socket(core_, socket)));
}

PANDO_INLINE std::vector<int> server::listeners() const {
  std::vector<int> sockets;
  for (auto const& one : core_->listeners) sockets.push_back(one->handle());
  return sockets;
}

PANDO_INLINE void server::serve(int socket) {
  accepted_descriptor owned{socket};
  if (!core_->take(owned.number))
    throw std::system_error(errno, std::system_category(), "a socket cannot be served");
}

PANDO_INLINE std::size_t server::connections() const noexcept { return core_->count; }

PANDO_INLINE void server::stop(std::chrono::milliseconds limit, std::function<void()> done) {
  core_->stop(limit, false, std::move(done));
}

PANDO_INLINE void server::leave(std::chrono::milliseconds limit, std::function<void()> done) {
  core_->stop(limit, true, std::move(done));
}

} // namespace pando::http::detail
