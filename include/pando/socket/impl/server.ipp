// Accepting, sniffing and ending connections.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/link/frame_server.hpp>
#include <pando/socket/json_rpc.hpp>
#include <pando/socket/listener.hpp>
#include <pando/socket/server.hpp>

namespace pando::socket {

namespace detail {

/// Reads the first byte, and hands over to whom speaks that.
class sniffer final : public connection_user {
 public:
  sniffer(stream_connection& connection, serving const& served, connection_peer peer)
      : connection_(connection), served_(served), peer_(std::move(peer)),
        timer_(connection.executor(), connection.limits().handshake) {
    timer_.async_wait([weak = connection.weak_from_this()](boost::system::error_code error) {
      auto const alive = weak.lock();
      if (!error && alive) alive->close("it has said nothing yet");
    });
  }
  ~sniffer() override { timer_.cancel(); }

  std::size_t received(std::string_view bytes) override {
    if (bytes.empty()) return 0;
    auto& connection = connection_;
    timer_.cancel();
    if (bytes.find_first_of("{[ \t\r\n") == 0)
      connection.hand_over(std::make_unique<json_rpc>(connection, served_, std::move(peer_)));
    else
      connection.hand_over(std::make_unique<frame_server>(connection, served_, std::move(peer_)));
    return 0;
  }
  void ended(std::string_view) override { timer_.cancel(); }

 private:
  stream_connection& connection_;
  serving const& served_;
  connection_peer peer_;
  boost::asio::steady_timer timer_;
};

} // namespace detail

struct server::state : std::enable_shared_from_this<server::state> {
  using acceptor_type = boost::asio::local::stream_protocol::acceptor;

  state(std::vector<boost::asio::any_io_executor> where, serving const& what,
        server_options const& options)
      : executors(std::move(where)), served(what), limits(options.limits),
        max_connections(options.max_connections), place(options.path),
        acceptor(executors.front()), pause(executors.front()) {
    acceptor.assign({}, place.release());
  }

  void accept() {
    auto const& home = executors[next++ % executors.size()];
    acceptor.async_accept(home, [self = shared_from_this()](boost::system::error_code error,
                                                            auto socket) {
      if (self->is_stopped) return;
      if (!error) self->welcome(std::move(socket));
      else if (error != boost::asio::error::connection_aborted) return self->rest(error);
      self->accept();
    });
  }

  /// No descriptors are left, or no memory: later.
  void rest(boost::system::error_code error) {
    served.context().events->warning("no connection can be accepted now: " + error.message());
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([self = shared_from_this()](boost::system::error_code ended) {
      if (!ended && !self->is_stopped) self->accept();
    });
  }

  void welcome(boost::asio::local::stream_protocol::socket socket) {
    auto const& events = *served.context().events;
    auto const who = credentials_of(socket.native_handle());
    connection_peer peer{
        "uid " + std::to_string(who.user_id) + ", pid " + std::to_string(who.process_id),
        who.user_id};
    if (who.user_id != ::geteuid())
      return events.warning("a connection of " + peer.name + " is refused: this app serves uid " +
                            std::to_string(::geteuid()) + " only");
    std::lock_guard const lock(mutex);
    if (open.size() >= (std::min)(sweep_at, max_connections)) {
      std::erase_if(open, [](auto const& one) { return one.expired(); });
      sweep_at = 64 + 2 * open.size();
    }
    if (open.size() >= max_connections)
      return events.warning("a connection of " + peer.name + " is refused: " +
                            std::to_string(max_connections) + " are open");
    auto made = std::make_shared<stream_connection>(
        stream_connection::socket_type(std::move(socket)), limits, events, peer.name);
    open.push_back(made);
    boost::asio::post(made->executor(), [made, self = shared_from_this(), peer] {
      made->start(std::make_unique<detail::sniffer>(*made, self->served, peer));
    });
  }

  std::vector<std::shared_ptr<stream_connection>> all() {
    std::lock_guard const lock(mutex);
    std::vector<std::shared_ptr<stream_connection>> found;
    for (auto const& one : open)
      if (auto alive = one.lock()) found.push_back(std::move(alive));
    return found;
  }

  /// Runs `work` for each connection, on its own executor.
  template <class Work>
  void each(Work work) {
    for (auto const& one : all())
      boost::asio::post(one->executor(), [one, work] { work(*one); });
  }

  std::vector<boost::asio::any_io_executor> const executors;
  serving const& served;
  link_limits const limits;
  std::size_t const max_connections;
  listener place;
  acceptor_type acceptor;
  boost::asio::steady_timer pause;
  std::mutex mutable mutex;
  std::vector<std::weak_ptr<stream_connection>> open;
  std::size_t sweep_at = 64; ///< as many are looked through for those that have ended
  std::size_t next = 0;
  std::atomic<bool> is_stopped = false;
};

PANDO_INLINE server::server(std::vector<boost::asio::any_io_executor> executors,
                            serving const& served, server_options options)
    : state_(std::make_shared<state>(std::move(executors), served, options)) {}

PANDO_INLINE server::~server() {
  stop_accepting();
  close();
  state_->place.remove();
  boost::asio::post(state_->executors.front(), [self = state_] {
    boost::system::error_code ignored;
    self->acceptor.close(ignored);
  });
}

PANDO_INLINE std::string const& server::path() const noexcept { return state_->place.path(); }

PANDO_INLINE std::size_t server::connections() const { return state_->all().size(); }

PANDO_INLINE void server::start() { state_->accept(); }

PANDO_INLINE void server::stop_accepting() {
  if (state_->is_stopped.exchange(true)) return;
  // The descriptor stays open: as long as it does, no other file can have its inode.
  ::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
  boost::asio::post(state_->executors.front(), [self = state_] {
    boost::system::error_code ignored;
    self->acceptor.cancel(ignored);
    self->pause.cancel();
  });
}

PANDO_INLINE void server::close() {
  state_->each([](stream_connection& one) { one.close(); });
}

PANDO_INLINE task<bool> server::drain(std::chrono::milliseconds limit) {
  auto const kept = state_;
  stop_accepting();
  kept->each([](stream_connection& one) {
    auto* const user = dynamic_cast<serving_user*>(one.user());
    if (user != nullptr) user->drain("the app is stopping");
    else one.close();
  });
  auto const until = std::chrono::steady_clock::now() + limit;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  bool is_empty = kept->all().empty();
  while (!is_empty && std::chrono::steady_clock::now() < until) {
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(boost::asio::use_awaitable);
    is_empty = kept->all().empty();
  }
  kept->each([](stream_connection& one) { one.close(); });
  co_return is_empty;
}

} // namespace pando::socket
