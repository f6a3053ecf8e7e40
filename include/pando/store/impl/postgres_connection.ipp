// A connection's life: connecting without blocking, time limits, and its end.
#pragma once

#include <algorithm>

#include <boost/asio/post.hpp>

#include <pando/store/detail/postgres_connection.hpp>

#if PANDO_HAS_POSTGRES

#include <pando/store/detail/libpq_fe.hpp>

namespace pando::postgres::detail {

PANDO_INLINE void postgres_connection::finish::operator()(::pg_conn* which) const noexcept {
  ::PQfinish(which);
}

PANDO_INLINE postgres_connection::postgres_connection(boost::asio::any_io_executor executor,
                                                      std::shared_ptr<options const> shared,
                                                      std::shared_ptr<postgres_place const> place,
                                                      connection_user& user)
    : executor_(std::move(executor)), options_(std::move(shared)), place_(std::move(place)),
      user_(&user), descriptor_(executor_), timer_(executor_) {}

PANDO_INLINE postgres_connection::~postgres_connection() {
  drop_descriptor();
  for (auto const& one : in_flight_) one->abandon();
  for (auto const& one : again_) one->abandon();
  if (user_ != nullptr) user_->abandoned();
}

/// libpq closes its socket itself.
PANDO_INLINE void postgres_connection::drop_descriptor() {
  if (descriptor_.is_open()) descriptor_.release();
}

PANDO_INLINE void postgres_connection::open() {
  phase_ = phase::connecting;
  arm(clock::now() + options_->connect_timeout);
  place_->resolve(executor_, [self = shared_from_this()](postgres_place::resolved where) {
    if (self->phase_ == phase::connecting) self->start(where);
  });
}

PANDO_INLINE void postgres_connection::start(postgres_place::resolved const& where) {
  if (!where.failure.empty())
    return fail(error(fault::unavailable, "postgres: " + where.failure));
  std::vector<char const*> keys;
  std::vector<char const*> values;
  for (auto const& [key, value] : where.settings) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(::PQconnectStartParams(keys.data(), values.data(), 0));
  if (connection_ == nullptr) return fail(error(fault::unavailable, "postgres: out of memory"));
  ::PQsetErrorVerbosity(connection_.get(), ::PQERRORS_VERBOSE); // for the SQLSTATE
  ::PQsetNoticeReceiver(connection_.get(), [](void*, ::PGresult const*) {}, nullptr);
  if (::PQstatus(connection_.get()) == ::CONNECTION_BAD)
    return fail(connect_error(::PQerrorMessage(connection_.get())));
  poll(::PGRES_POLLING_WRITING);
}

/// The socket may be another one after each step, even under the same number, so it is Asio's only
/// while it is waited for.
PANDO_INLINE void postgres_connection::poll(int wish) {
  if (wish == ::PGRES_POLLING_FAILED)
    return fail(connect_error(::PQerrorMessage(connection_.get())));
  boost::system::error_code failed;
  descriptor_.assign(::PQsocket(connection_.get()), failed);
  if (failed) return fail(error(fault::unavailable, "postgres: " + failed.message()));
  if (wish == ::PGRES_POLLING_OK) return came_up();
  auto const what = wish == ::PGRES_POLLING_READING
                        ? boost::asio::posix::stream_descriptor::wait_read
                        : boost::asio::posix::stream_descriptor::wait_write;
  descriptor_.async_wait(what, [self = shared_from_this()](boost::system::error_code const&) {
    if (self->phase_ != phase::connecting) return;
    self->drop_descriptor();
    self->poll(::PQconnectPoll(self->connection_.get()));
  });
}

PANDO_INLINE void postgres_connection::came_up() {
  ::PQsetErrorVerbosity(connection_.get(), ::PQERRORS_DEFAULT);
  if (::PQsetnonblocking(connection_.get(), 1) != 0 ||
      ::PQenterPipelineMode(connection_.get()) != 1)
    return fail(error(fault::unavailable, "postgres: no pipeline mode with this server"));
  phase_ = phase::open;
  armed_ = (clock::time_point::max)();
  timer_.cancel();
  read();
  user_->opened(*this);
}

PANDO_INLINE void postgres_connection::arm(clock::time_point until) {
  if (until >= armed_) return;
  armed_ = until;
  timer_.expires_at(until);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code const& cancelled) {
    if (!cancelled) self->look_at_time();
  });
}

PANDO_INLINE void postgres_connection::look_at_time() {
  auto const text_of = [](std::chrono::milliseconds time) {
    return std::to_string(time.count()) + " ms";
  };
  armed_ = (clock::time_point::max)();
  if (phase_ == phase::connecting)
    return fail(error(fault::unavailable, "postgres: the server did not take the connection "
                                          "within " + text_of(options_->connect_timeout)));
  if (phase_ != phase::open) return;
  auto const now = clock::now();
  auto next = (clock::time_point::max)();
  bool is_late = false;
  auto const in_flight = in_flight_; // whoever ends may send
  for (auto const& one : in_flight) {
    if (one->until > now) {
      next = (std::min)(next, one->until);
      continue;
    }
    is_late = true;
    auto const time = one->allowed.count() == 0 ? options_->query_timeout : one->allowed;
    one->fail(error(fault::timed_out,
                    "postgres: no answer within " + text_of(time) +
                        ", the connection was given up: whether the statement was executed is "
                        "unknown, and the server may still be at it (see its statement_timeout)",
                    true));
  }
  if (is_late)
    return fail(error(fault::disconnected, "postgres: the connection was given up since the "
                                           "server did not answer another statement on it"));
  if (next != (clock::time_point::max)()) arm(next);
}

/// For faults found while others are in the middle of something.
PANDO_INLINE void postgres_connection::break_soon(std::string const& why) {
  if (std::exchange(is_breaking_, true)) return;
  boost::asio::post(executor_, [self = shared_from_this(), why] {
    if (self->phase_ != phase::closed) self->fail(self->lost(why));
  });
}

PANDO_INLINE error postgres_connection::lost(std::string_view how) const {
  if (fatal_) return *fatal_;
  std::string why(how);
  if (auto const cut = why.find('\n'); cut != why.npos) why.resize(cut);
  return error(fault::disconnected, "postgres: the connection ended: " + why);
}

PANDO_INLINE void postgres_connection::fail(error const& why) {
  auto* const user = user_;
  auto const self = shared_from_this();
  auto unsent = std::exchange(again_, {});
  close(why);
  if (user != nullptr) user->ended(*this, why, std::move(unsent));
}

PANDO_INLINE void postgres_connection::close(error const& why) {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  user_ = nullptr;
  timer_.cancel();
  drop_descriptor();
  connection_.reset();
  steps_.clear();
  auto const again = std::exchange(again_, {});
  auto const in_flight = std::exchange(in_flight_, {});
  for (auto const& one : again) one->fail(why);
  for (auto const& one : in_flight) {
    bool const is_refused = one->failed && one->failed->sqlstate() != "25P02";
    if (is_refused && !one->needs_other_plan)
      one->end(); // an error undoes the whole unit, whatever comes after it
    else if (one->failed)
      one->fail(why);
    else
      one->fail(error(fault::disconnected,
                      std::string(why.what()) + ": whether the statement was executed is unknown",
                      true, why.report()));
  }
}

} // namespace pando::postgres::detail

#endif
