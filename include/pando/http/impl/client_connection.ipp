// A client's connection: opening it, sending a request, reading its answer or its events.
#pragma once

#include <limits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>

#include <pando/http/detail/client_connection.hpp>
#include <pando/http/detail/write.hpp>

namespace pando::http::detail {

PANDO_INLINE client_connection::client_connection(std::shared_ptr<client_pool> pool)
    : pool_(std::move(pool)), socket_(pool_->settings().loop), timer_(pool_->settings().loop) {}

/// With a call on it only where the loop is destroyed.
PANDO_INLINE client_connection::~client_connection() {
  if (exchange_ == nullptr) return;
  exchange_->connection = nullptr;
  pool_->abandon();
}

PANDO_INLINE void client_connection::open(std::shared_ptr<client_exchange> call) {
  using boost::asio::ip::tcp;
  auto const& settings = pool_->settings();
  exchange_ = std::move(call);
  exchange_->connection = this;
  timer_.expires_after(settings.connect_timeout);
  timer_.async_wait([self = shared_from_this()](code const& error) {
    if (error || self->phase_ != phase::opening) return;
    self->failed_to_open("no connection within " +
                         std::to_string(self->pool_->settings().connect_timeout.count()) + " ms");
  });
  if (settings.dial) return dialled(settings.dial());
  code not_an_address;
  auto const address = boost::asio::ip::make_address(settings.url.host, not_an_address);
  if (!not_an_address) {
    auto const port = static_cast<unsigned short>(std::stoi(settings.url.port));
    return connect_to(tcp::resolver::results_type::create(tcp::endpoint(address, port),
                                                          settings.url.host, settings.url.port));
  }
  resolver_ = std::make_unique<tcp::resolver>(settings.loop);
  resolver_->async_resolve(
      settings.url.host, settings.url.port, tcp::resolver::numeric_service,
      [self = shared_from_this()](code const& error, tcp::resolver::results_type const& places) {
        if (self->phase_ != phase::opening) return;
        if (error) return self->failed_to_open("the name is not known: " + error.message());
        self->connect_to(places);
      });
}

PANDO_INLINE void
client_connection::connect_to(boost::asio::ip::tcp::resolver::results_type const& places) {
  boost::asio::async_connect(socket_, places,
                             [self = shared_from_this()](code const& error, auto const&) {
                               if (self->phase_ == phase::opening) self->connected(error);
                             });
}

/// Any stream socket will do: only the kernel's own notion of its protocol matters.
PANDO_INLINE void client_connection::dialled(int socket) {
  code error = boost::asio::error::connection_refused;
  if (socket >= 0) socket_.assign(boost::asio::ip::tcp::v4(), socket, error);
  connected(error);
}

PANDO_INLINE void client_connection::connected(code const& error) {
  if (error) return failed_to_open(error.message());
  code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored); // for `is_alive`
  auto const& settings = pool_->settings();
  if (settings.tls == nullptr) {
    timer_.cancel();
    return send();
  }
#if PANDO_HAS_OPENSSL
  tls_ = open_client_tls(socket_, *settings.tls, settings.url.host);
  tls_->async_handshake(client_tls_stream::client, [self = shared_from_this()](code const& failed) {
    if (self->phase_ != phase::opening) return;
    if (failed) return self->failed_to_open("the TLS handshake failed: " + failed.message());
    self->timer_.cancel();
    self->send();
  });
#endif
}

PANDO_INLINE void client_connection::failed_to_open(std::string const& why) {
  end(failure_code::not_running, "no app answers at " + pool_->settings().url.origin + ": " + why);
}

PANDO_INLINE bool client_connection::is_alive() {
  char unasked = 0;
  code error;
  socket_.receive(boost::asio::buffer(&unasked, 1), boost::asio::socket_base::message_peek, error);
  if (error == boost::asio::error::would_block) return true;
  return !error && pool_->settings().tls != nullptr; // TLS has words of its own
}

PANDO_INLINE void client_connection::close(std::shared_ptr<client_exchange> successor) {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  let_go();
  timer_.cancel();
  if (resolver_ != nullptr) resolver_->cancel();
  code ignored;
  socket_.close(ignored);
  pool_->closed(std::move(successor));
}

PANDO_INLINE std::shared_ptr<client_exchange> client_connection::let_go() {
  if (exchange_ != nullptr) exchange_->connection = nullptr;
  return std::move(exchange_);
}

template <class Use>
void client_connection::with_stream(Use&& use) {
#if PANDO_HAS_OPENSSL
  if (tls_ != nullptr) return use(*tls_);
#endif
  use(socket_);
}

PANDO_INLINE void client_connection::run(std::shared_ptr<client_exchange> call) {
  was_used_ = true;
  exchange_ = std::move(call);
  exchange_->connection = this;
  send();
}

