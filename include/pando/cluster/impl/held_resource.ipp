// Acquiring, using and releasing what an instance holds outside.
#pragma once

#include <algorithm>
#include <exception>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/held_resource.hpp>
#include <pando/handler/failure.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando::cluster::detail {

/// How long what failed so many times rests before it is tried again: seconds.
inline std::int64_t seconds_after(std::size_t failures) {
  return (std::min)(std::int64_t{1} << (std::min)(failures - 1, std::size_t{5}), std::int64_t{30});
}

// Turns

PANDO_LAZY_BODY task<void> held_resource::take(held_resource* self, turn* mine) {
  auto const home = co_await boost::asio::this_coro::executor;
  {
    std::lock_guard const lock(self->mutex_);
    mine->is_in_line = true;
    if (!std::exchange(self->is_taken_, true)) co_return;
    mine->home = home;
    mine->over = std::make_shared<one_shot>(home);
    self->line_.push_back(mine);
  }
  co_await mine->over->wait();
}

PANDO_INLINE void held_resource::pass_on(turn& mine) {
  std::lock_guard const lock(mutex_);
  if (!mine.is_in_line) return;
  auto const at = std::find(line_.begin(), line_.end(), &mine);
  if (at != line_.end()) { // it has gone before its turn
    line_.erase(at);
    return;
  }
  if (line_.empty()) {
    is_taken_ = false;
    return;
  }
  auto* const next = line_.front();
  line_.pop_front();
  boost::asio::post(next->home, fires_once(next->over));
}

// Records

PANDO_INLINE std::string held_resource::title() const {
  return (name_.empty() ? std::string("the resource") : "resource \"" + name_ + "\"") + " of " +
         site_->whose();
}

PANDO_INLINE void held_resource::check_owner() const {
  if (!site_->is_owner())
    throw runner_unavailable(site_->whose() + " is another runner's since, and " +
                             (name_.empty() ? "its resource" : "its resource \"" + name_ + "\"") +
                             " too");
}

PANDO_LAZY_BODY task<void> held_resource::record(held_resource* self, bool is_held) {
  auto const write = self->site_->records();
  if (write == nullptr) co_return;
  auto const home = co_await boost::asio::this_coro::executor;
  auto const over = std::make_shared<one_shot>(home);
  auto const why = std::make_shared<std::string>();
  std::function<void(std::string)> done = [home, why, fire = firing(over)](std::string text) {
    *why = std::move(text);
    boost::asio::post(home, fire);
  };
  write(*self->site_, self->name_, is_held, std::move(done));
  co_await over->wait();
  if (!why->empty()) throw runner_unavailable(self->title() + " cannot be recorded: " + *why);
}

/// What owners before this one have recorded of it, if that can be known soon.
PANDO_LAZY_BODY task<void> held_resource::get_to_know(held_resource* self) {
  if (self->site_->earlier(self->name_) != earlier_record::not_known) co_return;
  auto const home = co_await boost::asio::this_coro::executor;
  auto const over = std::make_shared<one_shot>(home);
  std::function<void()> done = [home, fire = firing(over)] { boost::asio::post(home, fire); };
  self->site_->when_known(self->name_, std::move(done));
  co_await over->wait();
}

/// Nothing is held any more, and nobody is to look for it.
PANDO_LAZY_BODY task<void> held_resource::forget(held_resource* self) {
  {
    std::lock_guard const lock(self->mutex_);
    self->is_doubtful_ = true; // until the storage has said so
  }
  co_await record(self, false);
  {
    std::lock_guard const lock(self->mutex_);
    self->is_kept_ = self->is_abandoned_ = self->is_doubtful_ = false;
  }
  self->site_->let_rest();
}

// Acquiring and releasing, with the turn

