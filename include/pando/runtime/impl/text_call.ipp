// A call between JSON texts.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/handler/callback.hpp>
#include <pando/runtime/stream_pump.hpp>
#include <pando/runtime/text_call.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/json.hpp>

namespace pando::detail {

/// Owns itself until its end; the caller's handle only knows where it is.
class json_call final : public door_call, public io_sink, public stream_pump {
 public:
  struct handle final : text_call {
    json_call* live = nullptr;
    void cancel() override {
      if (live != nullptr) live->leave();
    }
  };

  json_call(served_route const& route, std::string_view request,
            boost::asio::any_io_executor executor, door_context const& context,
            text_listener& listener, text_call_options const& options)
      : door_call(std::move(executor), context), request_(request), route_(route.row),
        listener_(listener), handle_(std::make_shared<handle>()) {
    handle_->live = this;
    caller().transport = options.transport;
    caller().deadline = options.deadline;
    io_goes_to(options.sink != nullptr ? options.sink : this);
    auto const way = call_way_of(options.transport);
    counted_as(route.counts, way);
  }

  std::shared_ptr<handle> const& at() const noexcept { return handle_; }

  bool decode(schema::type const& type, void* request) override {
    violations faults;
    if (json::decode(request_.empty() ? std::string_view("{}") : request_, type, request, faults))
      return true;
    fail(invalid_request("the request is not valid", std::move(faults)));
    return false;
  }
  void answer(schema::type const* type, void* result) override {
    if (type == nullptr) return;
    write(*type, result);
  }
  void raise(error_row const& row, std::size_t, void* error) override {
    ends_in(call_outcome::declared);
    write(*row.type, error);
    if (error_) return;
    error_ = std::make_exception_ptr(
        declared_error(std::string(row.name), std::string(out_.view()), row.exit_code));
  }
  void fail(failure const& why) override {
    ends_in(call_outcome::failed);
    try {
      throw_failure(why);
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  void stream(schema::type const& item, std::unique_ptr<stream_source> source,
              void (*explain)(call&, std::exception_ptr)) override {
    item_ = &item;
    explain_ = explain;
    begin(std::move(source), executor());
  }
  void finished() override {
    auto text = out_.empty() && !route_->streams ? std::string("null") : std::string(out_.view());
    auto& listener = listener_;
    auto error = std::move(error_);
    delete this;
    listener.done(std::move(text), std::move(error));
  }

  void show(io_event const& event) override {
    if (event.what == io_event::kind::log) context().events->info(event.text);
    if (event.what == io_event::kind::error) context().events->error(event.text);
  }
  void ask(io_question const&, std::function<void(io_answer)> then) override { then({}); }

 private:
  ~json_call() override { handle_->live = nullptr; }

  void write(schema::type const& type, void const* value) {
    try {
      out_.clear();
      json::encode(type, value, out_);
    } catch (...) {
      defect(*route_, std::current_exception());
    }
  }
  void leave() {
    ends_in(call_outcome::abandoned);
    if (!is_streaming()) return cancel();
    left_ = true;
    drop();
  }

  /// After some items others have their turn: whoever waits for these may cancel the call, which
  /// would never end where the handler never waits. The first of them comes after the start.
  bool wants_item() override {
    constexpr std::size_t items_a_turn = 64;
    if (given_ != 0 && given_ < items_a_turn) return ++given_, true;
    if (std::exchange(waits_for_turn_, true)) return false;
    boost::asio::post(executor(), callback([where = handle_] {
                        if (where->live != nullptr) where->live->go_on();
                      }));
    return false;
  }
  void go_on() {
    waits_for_turn_ = false;
    given_ = 1;
    pump();
  }
  void take_item(void* item) override {
    write(*item_, item);
    if (error_)
      drop();
    else
      listener_.item(out_.view());
    out_.clear();
  }
  void stream_ended(std::exception_ptr error) override {
    if (error) explain_(*this, std::move(error));
    if (left_ && !error_) fail(cancelled("the call was cancelled"));
    out_.clear();
  }
  void stream_gone() override { finished(); }

  std::string_view request_; ///< only until it is decoded
  route_row const* route_;
  text_listener& listener_;
  std::shared_ptr<handle> handle_;
  buffer out_;
  std::exception_ptr error_;
  schema::type const* item_ = nullptr;
  void (*explain_)(call&, std::exception_ptr) = nullptr;
  std::size_t given_ = 0; ///< of this turn, counted from 1; 0: there was none yet
  bool waits_for_turn_ = false;
  bool left_ = false;
};

} // namespace pando::detail

namespace pando {

PANDO_INLINE std::shared_ptr<text_collector> text_collector::make(boost::asio::any_io_executor home,
                                                                  item_function on_item) {
  std::shared_ptr<text_collector> made(new text_collector(std::move(home), std::move(on_item)));
  made->self_ = made;
  return made;
}

PANDO_INLINE void text_collector::item(std::string_view json) {
  if (on_item_) return on_item_(json);
  items_ += items_.empty() ? '[' : ',';
  items_ += json;
}

PANDO_INLINE void text_collector::done(std::string json, std::exception_ptr error) {
  result_ = std::move(json);
  auto const keep = std::move(self_); // this may end with it
  ended_.fire(std::move(error));
}

PANDO_LAZY_BODY task<std::string> text_collector::result(std::shared_ptr<text_collector> self,
                                                         std::shared_ptr<text_call> call) {
  self->ended_.state = call.get();
  self->ended_.on_cancel = [](void* running) { static_cast<text_call*>(running)->cancel(); };
  if (!self->ended_.has_fired()) co_await self->ended_.wait();
  self->ended_.rethrow();
  if (!self->items_.empty()) co_return std::move(self->items_) + ']';
  if (!self->result_.empty()) co_return std::move(self->result_);
  co_return self->on_item_ ? "null" : "[]";
}

PANDO_INLINE std::shared_ptr<text_call>
start_text_call(served_route const& route, std::string_view request,
                boost::asio::any_io_executor executor, door_context const& context,
                text_listener& listener, text_call_options const& options) {
  auto* const made =
      new detail::json_call(route, request, std::move(executor), context, listener, options);
  std::shared_ptr<text_call> handle = made->at();
  route.entry_for(options.door)(route.self, *made);
  return handle;
}

} // namespace pando
