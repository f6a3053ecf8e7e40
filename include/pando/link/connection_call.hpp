// What the calls that come over a connection share, whatever they are written in: showing and
// asking from any thread, streams that rest for a slow reader, and leaving.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <pando/config.hpp>
#include <pando/handler/served.hpp>
#include <pando/link/serving.hpp>
#include <pando/link/stream_connection.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/door_call.hpp>
#include <pando/runtime/stream_pump.hpp>

namespace pando {

/// A call that was read from a connection, which outlives it. It is reused: `begin` starts it anew.
/// *Thread*: the connection's, but for `show` and `ask` of a handler that blocks.
class connection_call : public door_call, public io_sink, public stream_pump {
 public:
  connection_call(stream_connection& connection, door_context const& context);

  /// Runs the route. The call may be over, and in use again, when this returns.
  void invoke(served_route const& route, std::string_view door);
  /// The caller does not want it any more, or cannot have it: the handler is cancelled, a stream
  /// ends. Its last word still comes.
  void leave();
  /// The time is up: the same, for another reason.
  void expire();
  /// A question was answered. Answers to what was not asked are passed over.
  void replied(std::uint32_t number, io_answer answer);
  served_route const* route() const noexcept { return route_; }

  PANDO_INLINE boost::asio::any_io_executor pool() const final;
  PANDO_INLINE void show(io_event const& event) final;
  PANDO_INLINE void ask(io_question const& question, std::function<void(io_answer)> then) final;
  PANDO_INLINE void stream(schema::type const& item, std::unique_ptr<stream_source> source,
              void (*explain)(call&, std::exception_ptr)) final;
  PANDO_INLINE void finished() final;

 protected:
  ~connection_call() override = default;

  stream_connection& connection() noexcept { return connection_; }
  schema::type const& item_type() const noexcept { return *item_; }
  /// Makes it a new call.
  void begin(std::string_view transport, connection_peer const& peer);

  virtual void send_event(io_event const& event) = 0;
  virtual void send_question(std::uint32_t number, io_question const& question) = 0;
  virtual void send_item(void* item) = 0;
  /// The end of a stream that ended well.
  virtual void send_end() = 0;
  /// The last that is heard of it: it may be begun again, or destroyed.
  virtual void over() = 0;
  /// Whether the caller gave credit for another item.
  virtual bool has_credit() const = 0;
  virtual void took_credit() {}

 private:
  bool wants_item() final { return has_credit() && !connection_.is_slow(); }
  PANDO_INLINE void take_item(void* item) final;
  PANDO_INLINE void stream_ended(std::exception_ptr error) final;
  PANDO_INLINE void stream_gone() final;
  void ask_here(io_question const& question, std::function<void(io_answer)> then);
  void nobody_answers();

  stream_connection& connection_;
  served_route const* route_ = nullptr;
  schema::type const* item_ = nullptr;
  void (*explain_)(call&, std::exception_ptr) = nullptr;
  std::exception_ptr ended_in_; ///< of a stream whose handler is not gone yet
  pando::detail::sequence<std::pair<std::uint32_t, std::function<void(io_answer)>>> questions_;
  std::uint32_t asked_ = 0;
  mutable bool is_elsewhere_ = false; ///< the handler may be on a thread of the pool
  bool is_late_ = false;
  bool has_left_ = false;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/connection_call.ipp>
#endif