/// Recorded first: what is acquired is never unknown to whoever has the instance next.
PANDO_LAZY_BODY task<void> held_resource::acquire(held_resource* self) {
  self->check_owner();
  bool is_doubtful = false;
  {
    std::lock_guard const lock(self->mutex_);
    is_doubtful = self->is_doubtful_;
  }
  if (is_doubtful) co_await forget(self);
  bool is_recorded = false;
  bool is_new = false;
  {
    std::lock_guard const lock(self->mutex_);
    is_recorded = self->is_kept_;
    is_new = !is_recorded || std::exchange(self->is_abandoned_, false);
  }
  if (!is_recorded) {
    co_await record(self, true);
    std::lock_guard const lock(self->mutex_);
    self->is_kept_ = true;
    self->is_closing_ = false;
    self->failures_ = 0;
    self->retry_at_ = 0;
  }
  if (!is_recorded) self->watch();
  self->check_owner(); // the storage may have taken its time
  std::exception_ptr failed;
  try {
    co_await self->acquire_value();
  } catch (...) {
    failed = std::current_exception();
  }
  std::lock_guard const lock(self->mutex_);
  if (!failed) {
    self->is_held_ = true;
    self->failures_ = 0;
    self->retry_at_ = 0;
    self->idle_since_ = self->site_->now();
    co_return;
  }
  // The record goes in a while, and not from here: a caller that was cancelled awaits no more.
  self->is_abandoned_ = is_new;
  std::rethrow_exception(failed);
}

PANDO_LAZY_BODY task<void> held_resource::release(held_resource* self) {
  self->check_owner();
  co_await self->release_value();
  self->drop_value();
  {
    std::lock_guard const lock(self->mutex_);
    self->is_held_ = self->is_closing_ = false;
    self->is_abandoned_ = true; // until that is recorded
    self->failures_ = 0;
    self->retry_at_ = 0;
  }
  co_await forget(self);
}

// What an entity does

PANDO_LAZY_BODY task<void> held_resource::begin_use(std::shared_ptr<held_resource> self) {
  turn mine(*self);
  co_await take(self.get(), &mine);
  bool is_held = false;
  {
    std::lock_guard const lock(self->mutex_);
    is_held = self->is_held_;
  }
  if (!is_held) co_await acquire(self.get());
  std::lock_guard const lock(self->mutex_);
  ++self->uses_;
}

PANDO_INLINE void held_resource::end_use() {
  std::lock_guard const lock(mutex_);
  --uses_;
  if (!is_gone_) idle_since_ = site_->now();
}

/// Nothing is said to be closed as long as there is a record that could bring it back.
PANDO_LAZY_BODY task<void> held_resource::close(std::shared_ptr<held_resource> self) {
  turn mine(*self);
  co_await take(self.get(), &mine);
  bool is_held = false;
  bool is_kept = false;
  bool is_left = false;     // there is nothing, but for the record
  bool is_released = false; // and there was
  {
    std::lock_guard const lock(self->mutex_);
    self->is_closing_ = true;
    is_left = self->is_abandoned_;
    is_released = is_left && self->is_doubtful_;
    is_kept = self->is_kept_ && !is_left;
  }
  if (!is_released) co_await get_to_know(self.get());
  auto earlier = earlier_record::no;
  if (!is_released) earlier = self->site_->earlier(self->name_);
  if (earlier == earlier_record::not_known)
    throw runner_unavailable(self->title() + " cannot be closed yet: its runner does not know " +
                             "what owners before it have left; close it again");
  if (is_left && earlier == earlier_record::no) {
    self->check_owner();
    co_await forget(self.get());
    co_return;
  }
  if (!is_kept && earlier == earlier_record::no) co_return;
  if (!is_kept) self->keep();
  {
    std::lock_guard const lock(self->mutex_);
    self->retry_at_ = 0;
    is_held = self->is_held_;
    if (self->uses_ != 0) co_return;
  }
  if (!is_held) co_await acquire(self.get()); // what is to be released has to be known
  co_await release(self.get());
}