/// The head is made when it is sent, so that it says how much time is left.
inline void append_request(buffer& out, client_settings const& settings,
                           client_exchange const& call) {
  auto const& asked = call.asked();
  out.append(verb_name(asked.method));
  out.append(' ');
  out.append(asked.target);
  out.append(" HTTP/1.1\r\n");
  append_line(out, "Host", settings.url.authority);
  append_line(out, "Accept", asked.streams ? "text/event-stream" : "application/json");
  out.append(settings.headers);
  if (call.deadline()) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(*call.deadline() -
                                                                   client_exchange::clock::now());
    out.append("Pando-Timeout-Ms: ");
    append_decimal(out, left.count() < 1 ? 1 : static_cast<std::uint64_t>(left.count()));
    out.append("\r\n");
  }
  if (asked.has_body) append_line(out, "Content-Type", "application/json");
  if (verb_has_body(asked.method)) {
    out.append("Content-Length: ");
    append_decimal(out, asked.body.size());
    out.append("\r\n");
  }
  out.append("\r\n");
  out.append(asked.body.view());
}

PANDO_INLINE void client_connection::send() {
  phase_ = phase::head;
  has_answer_ = holds_event_ = is_lost_ = false;
  sent_ = 0;
  reader_.restart(exchange_->asked().method == verb::head);
  in_.clear();
  out_.clear();
  append_request(out_, pool_->settings(), *exchange_);
  is_writing_ = true;
  with_stream([this](auto& stream) {
    boost::asio::async_write(
        stream, boost::asio::buffer(out_.data(), out_.size()),
        [self = shared_from_this()](code const&, std::size_t count) { self->written(count); });
  });
  read();
}

/// An error is seen by the reading side too, and there may still be an answer to read.
PANDO_INLINE void client_connection::written(std::size_t count) {
  is_writing_ = false;
  sent_ = count;
  if (is_lost_ && phase_ != phase::closed) unanswered();
}

PANDO_INLINE void client_connection::read() {
  constexpr std::size_t first = std::size_t{16} << 10;
  constexpr std::size_t least = std::size_t{4} << 10;
  char* const to = in_.reserve(in_.empty() ? first : least);
  is_reading_ = true;
  with_stream([&](auto& stream) {
    stream.async_read_some(boost::asio::buffer(to, in_.capacity() - in_.size()),
                           [self = shared_from_this()](code const& error, std::size_t count) {
                             self->came(error, count);
                           });
  });
}

PANDO_INLINE void client_connection::came(code const& error, std::size_t count) {
  is_reading_ = false;
  if (phase_ == phase::closed) return;
  in_.commit(in_.data() + in_.size() + count);
  has_answer_ = has_answer_ || count != 0;
  if (error)
    peer_ended(error == boost::asio::error::eof);
  else
    advance();
}

PANDO_INLINE void client_connection::advance() {
  using enum response_reader::result;
  if (phase_ == phase::body) return advance_body();
  if (phase_ == phase::events) return advance_events();
  auto const found = reader_.read_head(in_);
  if (found == incomplete) return read();
  if (found != complete) return refuse(found);
  auto const most = pool_->settings().max_response_bytes;
  bool const is_success = reader_.status() < 300;
  if (is_success && exchange_->asked().streams &&
      is_content_type(reader_.content_type(), "text/event-stream")) {
    phase_ = phase::events;
    reader_.begin_body((std::numeric_limits<std::size_t>::max)() / 2);
    events_.restart(most);
    return advance_events();
  }
  phase_ = phase::body;
  reader_.begin_body(most);
  advance_body();
}

PANDO_INLINE void client_connection::advance_body() {
  using enum response_reader::result;
  auto const found = reader_.read_body(in_);
  if (found == incomplete) return read();
  if (found != complete) return refuse(found);
  end_with_answer();
}

/// Gives what events there are to the consumer, as long as it has room, and reads on after that.
PANDO_INLINE void client_connection::advance_events() {
  using enum response_reader::result;
  auto const found = reader_.read_body(in_);
  std::string_view const text(in_.data(), reader_.decoded());
  std::size_t used = 0;
  for (;;) {
    if (!holds_event_) {
      std::size_t count = 0;
      auto const event = events_.read(text.substr(used), count);
      used += count;
      if (event == event_reader::result::too_large) return refuse(too_large);
      if (event == event_reader::result::incomplete) break;
    }
    holds_event_ = is_item() && exchange_->credit == 0;
    if (holds_event_) break;
    if (!give_event(found == complete)) return;
  }
  reader_.drop(in_, used);
  if (holds_event_) return exchange_->keep_paused(shared_from_this());
  if (found == complete)
    return end(failure_code::disconnected, place() + " broke off before the end of the stream");
  if (found != incomplete) return refuse(found);
  if (exchange_->credit == 0) return exchange_->keep_paused(shared_from_this());
  read();
}

