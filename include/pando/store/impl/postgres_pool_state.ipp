// Which unit goes over which connection, and when to connect again.
#pragma once

#include <algorithm>
#include <stdexcept>

#include <boost/asio/post.hpp>

#include <pando/store/detail/postgres_pool.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres::detail {

inline std::string ms_text(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

inline error closed_error() {
  return error(fault::closed, "postgres: the pool is closed: the statement was not sent");
}

/// *Throws* std::invalid_argument for limits that let nothing through.
inline options checked(options chosen) {
  auto const is_time = [](std::chrono::milliseconds time) { return time.count() > 0; };
  if (chosen.max_connections == 0 || chosen.max_in_flight == 0 || !is_time(chosen.max_wait) ||
      !is_time(chosen.connect_timeout) || !is_time(chosen.query_timeout) ||
      !is_time(chosen.first_backoff) || chosen.last_backoff < chosen.first_backoff)
    throw std::invalid_argument("postgres: max_connections, max_in_flight and all times are more "
                                "than 0, and last_backoff is not under first_backoff");
  return chosen;
}

PANDO_INLINE postgres_pool::postgres_pool(boost::asio::any_io_executor executor, options chosen)
    : executor_(std::move(executor)),
      options_(std::make_shared<options const>(checked(std::move(chosen)))),
      place_(std::make_shared<postgres_place const>(options_->connection)),
      backoff_(options_->first_backoff, options_->last_backoff), attempt_timer_(executor_),
      waiting_timer_(executor_), drained_(executor_) {}

PANDO_INLINE postgres_pool::~postgres_pool() {
  abandoned();
  for (auto const& one : connections_) one->close(closed_error());
}

PANDO_INLINE void postgres_pool::abandoned() {
  for (auto const& one : std::exchange(waiting_, {})) one.unit->abandon();
}

PANDO_INLINE postgres_connection* postgres_pool::least_busy() const noexcept {
  postgres_connection* best = nullptr;
  for (auto const& one : connections_)
    if (one->is_open() && one->in_flight() < options_->max_in_flight &&
        (best == nullptr || one->in_flight() < best->in_flight()))
      best = one.get();
  return best;
}

PANDO_INLINE void postgres_pool::submit(std::shared_ptr<postgres_unit> which) {
  if (is_closed_) return which->fail(closed_error());
  if (waiting_.empty()) {
    if (auto* const to = least_busy(); to != nullptr) {
      if (to->in_flight() != 0) connect_more();
      return to->send(std::move(which));
    }
  }
  if (waiting_.size() >= options_->max_waiting)
    std::erase_if(waiting_, [](waiter const& one) { return one.unit->is_over(); });
  if (waiting_.size() >= options_->max_waiting)
    return which->fail(error(fault::overloaded,
                             "postgres: " + std::to_string(waiting_.size()) +
                                 " wait for a connection already, as many as may: the statement "
                                 "was not sent" +
                                 (last_failure_.empty() ? "" : "; " + last_failure_)));
  auto const until = clock::now() + longest_wait(*which);
  waiting_.push_back({std::move(which), until});
  watch_waiting(until);
  connect_more();
}

/// One more connection, when there may be one and nothing speaks against trying.
PANDO_INLINE void postgres_pool::connect_more() {
  if (is_closed_ || attempt_is_due_ || connections_.size() >= options_->max_connections) return;
  // While one is being opened the next waits for how that goes.
  for (auto const& one : connections_)
    if (!one->is_open()) return;
  connections_.push_back(std::make_shared<postgres_connection>(executor_, options_, place_, *this));
  auto const fresh = connections_.back();
  fresh->open();
}

PANDO_INLINE void postgres_pool::dispatch() {
  while (!waiting_.empty()) {
    if (!waiting_.front().unit->is_over()) {
      auto* const to = least_busy();
      if (to == nullptr) return;
      to->send(std::move(waiting_.front().unit));
    }
    waiting_.pop_front();
  }
}

PANDO_INLINE void postgres_pool::opened(postgres_connection&) {
  last_failure_.clear();
  dispatch();
  if (!waiting_.empty()) connect_more();
}

PANDO_INLINE void postgres_pool::answered(postgres_connection& which) {
  if (which.was_useful()) backoff_.went_well();
  dispatch();
  look_drained();
}

PANDO_INLINE void postgres_pool::ended(postgres_connection& which, error const& why,
                                       std::vector<std::shared_ptr<postgres_unit>> unsent) {
  std::erase_if(connections_, [&which](auto const& one) { return one.get() == &which; });
  if (is_closed_) {
    for (auto const& one : unsent) one->fail(closed_error());
    return look_drained();
  }
  for (auto one = unsent.rbegin(); one != unsent.rend(); ++one) {
    auto const until = clock::now() + longest_wait(**one);
    waiting_.push_front({std::move(*one), until});
    watch_waiting(until);
  }
  last_failure_ = why.what();
  if (!which.was_useful()) {
    // Nobody is kept waiting for what will not become better by itself.
    if (why.kind() == fault::refused && least_busy() == nullptr) fail_waiting(why);
    attempt_is_due_ = true;
    attempt_timer_.expires_after(backoff_.after_failure());
    attempt_timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& stopped) {
      auto const self = weak.lock();
      if (stopped || self == nullptr) return;
      self->attempt_is_due_ = false;
      if (!self->waiting_.empty()) self->connect_more();
    });
  }
  dispatch();
  if (!waiting_.empty()) connect_more();
}

