// A call that came as JSON-RPC.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pando/link/connection_call.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/socket/json_rpc.hpp>

namespace pando::socket::detail {

/// The answers of a batch, sent together when the last is there.
struct rpc_batch {
  explicit rpc_batch(stream_connection& to) : connection(to) {}
  rpc_batch(rpc_batch const&) = delete;
  ~rpc_batch();
  stream_connection& connection;
  buffer answers;
};

/// The members of a request or a response, as they stand in its text; empty: absent.
struct rpc_request {
  std::string_view version{};
  std::string_view id{};
  std::string_view method{};
  std::string_view params{};
  std::string_view result{};
  std::string_view error{};
  std::string_view door{};
  std::string_view timeout{};
};

/// What a request adds to the call.
struct rpc_terms {
  std::string_view door = "json-rpc"; ///< whose handler, where a route has several
  std::optional<std::chrono::steady_clock::time_point> deadline{};
};

/// One message of this side: appended to the batch, or sent as a line of its own.
/// What is appended is taken back when it does not come to `end`.
class rpc_message {
 public:
  rpc_message(stream_connection& connection, rpc_batch* batch);
  rpc_message(rpc_message const&) = delete;
  ~rpc_message() {
    if (!is_done_) out.truncate(begin_);
  }
  void end();

  buffer& out;

 private:
  stream_connection& connection_;
  std::size_t const begin_;
  bool const is_line_;
  bool is_done_ = false;
};

/// Appends text as a JSON string, whatever octets it is made of.
void append_string(buffer& out, std::string_view text);
void append_failure(buffer& out, failure const& why);

class rpc_call final : public connection_call {
 public:
  explicit rpc_call(json_rpc& owner);
  ~rpc_call() override = default;

  /// Runs it; without an id nobody is told how it ends. It may be over when this returns.
  void start(served_route const& route, std::string_view id, std::string_view params,
             rpc_terms const& terms, std::shared_ptr<rpc_batch> batch);
  std::string const& id() const noexcept { return id_; }
  std::size_t place = 0; ///< where its owner keeps it

  PANDO_INLINE bool decode(schema::type const& type, void* request) override;
  PANDO_INLINE void answer(schema::type const* type, void* result) override;
  PANDO_INLINE void raise(error_row const& row, std::size_t index, void* error) override;
  PANDO_INLINE void fail(failure const& why) override;

 private:
  PANDO_INLINE void send_event(io_event const& event) override;
  PANDO_INLINE void send_question(std::uint32_t number, io_question const& question) override;
  PANDO_INLINE void send_item(void* item) override;
  PANDO_INLINE void send_end() override;
  PANDO_INLINE void over() override;
  bool has_credit() const override { return true; }

  bool is_told() const noexcept { return !id_.empty() && !is_answered_; }
  void begin_answer(buffer& out) const;
  void begin_notice(buffer& out, std::string_view method) const;

  json_rpc& owner_;
  std::string id_;
  std::string door_;
  std::shared_ptr<rpc_batch> batch_;
  std::string_view params_; ///< valid while the route is being started
  std::string kept_;
  bool is_running_ = false;
  bool is_answered_ = false;
};

} // namespace pando::socket::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/rpc_call.ipp>
#endif
