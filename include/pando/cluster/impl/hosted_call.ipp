// From a call on a link to one of an instance here, and back: without any type but by its table.
#pragma once

#include <deque>
#include <exception>
#include <new>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/cluster/detail/erased_value.hpp>
#include <pando/cluster/detail/hosted_call.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/contract/entity.hpp>
#include <pando/handler/invoke.hpp>
#include <pando/runtime/door_call.hpp>
#include <pando/runtime/recycled.hpp>

namespace pando::cluster::detail {

/// How a stream from an instance ended, for whoever explains it.
struct hosted_stream_end {
  route_row const* row;
  std::exception_ptr error;
};
inline void explain_hosted(call& which, std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (hosted_stream_end const& end) {
    pando::detail::explain(which, *end.row, end.error);
  } catch (...) {
    which.fail(internal_failure("the stream failed: " + describe_exception(error)));
  }
}

/// The declared error of an operation, as an exception.
inline std::exception_ptr error_of(operation& from) {
  if (from.failed) return from.failed;
  if (!from.error_index) return nullptr;
  try {
    from.route->errors[*from.error_index].thrown(from.error);
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

/// The operation behind a hosted call that gives one answer.
class hosted_call final : public operation, public recycled<hosted_call> {
 public:
  hosted_call(call& which, route_row const& row, erased_value asked)
      : operation(row, asked.get(), nullptr), which_(which), request_(std::move(asked)),
        result_(row.result) {
    result = result_.get();
    home = which.executor();
    deadline = which.caller().deadline;
    if (which.is_let_in()) behalf = &which.caller();
  }

  void watch() {
    which_.cancellation().assign([this](boost::asio::cancellation_type) {
      if (std::exchange(has_left_, true)) return; // told again
      call_of(*this).leave();
      boost::asio::post(home, [this] { // never from inside the slot, which `over` clears
        set_failure(cancelled("the caller cancelled the call"));
        finish();
      });
    });
    wait()([this] { over(); });
  }
  void over() {
    std::unique_ptr<hosted_call> const keep(this);
    auto& which = which_;
    which.cancellation().clear();
    carrier = nullptr;
    if (failed)
      tell(which, failed);
    else if (error_index)
      which.raise(route->errors[*error_index], *error_index, error);
    else
      answer(which);
    which.finished();
  }

 private:
  void tell(call& which, std::exception_ptr const& why) {
    try {
      std::rethrow_exception(why);
    } catch (...) {
      fail_with_current_exception(which, *route);
    }
  }
  void answer(call& which) {
    try {
      which.answer(route->result, result);
    } catch (...) { // too large for the link
      fail_with_current_exception(which, *route);
    }
  }

  call& which_;
  erased_value request_;
  erased_value result_;
  bool has_left_ = false;
};

/// A stream of an instance here, pulled by a link.
class hosted_stream final : public stream_source, public stream_operation {
 public:
  hosted_stream(call& which, route_row const& row, erased_value asked)
      : stream_operation(row, asked.get(), nullptr), request_(std::move(asked)) {
    home = which.executor();
    deadline = which.caller().deadline;
    if (which.is_let_in()) behalf = &which.caller();
  }
  ~hosted_stream() override {
    if (!is_done() && tag != 0) call_of(*this).leave();
    carrier = nullptr;
    end();
  }

  void runs_on(boost::asio::any_io_executor) override {}
  void next(void* state, receiver ready) override {
    state_ = state;
    ready_ = ready;
    if (has_given_) items_.pop_front();
    has_given_ = false;
    if (++taken_ == window / 2 && !is_done()) {
      taken_ = 0;
      call_of(*this).grant(window / 2);
    }
    give();
  }
  void begin() {
    if (!is_done()) call_of(*this).grant(window);
    if (!is_done()) wait_for_more();
  }

  void* make_item() override { return items_.emplace_back(route->result).get(); }
  void item_ready() override { wake_soon(); }
  void drop_item() override { items_.pop_back(); }

 private:
  static constexpr std::size_t window = 64;

  void wait_for_more() {
    wait()([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) give();
    });
  }
  void wake_soon() {
    if (std::exchange(is_woken_, true)) return;
    wake(); // runs `give`, later
  }
  void give() {
    if (std::exchange(is_woken_, false) && !is_done()) wait_for_more();
    if (ready_ == nullptr || has_given_) return;
    if (!items_.empty()) {
      has_given_ = true;
      auto const ready = std::exchange(ready_, nullptr);
      return ready(state_, items_.front().get(), nullptr);
    }
    if (!is_done()) return;
    auto const ready = std::exchange(ready_, nullptr);
    auto why = error_of(*this);
    if (why) why = std::make_exception_ptr(hosted_stream_end{route, std::move(why)});
    ready(state_, nullptr, std::move(why));
  }

  erased_value request_;
  std::deque<erased_value> items_;
  void* state_ = nullptr;
  receiver ready_ = nullptr;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::size_t taken_ = 0;
  bool has_given_ = false; ///< the first item is the link's until it asks for the next
  bool is_woken_ = false;
};

/// Begins it as a call of the instance; false: this runner has not got it.
inline bool begin_hosted(hosted_route const& at, operation& one, std::string_view id) {
  auto const shard = shard_of(at.kind->row.options.group, id, at.kind->shards);
  auto* const leases = at.engine->leases();
  auto const epoch = leases->enter(at.kind->group, shard);
  if (epoch == 0) return false;
  auto* const made = new entity_call(one, *at.engine, *at.route);
  made->epoch = epoch;
  made->shard = shard;
  made->is_hosted = true;
  if (one.deadline) made->end_after(time_left(*one.deadline));
  at.engine->start(*made, *at.kind, id, hash64(id, at.kind->seed));
  return true;
}

PANDO_INLINE void run_hosted(void const* self, call& which) {
  auto const& at = *static_cast<hosted_route const*>(self);
  auto const& row = *at.route->row;
  auto const* const instance =
      static_cast<std::string_view const*>(which.extra(&pando::detail::instance_of_call));
  auto const refuse = [&which](failure const& why) {
    which.fail(why);
    which.finished();
  };
  if (instance == nullptr || instance->empty() || instance->size() > longest_instance_id)
    return refuse(invalid_request("a call of " + std::string(row.full_name) +
                                  " must say which instance is called"));
  if (row.rpc != nullptr && row.rpc->is_persisted)
    return refuse(invalid_request("calls of " + std::string(row.full_name) +
                                  " are persisted: they go through the storage"));
  erased_value request(row.request);
  std::string const id(*instance);
  if (row.request != nullptr && !which.decode(*row.request, request.get())) return which.finished();
  runner_unavailable const not_here("this runner does not have entity " +
                                    std::string(row.controller) + " " + id);
  if (row.streams) {
    auto made = std::make_unique<hosted_stream>(which, row, std::move(request));
    if (!begin_hosted(at, *made, id)) return refuse(not_here);
    made->begin();
    return which.stream(*row.result, std::move(made), &explain_hosted);
  }
  auto* const made = new hosted_call(which, row, std::move(request));
  if (!begin_hosted(at, *made, id)) {
    delete made;
    return refuse(not_here);
  }
  if (made->is_done())
    made->over();
  else
    made->watch();
}

} // namespace pando::cluster::detail
