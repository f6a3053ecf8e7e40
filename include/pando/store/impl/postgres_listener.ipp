// Listening, and listening again.
#pragma once

#include <stdexcept>
#include <utility>

#include <pando/store/detail/postgres_listener.hpp>
#include <pando/store/postgres_listener.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

namespace detail {

PANDO_INLINE postgres_listener::postgres_listener(boost::asio::any_io_executor executor,
                                                  std::vector<std::string> channels,
                                                  options chosen,
                                                  std::chrono::milliseconds heartbeat)
    : executor_(std::move(executor)), options_(std::make_shared<options const>(std::move(chosen))),
      place_(std::make_shared<postgres_place const>(options_->connection)),
      channels_(std::move(channels)), heartbeat_(heartbeat),
      backoff_(options_->first_backoff, options_->last_backoff), timer_(executor_) {
  if (channels_.empty() || heartbeat.count() <= 0)
    throw std::invalid_argument("postgres: a listener needs a channel, and a heartbeat over 0");
}

PANDO_INLINE postgres_listener::~postgres_listener() {
  if (connection_ != nullptr) connection_->close(error(fault::closed, "postgres: closed"));
}

PANDO_INLINE void postgres_listener::start() { connect(); }

PANDO_INLINE void postgres_listener::connect() {
  connection_ = std::make_shared<postgres_connection>(executor_, options_, place_, *this);
  auto const fresh = connection_;
  fresh->open();
}

PANDO_INLINE void postgres_listener::opened(postgres_connection& which) {
  batch all;
  for (auto const& channel : channels_) {
    std::string text = "LISTEN \"";
    for (char const one : channel) text.append(one == '"' ? 2 : 1, one);
    all.add(text + "\"");
  }
  all.within(heartbeat_);
  auto const unit = std::make_shared<postgres_unit>(std::move(all));
  unit->on_end = [this](postgres_unit& answer) { subscribed(answer); };
  which.send(unit);
}

PANDO_INLINE void postgres_listener::subscribed(postgres_unit& answer) {
  if (is_closed_) return;
  if (answer.failed) {
    if (answer.failed->kind() != fault::statement) return; // the connection has ended
    failure_ = answer.failed;
    std::exchange(connection_, nullptr)->close(*answer.failed);
    tell();
    return try_later();
  }
  backoff_.went_well();
  is_listening_ = true;
  hear({notification::kind::began});
  beat();
}

/// A server that is cut off says nothing, and neither does one without news.
PANDO_INLINE void postgres_listener::beat() {
  timer_.expires_after(heartbeat_);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& stopped) {
    auto const self = weak.lock();
    if (stopped || self == nullptr || !self->is_listening_) return;
    auto const unit = std::make_shared<postgres_unit>(
        statement("SELECT 1").within(self->heartbeat_));
    self->connection_->send(unit);
    self->beat();
  });
}

PANDO_INLINE void postgres_listener::answered(postgres_connection&) {}

PANDO_INLINE void postgres_listener::ended(postgres_connection&, error const& why,
                                           std::vector<std::shared_ptr<postgres_unit>>) {
  connection_ = nullptr;
  is_listening_ = false;
  if (why.kind() == fault::refused) {
    failure_ = why;
    tell();
  }
  try_later();
}

PANDO_INLINE void postgres_listener::try_later() {
  timer_.expires_after(backoff_.after_failure());
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& stopped) {
    auto const self = weak.lock();
    if (!stopped && self != nullptr && !self->is_closed_) self->connect();
  });
}

PANDO_INLINE void postgres_listener::notified(std::string_view channel, std::string_view payload,
                                              int from) {
  hear({notification::kind::message, std::string(channel), std::string(payload), from});
}

PANDO_INLINE void postgres_listener::hear(notification what) {
  if (heard_.size() >= most_kept) {
    heard_.clear();
    what = {notification::kind::lost};
  }
  heard_.push_back(std::move(what));
  tell();
}

PANDO_INLINE void postgres_listener::tell() {
  if (event_ && !event_->has_fired()) event_->fire();
}

PANDO_INLINE one_shot& postgres_listener::next_event() {
  event_ = std::make_unique<one_shot>(executor_);
  event_->state = this;
  event_->on_cancel = [](void* self) {
    auto& it = *static_cast<postgres_listener*>(self);
    it.was_cancelled_ = true;
    it.tell();
  };
  return *event_;
}

PANDO_INLINE notification postgres_listener::take() {
  if (failure_) {
    error const why = *failure_;
    failure_.reset();
    throw why;
  }
  if (heard_.empty()) throw error(fault::closed, "postgres: the listener is closed");
  auto first = std::move(heard_.front());
  heard_.pop_front();
  return first;
}

PANDO_INLINE void postgres_listener::close() {
  if (std::exchange(is_closed_, true)) return;
  is_listening_ = false;
  timer_.cancel();
  if (auto const last = std::exchange(connection_, nullptr); last != nullptr)
    last->close(error(fault::closed, "postgres: the listener is closed"));
  heard_.clear();
  tell();
}

PANDO_INLINE void postgres_listener::abandoned() { event_.reset(); }

} // namespace detail

PANDO_INLINE listener::listener(boost::asio::any_io_executor executor,
                                std::vector<std::string> channels, options const& chosen,
                                std::chrono::milliseconds heartbeat)
    : state_(std::make_shared<detail::postgres_listener>(std::move(executor), std::move(channels),
                                                         chosen, heartbeat)) {
  state_->start();
}

PANDO_INLINE listener::~listener() {
  if (state_ != nullptr) state_->close();
}

PANDO_LAZY_BODY task<notification> listener::next() {
  auto const state = state_;
  if (!state->has_news()) {
    co_await state->next_event().wait();
    if (state->was_cancelled())
      throw error(fault::cancelled, "postgres: cancelled while waiting for a notification");
  }
  co_return state->take();
}

PANDO_INLINE void listener::close() { state_->close(); }
PANDO_INLINE bool listener::is_listening() const noexcept { return state_->is_listening(); }

} // namespace pando::postgres

#endif
