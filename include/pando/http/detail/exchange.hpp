// The seam between the HTTP door's connections and what answers requests: no socket, no Asio.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include <pando/http/detail/parser.hpp>
#include <pando/http/response.hpp>
#include <pando/schema/buffer.hpp>

namespace pando::http::detail {

/// Told what befalls an exchange that is answered later. *Thread*: the connection's.
class exchange_watcher {
 public:
  /// The peer has gone, or has ended its side and waited in silence for `half_close_grace`: whoever
  /// works on the answer may stop. Said at most once. What is answered still is sent if it can be.
  virtual void peer_gone() = 0;
  /// A stream that was `full` takes more again.
  virtual void drained() = 0;

 protected:
  ~exchange_watcher() = default;
};

/// One request and the way to answer it: `answer` once, or `stream`, any number of `write`,
/// `finish`. A connection has one exchange at a time; requests that were sent ahead wait, so
/// answers keep their order and an earlier request has been answered before a later one begins.
/// *Thread*: the connection's, always.
class exchange {
 public:
  /// Valid until the exchange is over: `request_handler::handle` has returned and no `pending` is
  /// left.
  virtual request const& message() const noexcept = 0;
  /// Headers to be sent with the answer. The status in it is for whoever answers to look at.
  virtual http::response& response() noexcept = 0;
  /// An empty buffer to make a body in, shared by the thread: valid until the code that runs now
  /// returns to the loop.
  virtual buffer& body() noexcept = 0;

  /// The whole answer. No Content-Type is written when it is empty or `response()` has one.
  virtual void answer(int status, std::string_view content_type, std::string_view body) = 0;

  /// The head of an answer whose body comes in pieces. HTTP/1.0 peers get it unchunked.
  virtual void stream(int status, std::string_view content_type) = 0;
  /// A piece of the body. False: the peer has gone, and nothing was kept.
  virtual bool write(std::string_view data) = 0;
  /// The peer has not read enough of what was written (`server_settings::unsent_bytes`); a polite
  /// writer waits for `drained`. Nothing is lost when it does not.
  virtual bool is_full() const noexcept = 0;
  /// The end of the body.
  virtual void finish() = 0;
  /// Ends the connection in the middle, so that the peer cannot take what it has for the whole.
  virtual void abort() noexcept = 0;

  /// From now on `watcher` is told; null: no one. *Thread*: see above.
  virtual void watch(exchange_watcher* watcher) noexcept = 0;
  /// The connection has ended; what is answered goes nowhere.
  virtual bool is_gone() const noexcept = 0;
  /// "127.0.0.1:51234"; empty for a connection without addresses.
  virtual std::string_view peer() = 0;
  virtual bool is_secure() const noexcept = 0;

 protected:
  ~exchange() = default;

 private:
  friend class pending;
  virtual void hold() noexcept = 0;
  virtual void drop() = 0;
};

/// Keeps an exchange open beyond `handle`, for an answer that comes later, and its connection in
/// memory. Dropped without an answer it answers 500, or aborts what was being streamed. Drop it as
/// soon as the answer is given: the next request of the connection waits for it.
class pending {
 public:
  pending() = default;
  explicit pending(exchange& which) noexcept : which_(&which) { which.hold(); }
  pending(pending&& other) noexcept : which_(std::exchange(other.which_, nullptr)) {}
  pending& operator=(pending&& other) {
    if (this != &other) {
      reset();
      which_ = std::exchange(other.which_, nullptr);
    }
    return *this;
  }
  ~pending() { reset(); }

  void reset() {
    if (which_ != nullptr) std::exchange(which_, nullptr)->drop();
  }
  explicit operator bool() const noexcept { return which_ != nullptr; }
  exchange& operator*() const noexcept { return *which_; }
  exchange* operator->() const noexcept { return which_; }

 private:
  exchange* which_ = nullptr;
};

/// What a server hands every complete and well-formed request to.
class request_handler {
 public:
  /// Answers before it returns, or keeps a `pending` and answers later. One that does neither, or
  /// throws, has answered 500. *Thread*: the connection's; a handler that several servers share is
  /// called by all their threads.
  virtual void handle(exchange& which) = 0;

 protected:
  ~request_handler() = default;
};

} // namespace pando::http::detail
