// Connecting when it is needed, waiting between attempts, and handing calls on.
#pragma once

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/link/detail/runner_dial.hpp>
#include <pando/link/runner_client.hpp>
#include <pando/schema/json.hpp>

namespace pando {

namespace detail {
inline log const& no_link_log() {
  static log const silent([](log_level, std::string_view) {});
  return silent;
}

inline bool decode_link_json(std::string_view text, schema::type const& type, void* into,
                             violations& faults) {
  json::decode_options options;
  options.ignore_unknown = true;
  options.rules = false;
  return json::decode(text, type, into, faults, options);
}
inline void encode_link_json(schema::type const& type, void const* value, buffer& out) {
  json::encode(type, value, out);
}
inline constexpr json_codec link_json{&decode_link_json, &encode_link_json};
} // namespace detail

PANDO_INLINE runner_client::runner_client(boost::asio::any_io_executor executor,
                                          runner_address address,
                                          std::shared_ptr<secure_link const> security,
                                          runner_client_options options)
    : executor_(std::move(executor)), address_(std::move(address)), security_(std::move(security)),
      options_(std::move(options)), backoff_(options_.first_pause, options_.longest_pause),
      pause_(executor_) {}

PANDO_INLINE std::shared_ptr<runner_client>
runner_client::make(boost::asio::any_io_executor executor, runner_address address,
                    std::shared_ptr<secure_link const> security, runner_client_options options) {
  return std::shared_ptr<runner_client>(new runner_client(std::move(executor), std::move(address),
                                                          std::move(security), std::move(options)));
}

PANDO_INLINE runner_client::~runner_client() {
  if (dial_) dial_->give_up();
}

PANDO_INLINE void runner_client::know(contract_row const& contract) {
  if (std::find(contracts_.begin(), contracts_.end(), &contract) != contracts_.end()) return;
  contracts_.push_back(&contract);
  if (current_) current_->know(contract);
}

// Calls

PANDO_INLINE void runner_client::start(operation& call) { begin({&call, nullptr, 0, {}}); }
PANDO_INLINE void runner_client::start_stream(stream_operation& call) {
  begin({&call, &call, 0, {}});
}

/// Also for a call that a connection was lost with: its time goes on.
PANDO_INLINE void runner_client::begin(waiting which) {
  auto& call = *which.call;
  call.tag = 0;
  if (current_ && current_->has_ended()) lost(current_);
  if (is_open()) return send(which);
  call.carrier = this;
  if (is_closed_) return fail(call, why_not());
  if (which.until == time_point{}) {
    which.until = std::chrono::steady_clock::now() + options_.within;
    if (call.deadline) which.until = (std::min)(which.until, *call.deadline);
  }
  waiting_.push_back(which);
  if (!deadlines_) deadlines_.reset(new deadline_watch(executor_, *this));
  deadlines_->watch(which.until);
  connect_soon();
}

PANDO_INLINE void runner_client::send(waiting const& which) {
  current_->start_for(*which.call, which.stream, which.credit, which.until);
}

// A call that was handed on is its connection's.
PANDO_INLINE void runner_client::cancel(operation& call) {
  if (call.carrier != this) return call.carrier->cancel(call);
  std::erase_if(waiting_, [&](waiting const& one) { return one.call == &call; });
  fail(call, std::make_exception_ptr(cancelled("the call was cancelled")));
}

PANDO_INLINE void runner_client::grant(stream_operation& call, std::size_t count) {
  if (call.carrier != this) return call.carrier->grant(call, count);
  for (auto& one : waiting_)
    if (one.call == &call) one.credit += count;
}

PANDO_INLINE void runner_client::fail(operation& call, std::exception_ptr why) {
  call.set_failure(std::move(why));
  call.tag = 0;
  call.finish();
}

PANDO_INLINE std::exception_ptr runner_client::why_not() const {
  if (!is_closed_ && last_) return last_;
  auto const where = print_runner_address(address_);
  return std::make_exception_ptr(not_running(
      is_closed_ ? "the link to runner " + where + " is closed"
                 : "there is no link to runner " + where + " yet; it did not come in time"));
}

/// One by one, here and below: whoever is resumed may start calls or end others.
PANDO_INLINE void runner_client::fail_all(std::exception_ptr const& why) {
  auto left = waiting_.size();
  for (; left != 0 && !waiting_.empty(); --left) {
    auto& call = *waiting_.front().call;
    waiting_.pop_front();
    fail(call, why);
  }
}

PANDO_INLINE runner_client::time_point runner_client::expire(time_point now) {
  auto const alive = weak_from_this().lock(); // whoever is resumed may let go of it
  auto const is_late = [&](waiting const& one) { return one.until <= now; };
  for (;;) {
    auto const at = std::find_if(waiting_.begin(), waiting_.end(), is_late);
    if (at == waiting_.end()) break;
    auto& call = *at->call;
    waiting_.erase(at);
    bool const was_asked = call.deadline && *call.deadline <= now;
    fail(call,
         was_asked
             ? std::make_exception_ptr(deadline_exceeded(
                   "no link to runner " + print_runner_address(address_) + " within the deadline"))
             : why_not());
  }
  auto next = (deadline_watch::time_point::max)();
  for (auto const& one : waiting_) next = (std::min)(next, one.until);
  return next;
}

// Connections

PANDO_INLINE void runner_client::connect(std::function<void(std::exception_ptr)> reached) {
  if (is_open()) return reached(nullptr);
  if (is_closed_) return reached(why_not());
  connects_.push_back(std::move(reached));
  connect_soon();
}

PANDO_INLINE void runner_client::answer_connects(std::exception_ptr const& error) {
  for (auto const& one : std::exchange(connects_, {})) one(error);
}

PANDO_INLINE void runner_client::connect_soon() {
  if (dial_ || pauses_ || is_closed_) return;
  if (std::chrono::steady_clock::now() >= not_before_) return dial();
  pauses_ = true;
  pause_.expires_at(not_before_);
  pause_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto const alive = weak.lock();
    if (!alive) return;
    alive->pauses_ = false;
    if (!error && !(alive->waiting_.empty() && alive->connects_.empty())) alive->connect_soon();
  });
}

