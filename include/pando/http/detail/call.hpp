// One HTTP request as a call: decoded from path, query and body; answered as JSON or a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/http/detail/exchange.hpp>
#include <pando/http/detail/router.hpp>
#include <pando/runtime/door_call.hpp>
#include <pando/runtime/recycled.hpp>
#include <pando/runtime/stream_pump.hpp>

namespace pando::http::detail {

/// How a stream is written, by what the request accepts.
enum class stream_format : std::uint8_t { lines, events };

/// Lives from the request to its answer. *Thread*: the connection's.
class http_call final : public door_call,
                        public io_sink,
                        public stream_pump,
                        public exchange_watcher,
                        public recycled<http_call> {
 public:
  http_call(exchange& which, endpoint_route const& route, path_values const& values,
            boost::asio::any_io_executor executor, door_context const& context);

  bool decode(schema::type const& type, void* request) override;
  void answer(schema::type const* type, void* result) override;
  void raise(error_row const& row, std::size_t index, void* error) override;
  void fail(failure const& why) override;
  void stream(schema::type const& item, std::unique_ptr<stream_source> source,
              void (*explain)(call&, std::exception_ptr)) override;
  void finished() override { delete this; }
  void* extra(void const* kind) override;

  void show(io_event const& event) override;
  void ask(io_question const& question, std::function<void(io_answer)> then) override;

  void peer_gone() override;
  void drained() override { pump(); }

 private:
  ~http_call() = default;

  bool decode_parts(schema::type const& type, void* request, violations& faults);
  bool wants_item() override;
  void take_item(void* item) override;
  void stream_ended(std::exception_ptr error) override;
  void begin_stream();
  void write_problem(int status, std::string_view problem);
  void watch_deadline();

  pending exchange_;
  endpoint_route const* route_;
  path_values values_;
  bool answered_ = false;
  bool streaming_ = false; ///< the head of the stream has been sent
  bool late_ = false;
  stream_format format_ = stream_format::lines;
  schema::type const* item_ = nullptr;
  void (*explain_)(call&, std::exception_ptr) = nullptr;
  std::optional<boost::asio::steady_timer> timer_;
  std::shared_ptr<char> alive_; ///< made with the timer: tells its handler that this is gone
  http::headers headers_;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/call.ipp>
#endif
