// A connection's requests and answers.
#pragma once

#include <string>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <pando/handler/callback.hpp>
#include <pando/http/detail/connection.hpp>

namespace pando::http::detail {

/// Hands over one request after another. True: there may be more, but the peer reads too slowly.
PANDO_INLINE bool connection::process() {
  while (begin_ != end_ && !open_ && !ending_) {
    if (is_full()) return true;
    std::size_t size = end_ - begin_;
    auto const found = parser_.parse(in_.get() + begin_, size);
    end_ = begin_ + size;
    switch (found) {
    case request_parser::result::complete:
      hand_over();
      break;
    case request_parser::result::refused:
      refuse(parser_.why().status, parser_.why().reason);
      return false;
    case request_parser::result::incomplete:
      offer_continue();
      return false;
    }
  }
  return false;
}

PANDO_INLINE void connection::hand_over() {
  spoke_ = open_ = keep_alive_ = true;
  answered_ = streaming_ = chunked_ = silent_ = told_gone_ = was_full_ = false;
  handling_ = true;
  try {
    core_->handler.handle(*this);
  } catch (...) {
    if (!answered_ && !streaming_ && !closed_) fail();
  }
  handling_ = false;
  if (holds_ == 0) exchange_over();
}

PANDO_INLINE void connection::offer_continue() {
  if (!parser_.expects_continue() || std::exchange(continued_, true)) return;
  out_.append("HTTP/1.1 100 Continue\r\n\r\n");
}

PANDO_INLINE void connection::exchange_over() {
  watcher_ = nullptr; // it may be gone already
  if (!answered_ && !closed_) {
    if (streaming_)
      abort();
    else
      fail();
  }
  open_ = false;
  if (closed_) return;
  served_ = true;
  continued_ = false;
  if (!keep_alive_) ending_ = true;
  begin_ += parser_.used();
  parser_.next();
  response_.clear();
}

PANDO_INLINE void connection::hold() noexcept {
  ++holds_;
  intrusive_ptr_add_ref(this);
}

PANDO_INLINE void connection::drop() {
  self_ptr const self(this, false);
  if (--holds_ != 0) return;
  watcher_ = nullptr;
  if (handling_ || !open_) return;
  exchange_over();
  go_on();
}

/// Answers what is no proper request. It is the last answer.
PANDO_INLINE void connection::refuse(int status, std::string_view reason) {
  buffer& text = body();
  append_problem(text, status, reason);
  append_head(out_,
              {.status = status,
               .content_type = "application/problem+json",
               .length = text.size(),
               .keep_alive = false},
              core_->date.now());
  out_.append(text.view());
  ending_ = true;
}

/// Answers for a handler that did not.
PANDO_INLINE void connection::fail() {
  response_.clear();
  buffer& text = body();
  append_problem(text, 500, "the request could not be answered");
  answer(500, "application/problem+json", text.view());
}

PANDO_INLINE buffer& connection::body() noexcept {
  core_->scratch.clear();
  return core_->scratch;
}

PANDO_INLINE std::string_view connection::peer() {
  int domain = 0;
  ::socklen_t size = sizeof domain;
  bool const has_address =
      peer_.empty() &&
      ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
      (domain == AF_INET || domain == AF_INET6); // and not one end of a socketpair
  if (has_address) {
    boost::system::error_code error;
    auto const from = socket_.remote_endpoint(error);
    auto const address = from.address();
    if (!error) {
      peer_ = address.is_v6() ? "[" + address.to_string() + "]:" : address.to_string() + ":";
      peer_ += std::to_string(from.port());
    }
  }
  return peer_;
}

// Answers.

PANDO_INLINE void connection::begin_answer(int status, std::string_view content_type, framing how,
                                           std::size_t length) {
  request const& asked = parser_.message();
  bool const more_came = end_ - begin_ > parser_.used();
  peer_ends_ = !asked.keep_alive;
  keep_alive_ = asked.keep_alive && how != framing::to_end && (!core_->draining || more_came);
  silent_ = asked.is_head() || !status_has_body(status);
  bool const typed = !response_.lines().empty() && response_.contains("Content-Type");
  append_head(out_,
              {.status = status,
               .content_type = typed ? std::string_view{} : content_type,
               .lines = response_.lines(),
               .how = how,
               .length = length,
               .keep_alive = keep_alive_,
               .peer_is_http_1_0 = asked.is_http_1_0},
              core_->date.now());
}

PANDO_INLINE void connection::answer(int status, std::string_view content_type,
                                     std::string_view body) {
  if (answered_ || streaming_ || closed_) return;
  begin_answer(status, content_type, framing::sized, body.size());
  if (!silent_) out_.append(body);
  answered_ = true;
  flush_soon();
}

PANDO_INLINE void connection::stream(int status, std::string_view content_type) {
  if (answered_ || streaming_ || closed_) return;
  chunked_ = !parser_.message().is_http_1_0;
  begin_answer(status, content_type, chunked_ ? framing::chunked : framing::to_end, 0);
  streaming_ = true;
  flush_soon();
}

PANDO_INLINE bool connection::write(std::string_view data) {
  if (!streaming_ || answered_ || closed_) return false;
  if (silent_) return true;
  if (chunked_)
    append_chunk(out_, data);
  else
    out_.append(data);
  if (is_full()) was_full_ = true;
  flush_soon();
  return true;
}

PANDO_INLINE void connection::finish() {
  if (!streaming_ || answered_ || closed_) return;
  if (chunked_ && !silent_) append_last_chunk(out_);
  answered_ = true;
  flush_soon();
}

PANDO_INLINE void connection::abort() noexcept {
  if (closed_) return;
  if (streaming_ && !chunked_) {
    // Here an ordinary end would mean that this was all.
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  } else {
    flush();
  }
  close();
}

// Sending.

/// Once what runs now has returned to the loop, so that what is written meanwhile goes along.
PANDO_INLINE void connection::flush_soon() {
  if (handling_ || writing_ || flush_posted_) return;
  if (advancing_) {
    again_ = true;
    return;
  }
  flush_posted_ = true;
  pando::detail::post(socket_.get_executor(), pando::detail::callback([self = self_ptr(this)] {
                        self->flush_posted_ = false;
                        self->go_on();
                      }));
}

PANDO_INLINE void connection::flush() {
  if (writing_ || closed_) return;
  if (tls_ != nullptr) {
    // Before the handshake is done there is no one to talk to, and what was to be said is dropped.
    if (!out_.empty()) (void)tls_->write(out_.view());
    out_.clear();
    tls_->collect(wire_);
  } else {
    wire_.swap(out_);
  }
  if (!wire_.empty()) send_rest();
}

/// At once what the kernel takes, and the rest when it takes more.
PANDO_INLINE void connection::send_rest() {
  auto const rest = [this] {
    return boost::asio::const_buffer(wire_.data() + sent_, wire_.size() - sent_);
  };
  boost::system::error_code error;
  std::size_t const count = socket_.write_some(rest(), error);
  if (error && error != boost::asio::error::would_block) return close();
  sent_ += count;
  if (sent_ == wire_.size()) {
    wire_.clear();
    sent_ = 0;
    if (wire_.capacity() > (std::size_t{256} << 10)) buffer{}.swap(wire_);
    return;
  }
  writing_ = true;
  socket_.async_write_some(
      rest(), pando::detail::callback(
                  [self = self_ptr(this)](boost::system::error_code const& failure,
                                          std::size_t more) { self->on_sent(failure, more); }));
}

PANDO_INLINE void connection::on_sent(boost::system::error_code const& error, std::size_t count) {
  writing_ = false;
  if (closed_) return;
  if (error) return close();
  served_ = true; // the peer reads: its time begins anew
  sent_ += count;
  if (sent_ != wire_.size()) {
    send_rest();
  } else {
    wire_.clear();
    sent_ = 0;
  }
  go_on();
}

/// Tells who writes a stream that it may go on; that may write more, or end the exchange.
PANDO_INLINE void connection::was_drained() {
  if (!was_full_ || !open_ || unsent() > core_->settings.unsent_bytes / 2) return;
  was_full_ = false;
  if (watcher_ != nullptr) watcher_->drained();
}

} // namespace pando::http::detail