PANDO_INLINE void runner_client::dial() {
  if (current_) leaving_.push_back(std::exchange(current_, nullptr));
  std::erase_if(leaving_, [](auto const& one) { return one->has_ended(); });
  auto const& events = options_.events != nullptr ? *options_.events : detail::no_link_log();
  dial_ = std::make_shared<detail::runner_dial>(
      executor_,
      detail::runner_dial::goal{address_, security_, options_.expected, options_.limits, &events},
      [weak = weak_from_this()](std::shared_ptr<frame_client> client, link_identity who,
                                std::exception_ptr error) {
        if (auto const alive = weak.lock())
          alive->reached(std::move(client), std::move(who), std::move(error));
      });
  auto const keep = dial_; // it may fail at once
  keep->start();
}

PANDO_INLINE void runner_client::wait_before_next() {
  not_before_ = std::chrono::steady_clock::now() + backoff_.after_failure();
}

/// The first of attempts that fail in that way one after the other, whoever makes them.
PANDO_INLINE void runner_client::say_once(std::string const& why) {
  if (options_.events != nullptr &&
      security_->warnings().is_news("to " + print_runner_address(address_), why))
    options_.events->warning(why + "; it is tried again whenever a call is for it");
}

PANDO_INLINE void runner_client::reached(std::shared_ptr<frame_client> client, link_identity who,
                                         std::exception_ptr error) {
  dial_ = nullptr;
  if (error) {
    last_ = error;
    wait_before_next();
    answer_connects(error);
    try {
      std::rethrow_exception(error);
    } catch (forbidden const& why) {
      say_once(why.what());
      fail_all(error); // the next attempt would end in the same way
    } catch (std::exception const& why) {
      say_once(why.what());
    }
    if (!waiting_.empty()) connect_soon();
    return;
  }
  current_ = std::move(client);
  peer_ = std::move(who);
  last_ = nullptr;
  if (security_->warnings().is_well("to " + print_runner_address(address_)) &&
      options_.events != nullptr)
    options_.events->info("there is a link to runner " + print_runner_address(address_) + " again");
  connected_at_ = std::chrono::steady_clock::now();
  current_->gives_back(
      [weak = weak_from_this()](operation& call, stream_operation* stream, std::size_t credit,
                                time_point until) {
        // Whoever waits for it keeps this alive.
        if (auto const alive = weak.lock()) alive->begin({&call, stream, credit, until});
      });
  current_->on_closed([weak = weak_from_this(), which = std::weak_ptr(current_)] {
    if (auto const alive = weak.lock()) alive->lost(which.lock());
  });
  if (options_.serialization == link_serialization::json) current_->speak(detail::link_json);
  for (auto const* const contract : contracts_) current_->know(*contract);
  while (!waiting_.empty() && is_open()) {
    auto const next = waiting_.front();
    waiting_.pop_front();
    send(next);
  }
  answer_connects(nullptr);
}

/// A connection that lived is no reason to wait long; one that did not is like none.
PANDO_INLINE void runner_client::lost(std::shared_ptr<frame_client> const& which) {
  constexpr std::chrono::seconds enough{1};
  if (which == nullptr || which != current_) return;
  current_ = nullptr;
  if (std::chrono::steady_clock::now() - connected_at_ >= enough) backoff_.went_well();
  wait_before_next();
  if (!waiting_.empty() || !connects_.empty()) connect_soon();
}

PANDO_INLINE void runner_client::close() {
  if (std::exchange(is_closed_, true)) return;
  if (auto const under_way = std::exchange(dial_, nullptr)) under_way->give_up();
  pause_.cancel();
  answer_connects(why_not());
  fail_all(why_not());
  if (current_) leaving_.push_back(std::exchange(current_, nullptr));
  auto const all = leaving_; // kept: they end in a turn of their own
  for (auto const& one : all) one->close();
}

} // namespace pando
