// One JSON-RPC call on an open connection, from the request to the response.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <pando/cli/backend.hpp>
#include <pando/cli/detail/line_socket.hpp>
#include <pando/cli/detail/value.hpp>
#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli::detail {

/// Sends one request and does what the app says until the response is there.
class rpc_session {
 public:
  using clock = line_socket::clock;
  /// `wake` is read from: bytes there say that `cancel` was called ('c') or a question answered
  /// ('a'); `waker` is its other end.
  rpc_session(line_socket& socket, std::string app, int wake, int waker)
      : socket_(socket), app_(std::move(app)), wake_(wake), answers_(new answer_queue) {
    answers_->waker = waker;
  }
  rpc_session(rpc_session const&) = delete;
  ~rpc_session();

  call_end call(invocation const& what, io_sink& io,
                std::function<bool(std::string_view)> const& item);

 private:
  struct answer_queue {
    std::mutex mutex;
    int waker = -1; ///< where a byte says that there is one; -1 when nobody waits any more
    pando::detail::sequence<std::pair<std::string, io_answer>>
        list; ///< by the question's id, as JSON
  };

  std::string late_text() const {
    return "no answer within " + std::to_string(timeout_.count()) + " ms";
  }
  bool send_request(invocation const& what);
  void woken();
  /// Says that the answer is no longer wanted; it is waited for a little longer.
  void leave();
  /// The deadline has passed: tells the app, and waits a little for what the handler says of it.
  void be_overdue();
  void cancel();
  call_end late() const;
  bool read(std::string const& line, io_sink& io, std::function<bool(std::string_view)> const& item,
            call_end& end);
  void notified(std::string_view method, json_value const& params, io_sink& io,
                std::function<bool(std::string_view)> const& item);
  void asked(json_value const& id, json_value const& params, io_sink& io);
  void send_answers();
  call_end error_end(json_value const& error) const;
  call_end failed(failure_code code, std::string message) const;

  line_socket& socket_;
  std::string app_;
  int wake_;
  std::shared_ptr<answer_queue> answers_;
  pando::detail::sequence<std::pair<std::string, io_question::kind>> questions_{};
  clock::time_point until_ = clock::time_point::max();
  std::chrono::milliseconds timeout_{0};
  bool left_ = false;
  bool is_overdue_ = false;
};

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/socket_session.ipp>
#endif
