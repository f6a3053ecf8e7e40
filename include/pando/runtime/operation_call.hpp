// A call whose caller is an operation of this program: no bytes, and the same checks as on a wire.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <pando/handler/callback.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/deadline_clock.hpp>
#include <pando/handler/timer.hpp>
#include <pando/meta/owner.hpp>
#include <pando/runtime/detail/kept_headers.hpp>
#include <pando/runtime/door_call.hpp>
#include <pando/runtime/stream_pump.hpp>
#include <pando/schema/check.hpp>

namespace pando {

/// A call whose caller is an operation of this program.
class operation_call : public door_call, public io_sink, public stream_pump {
 public:
  /// `keeps_time`: it ends itself at its deadline.
  operation_call(operation& caller_side, door_context const& context, bool keeps_time = true)
      : door_call(caller_side.home, context), operation_(&caller_side) {
    if (caller_side.behalf != nullptr) {
      stands_for(*caller_side.behalf);
      // The handler may go on when whoever came by the door has gone.
      transport_ = caller().transport;
      peer_ = caller().peer;
      caller().transport = transport_;
      caller().peer = peer_;
    } else {
      caller().transport = "in-process";
    }
    caller().deadline = caller_side.deadline;
    caller_side.tag = reinterpret_cast<std::size_t>(this);
    io_goes_to(this);
    if (keeps_time && caller_side.deadline) watch(*caller_side.deadline);
  }

  bool decode(schema::type const& type, void* request) override {
    if (operation_ == nullptr) return false;
    type.move(request, operation_->request);
    violations faults;
    schema::check(type, request, faults);
    if (faults.empty()) return true;
    fail(invalid_request("the request is not valid", std::move(faults)));
    return false;
  }
  void answer(schema::type const* type, void* result) override {
    if (operation_ == nullptr || !may_answer()) return;
    if (type != nullptr && operation_->result != nullptr)
      type->move(operation_->result, result);
  }
  void raise(error_row const& row, std::size_t index, void* error) override {
    ends_in(call_outcome::declared);
    if (operation_ != nullptr && may_answer())
      row.type->move(operation_->make_error(index), error);
  }
  void fail(failure const& why) override {
    ends_in(call_outcome::failed);
    if (operation_ != nullptr) operation_->set_failure(why);
  }
  void finished() override {
    auto* const done = release();
    delete this;
    if (done != nullptr) done->finish();
  }

  void stream(schema::type const& item, std::unique_ptr<stream_source> source,
              void (*explain)(call&, std::exception_ptr)) override {
    if (operation_ == nullptr) { // the caller has gone: not one item is made
      source.reset();
      return finished();
    }
    item_ = &item;
    explain_ = explain;
    begin(std::move(source), executor()); // may be over, and this gone
  }
  void grant(std::size_t count) {
    credit_ += count;
    pump();
  }

  void goes_to_pool() override {
    if (caller().find_header != nullptr)
      headers_ = std::make_unique<pando::detail::kept_headers>(caller());
  }

  /// The caller has gone.
  virtual void leave() {
    ends_in(call_outcome::abandoned);
    operation_ = nullptr;
    if (headers_)
      headers_->close();
    else
      caller().find_header = nullptr;
    if (is_streaming())
      drop();
    else
      cancel();
  }

  void show(io_event const& event) override {
    if (event.what == io_event::kind::log) context().events->info(event.text);
    if (event.what == io_event::kind::error) context().events->error(event.text);
  }
  void ask(io_question const&, std::function<void(io_answer)> then) override { then({}); }

 protected:
  ~operation_call() override {
    if (forget_timer_) forget_timer_();
  }
  /// Whether what the handler gives may reach the caller; if not, it has told the caller why.
  virtual bool may_answer() { return true; }
  /// The caller's side, which is not known any more from here on; null: it has gone.
  operation* release() noexcept { return std::exchange(operation_, nullptr); }
  /// Whether somebody waits for the answer.
  bool is_wanted() const noexcept { return operation_ != nullptr; }
  /// Items that the consumer has room for.
  std::size_t credit() const noexcept { return credit_; }
  /// Expires with this. *Thread*: one at a time.
  std::weak_ptr<char> life() {
    if (!alive_) alive_.reset(new char());
    return alive_;
  }

  /// It takes too long: its caller is told so, and the handler is cancelled. This may be gone then.
  /// *Thread*: its executor's.
  void expire(std::string const& why) {
    auto* const late = operation_;
    if (late == nullptr) return;
    late->set_failure(deadline_exceeded(why));
    ends_in(call_outcome::failed);
    leave();
    late->finish();
  }

 private:
  void watch(std::chrono::steady_clock::time_point until) {
    if (auto const* const time = detail::deadline_clock::shown; time != nullptr) {
      forget_timer_ = time->call_at(until, executor(), [this, alive = life()] {
        if (!alive.expired()) expire("no answer within the deadline");
      });
      return;
    }
    timer_.reset(new detail::timer(executor()));
    timer_->set(until, detail::callback([this, alive = life()] {
                  if (!alive.expired()) expire("no answer within the deadline");
                }));
  }

  bool wants_item() override { return credit_ != 0; }
  void take_item(void* item) override {
    if (!may_answer()) return drop();
    --credit_;
    auto& consumer = static_cast<stream_operation&>(*operation_);
    item_->move(consumer.make_item(), item);
    consumer.item_ready();
  }
  void stream_ended(std::exception_ptr error) override {
    if (error) explain_(*this, std::move(error));
  }
  void stream_gone() override { finished(); }

  operation* operation_;
  schema::type const* item_ = nullptr;
  void (*explain_)(call&, std::exception_ptr) = nullptr;
  std::size_t credit_ = 0;
  detail::owner<detail::timer> timer_;
  std::function<void()> forget_timer_; ///< of a test's time
  std::string transport_; ///< of whom the call is made for
  std::string peer_;
  std::unique_ptr<pando::detail::kept_headers> headers_; ///< of a handler on the pool
  std::shared_ptr<char> alive_; ///< made when it is asked for: tells others that this is gone
};

/// The call that an operation has become.
inline operation_call& call_of(operation& one) {
  return *reinterpret_cast<operation_call*>(one.tag);
}

/// A channel whose `start` makes an `operation_call` of each operation.
class operation_channel : public channel {
 public:
  void cancel(operation& call) final {
    call_of(call).leave();
    call.set_failure(cancelled("the call was cancelled"));
    call.finish();
  }
  void start_stream(stream_operation& call) final { start(call); }
  void grant(stream_operation& call, std::size_t count) final {
    if (!call.is_done()) call_of(call).grant(count);
  }
};

} // namespace pando