// What goes on by itself

PANDO_INLINE bool held_resource::is_to_be_released() const {
  if (!is_held_ || uses_ != 0) return false;
  if (is_closing_) return true;
  return max_idle_ != (std::chrono::milliseconds::max)() &&
         site_->now() - idle_since_ >= max_idle_.count();
}

PANDO_INLINE bool held_resource::is_due() const {
  if (is_gone_ || !is_kept_) return false;
  return is_abandoned_ || !is_held_ || is_to_be_released();
}

/// What could not be acquired is not given up where an owner before this one had it. False: that
/// is not known yet.
PANDO_INLINE bool held_resource::knows_what_to_do() {
  {
    std::lock_guard const lock(mutex_);
    if (!is_abandoned_ || is_doubtful_) return true;
  }
  auto const earlier = site_->earlier(name_);
  std::lock_guard const lock(mutex_);
  if (earlier == earlier_record::yes) is_abandoned_ = false;
  return earlier != earlier_record::not_known;
}

PANDO_LAZY_BODY task<void> held_resource::attempt(std::shared_ptr<held_resource> self) {
  stay here(*self->site_);
  turn mine(*self);
  co_await take(self.get(), &mine);
  bool const knows = self->knows_what_to_do();
  bool is_due = false;
  bool is_abandoned = false;
  bool is_held = false;
  {
    std::lock_guard const lock(self->mutex_);
    is_due = here.is_in && knows && self->is_due();
    is_abandoned = self->is_abandoned_;
    is_held = self->is_held_;
  }
  char const* const what = is_abandoned ? "cannot be recorded as released"
                           : is_held    ? "cannot be released"
                                        : "cannot be acquired";
  std::exception_ptr failed;
  try {
    if (is_due && is_abandoned)
      co_await forget(self.get());
    else if (is_due && is_held)
      co_await release(self.get());
    else if (is_due)
      co_await acquire(self.get());
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) self->has_failed(what, failed);
  std::lock_guard const lock(self->mutex_);
  self->is_attempted_ = false;
}

PANDO_INLINE void held_resource::has_failed(char const* what, std::exception_ptr const& why) {
  std::int64_t rest = 0;
  {
    std::lock_guard const lock(mutex_);
    rest = seconds_after(++failures_);
    retry_at_ = site_->now() + rest * 1000;
    if (is_gone_) return;
  }
  site_->events().error(title() + " " + what + ": " + describe_exception(why) +
                        "; tried again in " + std::to_string(rest) + " s");
}

PANDO_INLINE void held_resource::watch() {
  {
    std::lock_guard const lock(mutex_);
    if (std::exchange(is_watched_, true)) return;
  }
  site_->watch(weak_from_this());
}

PANDO_INLINE void held_resource::wake(boost::asio::any_io_executor const& on) {
  if (site_->earlier(name_) != earlier_record::yes) return; // it has been released meanwhile
  keep();
  (void)look(on);
}

PANDO_INLINE void held_resource::keep() {
  {
    std::lock_guard const lock(mutex_);
    if (is_kept_ && (!is_abandoned_ || is_doubtful_)) return; // or released, but for the record
    is_kept_ = true;
    is_abandoned_ = false; // and still to be closed, if it was since the instance is here
    failures_ = 0;
    retry_at_ = 0;
  }
  watch();
}

PANDO_INLINE bool held_resource::look(boost::asio::any_io_executor const& on) {
  {
    std::lock_guard const lock(mutex_);
    if (is_gone_ || !is_kept_) return is_watched_ = false;
    if (is_attempted_ || !site_->is_owner() || !is_due() || site_->now() < retry_at_) return true;
    is_attempted_ = true;
  }
  attempt_on(on);
  return true;
}

PANDO_INLINE void held_resource::leave_alone() {
  std::lock_guard const lock(mutex_);
  is_gone_ = true;
}

} // namespace pando::cluster::detail