PANDO_INLINE void client_connection::resume() {
  if (phase_ == phase::events) advance_events();
}

PANDO_INLINE bool client_connection::is_item() const noexcept {
  return events_.name().empty() || events_.name() == "message";
}

/// False: the stream is over.
PANDO_INLINE bool client_connection::give_event(bool is_last) {
  if (events_.name() == "end") {
    end_stream(is_last, [](client_caller&) {});
    return false;
  }
  if (events_.name() == "error") {
    end_stream(is_last, [json = std::string(events_.data()), status = reader_.status()](
                            client_caller& caller) { caller.take_problem(json, status); });
    return false;
  }
  if (!is_item()) return true; // of a newer server
  --exchange_->credit;
  auto& caller = exchange_->caller();
  if (!caller.is_direct) {
    exchange_->tell([json = std::string(events_.data())](client_caller& at_home) {
      if (at_home.take_item(json)) return;
      at_home.finish();
      auto weak = at_home.exchange;
      boost::asio::dispatch(at_home.settings->loop, [weak] {
        if (auto const call = weak.lock(); call != nullptr) call->abort();
      });
    });
    return phase_ == phase::events; // home may have been this thread
  }
  if (caller.take_item(events_.data())) return true;
  auto const call = let_go();
  call->conclude();
  close();
  caller.finish();
  return false;
}

PANDO_INLINE void client_connection::peer_ended(bool is_orderly) {
  if (!has_answer_) return unanswered();
  bool const is_whole = phase_ == phase::body && is_orderly &&
                        reader_.end_of_input() == response_reader::result::complete;
  if (is_whole) return end_with_answer();
  end(failure_code::disconnected, place() + " broke off in the middle of " +
                                      (phase_ == phase::events ? "the stream" : "the answer") +
                                      ": whether it ran to its end is unknown");
}

/// The peer has closed the connection without a word. On one that was kept it may have done so
/// before the request came, so the call is sent again where that does no harm.
PANDO_INLINE void client_connection::unanswered() {
  if (is_writing_) { // how much was sent is told when that ends
    is_lost_ = true;
    code ignored;
    socket_.close(ignored);
    return;
  }
  bool const is_harmless = verb_is_idempotent(exchange_->asked().method) || sent_ == 0;
  if (was_used_ && is_harmless && !exchange_->was_retried) {
    auto call = let_go();
    call->was_retried = true;
    return close(std::move(call));
  }
  end(failure_code::disconnected,
      "the connection ended before the answer to " + place() + ": whether it ran is unknown");
}

PANDO_INLINE void client_connection::refuse(response_reader::result why) {
  if (why == response_reader::result::too_large)
    return end(failure_code::too_large, place() + " answered with more than the limit of " +
                                            std::to_string(pool_->settings().max_response_bytes) +
                                            " bytes");
  end(failure_code::incompatible, place() + " answered what is not HTTP/1.1");
}

PANDO_INLINE void client_connection::end(failure_code why, std::string const& sentence) {
  auto const call = std::move(exchange_);
  call->connection = nullptr;
  call->conclude();
  close();
  call->tell([what = failure(why, sentence)](client_caller& caller) {
    caller.fail(what);
    caller.finish();
  });
}

/// Lets the pool have the connection, or closes it.
PANDO_INLINE void client_connection::give_back(bool is_reusable) {
  if (!is_reusable || is_writing_ || is_reading_) return close();
  phase_ = phase::idle;
  pool_->keep(shared_from_this());
}

PANDO_INLINE void client_connection::end_with_answer() {
  bool const is_reusable = reader_.is_reusable(in_);
  auto const call = let_go();
  auto& caller = call->caller();
  call->conclude();
  client_answer answer{reader_.status(), reader_.content_type(),
                       std::string_view(in_.data(), reader_.decoded())};
  if (caller.is_direct) {
    caller.take(answer);
    give_back(is_reusable);
    return caller.finish();
  }
  auto body = std::make_shared<buffer>(std::move(in_));
  call->tell([body, answer, type = std::string(answer.content_type)](client_caller& at_home) {
    at_home.take({answer.status, type, answer.body});
    at_home.finish();
  });
  give_back(is_reusable);
}

template <class Fill>
void client_connection::end_stream(bool is_last, Fill fill) {
  bool const is_reusable = is_last && reader_.is_reusable(in_);
  auto const call = let_go();
  call->conclude();
  if (call->caller().is_direct) {
    fill(call->caller());
    give_back(is_reusable);
    return call->caller().finish();
  }
  call->tell([fill = std::move(fill)](client_caller& at_home) mutable {
    fill(at_home);
    at_home.finish();
  });
  give_back(is_reusable);
}

} // namespace pando::http::detail
