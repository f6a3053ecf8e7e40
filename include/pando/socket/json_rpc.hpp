// JSON-RPC 2.0 over a connection, one object or batch a line: for any language, and for `nc`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/link/deadline_watch.hpp>
#include <pando/link/serving.hpp>
#include <pando/link/stream_connection.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::socket {

namespace detail {
class rpc_call;
struct rpc_batch;
struct rpc_request;
} // namespace detail

/// The serving end. Methods are routes by their full names, `params` their request as an object;
/// beside these a request may have `timeout_ms`, its deadline from now, and `door`, whose handler
/// is meant where a route has several ("cli"). Also: `pando.describe`, `pando.ping`, and
/// `rpc.cancel {"id": …}`. Sent without being asked for: `io.log`, `io.error`, `io.progress`,
/// `io.table` and `stream.item`, each with the `id` of its call, and the request `io.prompt`, which
/// the client answers with text, true or false, a place, a list of places, or null. A declared
/// error is code -32000 with `data` `{"error": name, "value": …}`, any other has `data`
/// `{"failure": name, "violations": […], "id": …}`. *Thread*: the connection's. *Source*:
/// jsonrpc.org/specification.
class json_rpc final : public serving_user, private deadline_user {
 public:
  json_rpc(stream_connection& connection, serving const& served, connection_peer peer);
  PANDO_INLINE ~json_rpc() override;

  PANDO_INLINE std::size_t received(std::string_view bytes) override;
  PANDO_INLINE bool half_closed(std::string_view rest) override;
  PANDO_INLINE void drained() override;
  PANDO_INLINE void ended(std::string_view why) override;
  PANDO_INLINE void drain(std::string_view why) override;
  std::size_t calls_in_flight() const noexcept override { return calls_.size(); }

 private:
  friend class detail::rpc_call;
  using batch = std::shared_ptr<detail::rpc_batch>;

  void line(std::string_view text);
  void many(std::string_view text);
  void one(std::string_view text, batch const& with);
  void request(detail::rpc_request const& what, batch const& with);
  bool own_method(detail::rpc_request const& what, std::string_view method, batch const& with);
  void run(served_route const& route, detail::rpc_request const& what, batch const& with);
  void cancel(std::string_view params);
  void reply(detail::rpc_request const& what);
  void refuse(std::string_view id, int code, std::string_view message, batch const& with);
  void refuse(std::string_view id, failure const& why, batch const& with);
  void over(detail::rpc_call& which);
  void close_if_done();
  PANDO_INLINE time_point expire(time_point now) override;

  stream_connection& connection_;
  serving const& served_;
  connection_peer const peer_;
  pando::detail::sequence<detail::rpc_call*> calls_;
  pando::detail::sequence<detail::rpc_call*> idle_;
  std::shared_ptr<stream_connection> keep_; ///< while there are calls
  /// A question that is with the client.
  struct question {
    std::uint64_t id; ///< the number in its text
    detail::rpc_call* call;
    std::uint32_t number;
    io_question::kind what;
  };
  pando::detail::sequence<question> questions_;
  std::uint64_t asked_ = 0;
  pando::detail::owner<deadline_watch> deadlines_; ///< once a call has one
  std::size_t scanned_ = 0; ///< of an unfinished line
  bool drains_ = false;
  bool is_half_closed_ = false;
};

} // namespace pando::socket

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/json_rpc.ipp>
#endif
