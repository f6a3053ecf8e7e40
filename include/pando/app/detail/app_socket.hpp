// What an app's life cycle knows of its Unix socket: an app that has none is compiled without it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/app/options.hpp>
#include <pando/handler/task.hpp>
#include <pando/meta/owner.hpp>

namespace pando {
class app_core;
}

namespace pando::detail {

/// The Unix socket of an app, from a `serve` to its end. *Thread*: that of `serve`.
class app_socket {
 public:
  app_socket() = default;
  app_socket(app_socket const&) = delete;
  virtual ~app_socket() = default;

  virtual std::string path() const = 0;
  /// *Throws* std::invalid_argument for limits that cannot be.
  virtual void check(serve_options const& options) const = 0;
  /// Nobody else is there: with `replace` the app that runs there agrees to go. *Throws*
  /// `listener_unavailable`, and what a handover does.
  virtual task<void> claim(serve_options const& options) = 0;
  /// Whether HTTP goes on where the app that goes has listened, and behind TLS.
  virtual bool keeps_http() const = 0;
  virtual bool keeps_https() const = 0;
  /// The sockets of it; whoever takes them closes them.
  virtual std::vector<int> take_http() = 0;
  /// Takes the address, unless it was handed over; nobody is accepted yet.
  virtual void listen() = 0;
  virtual void start(serve_options const& options,
                     std::vector<boost::asio::any_io_executor> const& executors) = 0;
  /// All doors are open: the app that goes may.
  virtual task<void> take_place() = 0;

  virtual void stop_accepting() = 0;
  /// Gives whether no call had to be cut off.
  virtual task<bool> drain(std::chrono::milliseconds limit) = 0;
};

/// Opens nothing yet. *Throws* `listener_unavailable` for a path that cannot be one.
using app_socket_maker = owner<app_socket> (*)(app_core& app, serve_options const& options);

} // namespace pando::detail
