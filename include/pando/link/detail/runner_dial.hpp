// One attempt to reach a runner: a name looked up, connected, proven and greeted, within a limit.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/link/detail/runner_socket.hpp>
#include <pando/link/frame_client.hpp>
#include <pando/link/secure_link.hpp>

namespace pando::detail {

/// *Thread*: the executor's. It keeps itself while it is under way.
class runner_dial : public std::enable_shared_from_this<runner_dial> {
 public:
  struct goal {
    runner_address address{};
    std::shared_ptr<secure_link const> security{};
    std::string expected{}; ///< the name of who is to be there; empty: anybody
    link_limits limits{};
    log const* events = nullptr; ///< outlives the connection
  };
  /// Whoever was reached, or why nobody was: `forbidden` where one side refuses the other, else
  /// `not_running`.
  using reached_function = std::function<void(std::shared_ptr<frame_client>, link_identity,
                                              std::exception_ptr)>;

  runner_dial(boost::asio::any_io_executor executor, goal what, reached_function reached);

  void start();
  /// Nobody is told any more.
  void give_up();

 private:
  using tcp = boost::asio::ip::tcp;

  void start_on_path();
  void resolve();
  void connect_next(std::string const& why);
  void connected(int socket);
  void proven(stream_connection& connection, link_identity const& who);
  void fail(std::string const& why);
  void refuse(std::string const& why);
  void end(std::exception_ptr error);

  boost::asio::any_io_executor executor_;
  goal const goal_;
  reached_function reached_;
  boost::asio::steady_timer limit_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  tcp::resolver::results_type found_;
  tcp::resolver::results_type::iterator next_;
  std::weak_ptr<stream_connection> connection_;
  std::shared_ptr<frame_client> client_;
  link_identity who_;
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/runner_dial.ipp>
#endif
