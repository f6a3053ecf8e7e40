// One HTTP request as a call: decoded from path, query and body; answered as JSON or a stream.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <pando/config.hpp>
#include <pando/handler/timer.hpp>
#include <pando/http/detail/exchange.hpp>
#include <pando/http/detail/negotiate.hpp>
#include <pando/http/detail/router.hpp>
#include <pando/meta/owner.hpp>
#include <pando/runtime/door_call.hpp>
#include <pando/runtime/recycled.hpp>
#include <pando/runtime/stream_pump.hpp>

namespace pando::http::detail {

/// What the calls of one thread share. It lives as long as the last of them: a handler may take
/// longer than the door that was stopped meanwhile. *Thread*: that one.
class call_scope {
 public:
  /// `keeps` is what the calls refer to: the routes.
  call_scope(boost::asio::any_io_executor on, door_context const& app,
             std::shared_ptr<void const> keeps)
      : executor(std::move(on)), context(app), keeps_(std::move(keeps)) {}

  boost::asio::any_io_executor const executor;
  door_context const& context;
  std::function<void()> when_idle{}; ///< run when the last call in flight is over

  std::size_t calls() const noexcept { return calls_; }
  void begin_call() noexcept { ++calls_; }
  void end_call() {
    if (--calls_ == 0 && when_idle) when_idle();
  }

 private:
  friend void intrusive_ptr_add_ref(call_scope* which) noexcept { ++which->references_; }
  friend void intrusive_ptr_release(call_scope* which) noexcept {
    if (--which->references_ == 0) delete which;
  }
  ~call_scope() = default;

  std::shared_ptr<void const> keeps_;
  std::size_t calls_ = 0;
  std::size_t references_ = 0;
};

/// Lives from the request to its answer. *Thread*: the connection's.
class http_call final : public door_call,
                        public io_sink,
                        public stream_pump,
                        public exchange_watcher,
                        public recycled<http_call> {
 public:
  http_call(exchange& which, endpoint_route const& route, path_values const& values,
            call_scope& scope, stream_format format);

  /// The caller waits no longer than this.
  void expect_within(std::chrono::milliseconds limit);

  PANDO_INLINE bool decode(schema::type const& type, void* request) override;
  PANDO_INLINE void answer(schema::type const* type, void* result) override;
  PANDO_INLINE void raise(error_row const& row, std::size_t index, void* error) override;
  PANDO_INLINE void fail(failure const& why) override;
  PANDO_INLINE void stream(schema::type const& item, std::unique_ptr<stream_source> source,
              void (*explain)(call&, std::exception_ptr)) override;
  void finished() override { delete this; }
  PANDO_INLINE void* extra(void const* kind) override;

  PANDO_INLINE void show(io_event const& event) override;
  PANDO_INLINE void ask(io_question const& question, std::function<void(io_answer)> then) override;

  PANDO_INLINE void peer_gone() override;
  void drained() override { pump(); }

 private:
  ~http_call() override { scope_->end_call(); }

  bool decode_parts(schema::type const& type, void* request, violations& faults);
  PANDO_INLINE bool wants_item() override;
  PANDO_INLINE void take_item(void* item) override;
  PANDO_INLINE void stream_ended(std::exception_ptr error) override;
  PANDO_INLINE void stream_gone() override;
  void begin_stream();
  void write_problem(int status, std::string_view problem);
  void deadline_passed();

  boost::intrusive_ptr<call_scope> scope_;
  pending exchange_;
  endpoint_route const* route_;
  path_values values_;
  bool answered_ = false;
  bool streaming_ = false; ///< the head of the stream has been sent
  bool late_ = false;      ///< the deadline of a stream has passed
  stream_format format_;
  schema::type const* item_ = nullptr;
  void (*explain_)(call&, std::exception_ptr) = nullptr;
  pando::detail::owner<pando::detail::timer> deadline_;
  http::headers headers_;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/call.ipp>
#endif