PANDO_INLINE void postgres_pool::notified(std::string_view, std::string_view, int) {}

/// What may take a short time only does not wait longer than that either.
PANDO_INLINE std::chrono::milliseconds
postgres_pool::longest_wait(postgres_unit const& which) const {
  auto const& most = options_->max_wait;
  return which.allowed.count() == 0 ? most : (std::min)(most, which.allowed);
}

/// One timer for all, for the first that will be late.
PANDO_INLINE void postgres_pool::watch_waiting(clock::time_point until) {
  if (until >= watched_until_) return;
  watched_until_ = until;
  waiting_timer_.expires_at(until);
  waiting_timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& stopped) {
    auto const self = weak.lock();
    if (stopped || self == nullptr) return;
    self->watched_until_ = (clock::time_point::max)();
    self->drop_late();
  });
}

PANDO_INLINE void postgres_pool::drop_late() {
  auto const now = clock::now();
  bool const is_connected = open_connections() != 0;
  for (auto& one : std::exchange(waiting_, {})) {
    if (one.unit->is_over()) continue;
    if (one.until > now) {
      watch_waiting(one.until);
      waiting_.push_back(std::move(one));
      continue;
    }
    auto const waited = ms_text(longest_wait(*one.unit));
    one.unit->fail(is_connected
                       ? error(fault::overloaded, "postgres: every connection was busy for " +
                                                      waited + ": the statement was not sent")
                       : error(fault::unavailable,
                               "postgres: no connection within " + waited +
                                   ", the statement was not sent; the last attempt: " +
                                   (last_failure_.empty() ? "is under way" : last_failure_)));
  }
}

PANDO_INLINE void postgres_pool::fail_waiting(error const& why) {
  for (auto const& one : std::exchange(waiting_, {})) one.unit->fail(why);
}

PANDO_INLINE void postgres_pool::finish() {
  if (!std::exchange(is_closed_, true)) {
    attempt_timer_.cancel();
    waiting_timer_.cancel();
    fail_waiting(closed_error());
  }
  look_drained();
}

PANDO_INLINE void postgres_pool::look_drained() {
  if (!is_closed_ || drained_.has_fired()) return;
  for (auto const& one : connections_)
    if (one->in_flight() != 0) return;
  for (auto const& one : std::exchange(connections_, {})) one->close(closed_error());
  drained_.fire();
}

PANDO_INLINE void postgres_pool::abandon() {
  is_closed_ = true;
  attempt_timer_.cancel();
  waiting_timer_.cancel();
  fail_waiting(closed_error());
  auto const why = error(fault::closed, "postgres: the pool is gone");
  for (auto const& one : std::exchange(connections_, {})) one->close(why);
  if (!drained_.has_fired()) drained_.fire();
}

PANDO_INLINE std::size_t postgres_pool::open_connections() const noexcept {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                [](auto const& one) { return one->is_open(); }));
}

PANDO_INLINE std::size_t postgres_pool::in_flight() const noexcept {
  std::size_t all = 0;
  for (auto const& one : connections_) all += one->in_flight();
  return all;
}

} // namespace pando::postgres::detail

#endif
