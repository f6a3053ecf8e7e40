// One connection of an HTTP client: opened for a call, used for others after it, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/http/detail/client_exchange.hpp>
#include <pando/http/detail/client_pool.hpp>
#include <pando/http/detail/event_reader.hpp>
#include <pando/http/detail/response_reader.hpp>
#include <pando/schema/buffer.hpp>

namespace pando::http::detail {

/// Kept by what is pending on it, by the pool, or by a call that pauses. *Thread*: the loop's.
class client_connection : public std::enable_shared_from_this<client_connection> {
 public:
  explicit client_connection(std::shared_ptr<client_pool> pool);
  client_connection(client_connection const&) = delete;
  ~client_connection();

  /// Connects, then does the call.
  void open(std::shared_ptr<client_exchange> call);
  /// Does another call.
  void run(std::shared_ptr<client_exchange> call);
  /// Whether the peer still keeps it open, and has said nothing unasked.
  bool is_alive();
  /// Ends it. Who calls this tells the call that was on it. `successor` goes to a new connection.
  void close(std::shared_ptr<client_exchange> successor = {});
  /// The consumer of the call that has paused has room again.
  void resume();

 private:
  using code = boost::system::error_code;
  enum class phase : std::uint8_t { opening, head, body, events, idle, closed };

  void connect_to(boost::asio::ip::tcp::resolver::results_type const& places);
  void dialled(int socket);
  void connected(code const& error);
  void failed_to_open(std::string const& why);

  void send();
  void written(std::size_t count);
  void read();
  void came(code const& error, std::size_t count);
  void advance();
  void advance_body();
  void advance_events();
  bool is_item() const noexcept;
  bool give_event(bool is_last);
  void peer_ended(bool is_orderly);
  void unanswered();
  void refuse(response_reader::result why);

  void end(failure_code why, std::string const& sentence);
  void end_with_answer();
  template <class Fill>
  void end_stream(bool is_last, Fill fill);
  void give_back(bool is_reusable);
  std::shared_ptr<client_exchange> let_go();
  std::string place() const { return exchange_->caller().place().text(); }

  template <class Use>
  void with_stream(Use&& use);

  std::shared_ptr<client_pool> pool_;
  boost::asio::ip::tcp::socket socket_;
#if PANDO_HAS_OPENSSL
  std::unique_ptr<client_tls_stream> tls_;
#endif
  std::unique_ptr<boost::asio::ip::tcp::resolver> resolver_;
  boost::asio::steady_timer timer_; ///< for opening
  std::shared_ptr<client_exchange> exchange_;
  response_reader reader_;
  event_reader events_;
  buffer in_;
  buffer out_;
  std::size_t sent_ = 0;
  phase phase_ = phase::opening;
  bool was_used_ = false; ///< for another call before
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool has_answer_ = false;  ///< its first octet has come
  bool holds_event_ = false; ///< that no credit was left for
  bool is_lost_ = false;     ///< ended unanswered; only what was sent is still to be learnt
};

} // namespace pando::http::detail

// Calls, pool and connections know one another, so their bodies stand behind the last of them.
#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/client_connection.ipp>
#include <pando/http/impl/client_exchange.ipp>
#include <pando/http/impl/client_pool.ipp>
#endif
