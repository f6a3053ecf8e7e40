// The running parts of an app, without its types: routes, doors, hooks, threads, life cycle.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pando/app/detail/app_socket.hpp>
#include <pando/app/options.hpp>
#include <pando/app/setup.hpp>
#include <pando/app/transport.hpp>
#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>
#include <pando/meta/name_index.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/door_call.hpp>
#include <pando/runtime/log.hpp>
#include <pando/runtime/metrics.hpp>
#include <pando/runtime/threads.hpp>

namespace pando {

/// The name of the running program's file.
std::string program_name();

/// A transport without its type.
struct erased_door {
  std::function<task<void>(transport_context const&)> serve;
  std::function<task<void>()> stop;
  std::function<std::string()> describe;
};

namespace cluster {
class entity_host;
}

/// Where an app's entities are to be served.
struct entity_place {
  serve_options const& options;
  std::vector<boost::asio::any_io_executor> const& executors;
  std::string socket_path{}; ///< empty: it has no Unix socket
};

/// The entities of an app, without their types: what happens when it serves, and when it stops.
struct erased_entities {
  std::function<task<void>(entity_place const&)> serve{};
  std::function<task<void>()> stop{};
  /// It is to be served there, with a store as part of a fleet; null: it is not after all.
  /// *Throws* what `serve` would for options alone: before hooks have done anything.
  std::function<void(entity_place const*)> stand_by{};
  std::function<std::string()> store{};  ///< where the storage is, without a password
  std::function<bool()> keeps_in_file{}; ///< it has persisted calls, and an engine for a file
  cluster::entity_host* host = nullptr; ///< null: it has none
};

namespace detail {
struct app_runtime; // what exists while it serves, in core.ipp
}
/// Sockets that listen for HTTP, lent to the program that takes an app's place.
struct lent_http {
  bool is_secure = false;
  std::vector<int> sockets{};
};

/// The engine room of `pando::application`. *Thread*: see there.
class app_core {
 public:
  explicit app_core(app_setup setup);
  ~app_core();
  app_core(app_core const&) = delete;

  // Composing, before the first use.
  served_routes& routes() noexcept { return routes_; }
  void add_door(erased_door door) { doors_.push_back(std::move(door)); }
  void add_hook(bool at_start, std::function<task<void>()> run);
  void keep_entities(erased_entities all) { entities_ = std::move(all); }
  /// Where its entities live; null when it has none.
  cluster::entity_host* entities() const noexcept { return entities_.host; }
  /// Gives why no work should be sent here; empty: it should. *Thread*: any.
  void ready_by(std::function<std::string()> why_not) { why_not_ready_ = std::move(why_not); }
  /// The last of it: what the routes point to.
  void keep(std::shared_ptr<void> parts);
  /// Gives it a Unix socket; without it has none.
  void with_socket(detail::app_socket_maker make) { make_socket_ = make; }
  /// Called when another program has taken its place, with false, and with true once all that was
  /// accepted is answered and it has stopped. *Thread*: that of `serve`.
  void when_replaced(std::function<void(bool)> told) { when_replaced_ = std::move(told); }
  /// Where log lines go from now on.
  void log_to(log events) { log_ = std::move(events); }

  // Running.
  PANDO_LAZY task<void> serve(serve_options options);
  PANDO_LAZY task<void> stop();
  bool is_serving() const noexcept;
  /// Of an app `with_socket`.
  std::string socket_path() const;
  std::uint16_t http_port() const noexcept;
  PANDO_LAZY task<std::string> invoke(std::string words, std::string json);
  std::shared_ptr<channel> local();

  std::string const& name() const noexcept { return setup_.name; }
  detail::sequence<settings_part> const& settings() const noexcept { return setup_.settings; }
  served_routes const& routes() const noexcept { return routes_; }
  /// What doors are given; makes the pool for blocking handlers when it is first asked for.
  door_context const& context();
  /// Its OpenAPI document.
  std::string openapi() const;
  log const& events() const noexcept { return log_; }
  /// Where it stores what it stores, while it serves: "sqlite shop.db". Empty: nowhere.
  std::string store() const { return entities_.store ? entities_.store() : std::string(); }
  /// Whether it has persisted calls, and an engine that keeps them in a file.
  bool keeps_in_file() const { return entities_.keeps_in_file && entities_.keeps_in_file(); }
  /// What it counts. *Thread*: any.
  pando::metrics& metrics() noexcept { return metrics_; }

  // For its Unix socket.

  /// Where that is, instead of the app's own place; empty: there.
  void socket_at(std::string_view path) { socket_override_ = path; }
  /// The executor that `serve` runs on. While it serves.
  boost::asio::any_io_executor const& home() const;
  /// None: it is stopping. *Thread*: any.
  std::optional<lent_http> lend_http() const;
  /// Another program, which the log calls that, has taken its place.
  PANDO_LAZY void replaced(std::string const& by);

 private:
  /// The route behind command words ("user create") or a full name ("user.create").
  served_route const* find_command(std::string const& words) const;
  PANDO_LAZY task<void> start(serve_options const& options);
  void check(entity_place const& place) const;
  /// Takes the addresses of the doors, which open only when all is there.
  PANDO_LAZY task<void> listen(serve_options const& options);
  PANDO_LAZY task<void> listen_http(serve_options const& options);
  PANDO_LAZY task<void> start_http(serve_options const& options,
                                   std::vector<boost::asio::any_io_executor> const& executors);
  PANDO_LAZY task<void> unwind();
  PANDO_LAZY task<void> stop_doors();
  PANDO_LAZY task<void> stop_http();
  PANDO_LAZY task<void> stop_socket();

  app_setup setup_;
  log log_;
  pando::metrics metrics_;
  door_context context_;
  served_routes routes_;
  pando::detail::name_index commands_; ///< the places of their routes, by their words
  pando::detail::sequence<erased_door> doors_;
  erased_entities entities_;
  struct hook {
    bool at_start;
    std::function<task<void>()> run;
  };
  pando::detail::sequence<hook>
      hooks_; ///< as given: a stop hook is due once all before it were passed
  std::shared_ptr<void> parts_; ///< implementations and services the routes point to
  std::shared_ptr<channel> local_;
  pando::detail::owner<thread_group> loops_; ///< of the last time it served, too
  struct pools;
  pando::detail::owner<pools> pools_; ///< its threads post to the loops, so it ends before them
  pando::detail::owner<detail::app_runtime> runtime_; ///< while it serves
  detail::app_socket_maker make_socket_ = nullptr;
  std::string socket_override_;
  std::function<void(bool)> when_replaced_;
  std::function<std::string()> why_not_ready_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/app/impl/core.ipp>
#endif
