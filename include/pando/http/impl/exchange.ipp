// A connection's requests and answers.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

#include <sys/socket.h>

#include <pando/handler/callback.hpp>
#include <pando/http/detail/address.hpp>
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
  if (!peer_.empty()) return peer_;
  auto const from = peer_address(socket_.native_handle());
  if (!from) return peer_;
  peer_ = from.is_v6() ? "[" + from.host() + "]:" : from.host() + ":";
  peer_ += std::to_string(from.port());
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
    ::linger const at_once{1, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
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
  pando::detail::post(core_->executor, pando::detail::callback([self = self_ptr(this)] {
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
  auto const count = ::send(socket_.native_handle(), wire_.data() + sent_, wire_.size() - sent_,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return close();
  if (count > 0) sent_ += static_cast<std::size_t>(count);
  if (sent_ == wire_.size()) {
    wire_.clear();
    sent_ = 0;
    if (wire_.capacity() > (std::size_t{256} << 10)) buffer{}.swap(wire_);
    return;
  }
  writing_ = true;
  socket_.async_wait(stream_socket::wait_write,
                     pando::detail::callback(
                         [self = self_ptr(this)](boost::system::error_code const& error) {
                           self->on_room(error);
                         }));
}

/// The kernel takes more.
PANDO_INLINE void connection::on_room(boost::system::error_code const& error) {
  writing_ = false;
  if (closed_) return;
  if (error) return close();
  served_ = true; // the peer reads: its time begins anew
  send_rest();
  go_on();
}

/// Tells who writes a stream that it may go on; that may write more, or end the exchange.
PANDO_INLINE void connection::was_drained() {
  if (!was_full_ || !open_ || unsent() > core_->settings.unsent_bytes / 2) return;
  was_full_ = false;
  if (watcher_ != nullptr) watcher_->drained();
}

} // namespace pando::http::detail
