// From an address to a client that has been greeted.
#pragma once

#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include <pando/link/detail/descriptor.hpp>
#include <pando/link/detail/handshake_user.hpp>
#include <pando/link/detail/runner_dial.hpp>

namespace pando::detail {

PANDO_INLINE runner_dial::runner_dial(boost::asio::any_io_executor executor, goal what,
                                      reached_function reached)
    : executor_(std::move(executor)), goal_(std::move(what)), reached_(std::move(reached)),
      limit_(executor_), resolver_(executor_), socket_(executor_) {}

PANDO_INLINE void runner_dial::start() {
  auto const time = goal_.limits.handshake;
  limit_.expires_after(time);
  limit_.async_wait([self = shared_from_this(), time](boost::system::error_code error) {
    if (!error) self->fail("it does not answer within " + std::to_string(time.count()) + " ms");
  });
  if (goal_.address.is_path()) return start_on_path();
  if (goal_.address.port == 0) return fail("its port is 0, which only who listens may have");
  resolve();
}

PANDO_INLINE void runner_dial::start_on_path() {
  descriptor socket(connect_unix(goal_.address.path));
  if (socket.get() < 0 && (errno == EPERM || errno == EACCES))
    return refuse("it is another user's");
  if (socket.get() < 0) return fail(std::system_category().message(errno));
  if (credentials_of(socket.get()).user_id != ::geteuid()) return refuse("it is another user's");
  connected(socket.release());
}

PANDO_INLINE void runner_dial::resolve() {
  resolver_.async_resolve(
      goal_.address.host, std::to_string(goal_.address.port), tcp::resolver::numeric_service,
      [self = shared_from_this()](boost::system::error_code error, auto found) {
        if (!self->reached_) return;
        if (error) return self->fail("its host cannot be found: " + error.message());
        self->found_ = std::move(found);
        self->next_ = self->found_.begin();
        self->connect_next("its host has no address");
      });
}

/// Goes through the addresses of the name; `why` is what the one before has said.
PANDO_INLINE void runner_dial::connect_next(std::string const& why) {
  if (next_ == found_.end()) return fail(why);
  auto const where = (next_++)->endpoint();
  auto const due = goal_.security->has_cookie() ? std::string() : why_cookie_is_due(where);
  if (!due.empty()) return refuse(due);
  boost::system::error_code ignored;
  socket_.close(ignored);
  socket_.async_connect(where, [self = shared_from_this()](boost::system::error_code error) {
    if (!self->reached_) return;
    if (error) return self->connect_next(error.message());
    self->connected(self->socket_.release());
  });
}

/// Owns that socket.
PANDO_INLINE void runner_dial::connected(int socket) {
  bool const is_path = goal_.address.is_path();
  set_no_delay(socket, is_path);
  stream_socket owned(executor_);
  try {
    owned = own_socket(executor_, socket);
  } catch (boost::system::system_error const& error) {
    return fail(error.code().message());
  }
  auto const made =
      std::make_shared<stream_connection>(std::move(owned), goal_.limits, *goal_.events,
                                          "runner " + print_runner_address(goal_.address));
  if (!is_path && goal_.security->has_cookie())
    made->protect(goal_.security->make_cipher(link_role::connects));
  connection_ = made;
  auto* const user = new handshake_user(
      *made, goal_.security, link_role::connects, goal_.expected,
      [self = shared_from_this()](stream_connection& over, link_identity const& who) {
        self->proven(over, who);
      },
      [self = shared_from_this()](std::exception_ptr error) { self->end(std::move(error)); },
      nullptr);
  made->start(owner<connection_user>(user));
  if (made->is_open()) user->begin();
}

PANDO_INLINE void runner_dial::proven(stream_connection& connection, link_identity const& who) {
  if (!reached_) return connection.close();
  who_ = who;
  client_ = frame_client::make(connection.shared_from_this(),
                               [self = shared_from_this()](std::exception_ptr error) {
                                 self->end(std::move(error));
                               });
}

PANDO_INLINE void runner_dial::fail(std::string const& why) {
  end(std::make_exception_ptr(
      not_running("no link to runner " + print_runner_address(goal_.address) + ": " + why)));
}

PANDO_INLINE void runner_dial::refuse(std::string const& why) {
  end(std::make_exception_ptr(
      forbidden("no link to runner " + print_runner_address(goal_.address) + ": " + why)));
}

PANDO_INLINE void runner_dial::end(std::exception_ptr error) {
  auto const reached = std::exchange(reached_, nullptr);
  if (!reached) return;
  auto const keep = shared_from_this();
  auto client = std::exchange(client_, nullptr);
  limit_.cancel();
  if (error) {
    give_up();
    client = nullptr;
  }
  reached(std::move(client), who_, std::move(error));
}

PANDO_INLINE void runner_dial::give_up() {
  reached_ = nullptr;
  limit_.cancel();
  resolver_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  client_ = nullptr;
  // In a turn of its own: this may be called by the connection itself.
  if (auto const open = connection_.lock())
    boost::asio::post(executor_, [open] { open->close(); });
}

} // namespace pando::detail
