// Starting, serving and stopping; the order of both is in one place each.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <errno.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/app/core.hpp>
#include <pando/app/detail/app_socket.hpp>
#include <pando/app/detail/options_check.hpp>
#include <pando/cli/markers.hpp>
#include <pando/handler/callback.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/timer.hpp>
#include <pando/http/door.hpp>
#include <pando/http/openapi.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/local_channel.hpp>
#include <pando/runtime/text_call.hpp>
#include <pando/runtime/threads.hpp>
#include <pando/schema/buffer.hpp>

namespace pando {

namespace detail {

/// What exists while an app serves.
struct app_runtime {
  boost::asio::any_io_executor home;
  pando::detail::owner<http::door> http{};
  pando::detail::owner<app_socket> socket{};
  pando::detail::sequence<erased_door*> transports{};
  std::size_t hooks_passed = 0;
  bool has_entities = false;
  std::chrono::milliseconds drain{0};
  bool accepting = false;
  std::mutex leaving{}; ///< for `stopping`, which the doors' threads read
  bool stopping = false;
  bool shares = false; ///< another program listens on the same sockets
};

inline constexpr std::size_t blocking_threads = 8;

/// Where a storage is, but for what a connection string says behind its scheme: a password, often.
inline std::string without_secrets(std::string_view place) {
  auto const scheme = place.find("://");
  return std::string(place.substr(0, scheme)) + (scheme == place.npos ? "" : "://…");
}
} // namespace detail

struct app_core::pools {
  blocking_pool blocking{detail::blocking_threads};
};

PANDO_INLINE std::string program_name() {
  std::string const whole = ::program_invocation_short_name;
  return whole.empty() ? "app" : whole;
}

PANDO_INLINE app_core::app_core(app_setup setup) : setup_(std::move(setup)) {
  if (setup_.name.empty()) setup_.name = program_name();
  context_.events = &log_;
  context_.counts = &metrics_;
  metrics_.collect([this](metrics_writer& to) {
    to.family("pando_app_info", metric_kind::gauge, "Always 1: which app it is, of which library.");
    to.label("app", setup_.name).label("pando", PANDO_VERSION_STRING).value(std::uint64_t{1});
  });
}

PANDO_INLINE app_core::~app_core() = default;

PANDO_INLINE void app_core::add_hook(bool at_start, std::function<task<void>()> run) {
  hooks_.push_back({at_start, std::move(run)});
}

PANDO_INLINE bool app_core::is_serving() const noexcept {
  return runtime_ != nullptr && runtime_->accepting;
}

PANDO_INLINE std::uint16_t app_core::http_port() const noexcept {
  return runtime_ != nullptr && runtime_->http != nullptr ? runtime_->http->port() : 0;
}

PANDO_INLINE boost::asio::any_io_executor const& app_core::home() const { return runtime_->home; }

PANDO_INLINE std::shared_ptr<channel> app_core::local() {
  if (!local_) local_ = make_local_channel(routes_, context());
  return local_;
}

PANDO_INLINE door_context const& app_core::context() {
  if (!pools_) {
    pools_.reset(new pools());
    context_.pool = &pools_->blocking;
  }
  return context_;
}

PANDO_INLINE std::string app_core::openapi() const {
  buffer text;
  http::openapi(routes_.contracts(), {.title = setup_.name, .version = PANDO_VERSION_STRING}, text);
  return std::string(text.view());
}

PANDO_LAZY_BODY task<void> app_core::serve(serve_options options) {
  if (runtime_ != nullptr)
    throw std::logic_error("pando: app " + setup_.name + " serves already; stop() it first");
  runtime_.reset(new detail::app_runtime());
  runtime_->home = co_await boost::asio::this_coro::executor;
  runtime_->drain = std::chrono::milliseconds(options.drain_ms);
  std::exception_ptr failed;
  try {
    co_await start(options);
    runtime_->accepting = true;
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return;
  co_await unwind();
  std::rethrow_exception(failed);
}

namespace detail {
/// *Throws* std::invalid_argument for a limit of 0.
inline void set_limits(http::door_options& door, http_limits const& asked) {
  auto const above_0 = [](std::uint32_t limit, char const* name) {
    if (limit == 0)
      throw std::invalid_argument(std::string("pando: the HTTP limit ") + name +
                                  " must be above 0");
    return limit;
  };
  using milliseconds = std::chrono::milliseconds;
  auto& limits = door.limits;
  limits.limits.body_bytes = above_0(asked.max_body, "max_body");
  limits.limits.head_bytes = above_0(asked.max_head, "max_head");
  limits.connections = above_0(asked.max_connections, "max_connections");
  limits.first_byte_timeout = milliseconds(above_0(asked.first_byte_ms, "first_byte_ms"));
  limits.head_timeout = milliseconds(above_0(asked.head_ms, "head_ms"));
  limits.body_timeout = milliseconds(above_0(asked.body_ms, "body_ms"));
  limits.idle_timeout = milliseconds(above_0(asked.idle_ms, "idle_ms"));
  limits.write_timeout = milliseconds(above_0(asked.write_ms, "write_ms"));
}

/// What its options alone show. *Throws* std::invalid_argument.
inline void check_doors(serve_options const& options) {
  if (options.threads > most_threads)
    throw std::invalid_argument("pando: " + std::to_string(options.threads) +
                                " threads are too many: --threads is at most " +
                                std::to_string(most_threads) + ", and 0 is one for each core");
  http::door_options web;
  set_limits(web, options.limits);
  if (options.http > 65'535)
    throw std::invalid_argument("pando: " + std::to_string(options.http) +
                                " is no port; ports are 0 to 65535");
}
} // namespace detail

/// What no hook and no other program has a part in. *Throws* unusable_options.
PANDO_INLINE void app_core::check(entity_place const& place) const {
  auto const& options = place.options;
  try {
    detail::check_doors(options);
    if (runtime_->socket) runtime_->socket->check(options);
    if (make_socket_ == nullptr && (options.replace || !options.socket_path.empty()))
      throw std::invalid_argument("pando: this app is HTTP alone and has no Unix socket: leave "
                                  "socket_path and replace out, or make it by pando::app");
    if (options.replace && options.no_socket)
      throw std::invalid_argument("--replace goes over the Unix socket, which this app is not to "
                                  "have");
    // Before it is part of its fleet, no instance may be here: hooks are told so.
    if (entities_.stand_by) return entities_.stand_by(&place);
    if (!options.store.empty())
      throw std::invalid_argument("pando: --store " + detail::without_secrets(options.store) +
                                  ": this app stores nothing; it has no entities, singletons, cron "
                                  "jobs or processes");
    if (detail::has_runner_place(options) || options.client_only)
      throw std::invalid_argument("pando: --runner and --client-only are for apps with entities, "
                                  "singletons or cron jobs, and this one has none");
    detail::check_unstored(options, false);
    detail::check_health_options(options);
  } catch (std::invalid_argument const& why) {
    throw unusable_options(why.what());
  }
}

PANDO_LAZY_BODY task<void> app_core::start(serve_options const& options) {
  if (make_socket_ != nullptr && !options.no_socket)
    runtime_->socket = make_socket_(*this, options);
  auto* const socket = runtime_->socket.get();
  std::vector<boost::asio::any_io_executor> executors{runtime_->home};
  entity_place const place{options, executors, socket != nullptr ? socket->path() : std::string()};
  check(place);
  if (socket != nullptr) co_await socket->claim(options);
  runtime_->shares = options.replace;
  if (options.threads != 1) {
    loops_.reset(new thread_group());
    loops_->start(options.threads);
    executors = loops_->executors();
  }
  for (auto const& one : hooks_) {
    if (one.at_start) co_await one.run();
    ++runtime_->hooks_passed;
  }
  // Before it is one of a fleet: without its doors it would only come and go there.
  co_await listen(options);
  if (entities_.serve) {
    runtime_->has_entities = true;
    co_await entities_.serve(place);
  }
  if (socket != nullptr) socket->start(options, executors);
  if (runtime_->http) co_await start_http(options, executors);
  transport_context const where{routes_, context(), runtime_->home};
  for (auto& door : doors_) {
    co_await door.serve(where);
    runtime_->transports.push_back(&door);
    log_.info(door.describe());
  }
  if (!options.replace) co_return;
  co_await socket->take_place();
  runtime_->shares = false;
}

PANDO_LAZY_BODY task<void> app_core::listen(serve_options const& options) {
  auto* const socket = runtime_->socket.get();
  bool const keeps_http = socket != nullptr && socket->keeps_http();
  if (options.http >= 0 || keeps_http) co_await listen_http(options);
  if (socket != nullptr) socket->listen();
}

PANDO_LAZY_BODY task<void> app_core::listen_http(serve_options const& options) {
  http::door_options door;
  door.host = options.http_host;
  if (options.http < 0) door.host.clear(); // where the other program listens
  else door.port = static_cast<std::uint16_t>(options.http);
  door.certificate = options.tls.certificate;
  door.key = options.tls.key;
  door.cors_origin = options.cors_origin;
  door.openapi = openapi();
  if (!options.no_metrics) door.metrics = [this] { return metrics_.text(); };
  door.why_not_ready = why_not_ready_;
  detail::set_limits(door, options.limits);
  door.limits.open = &metrics_.http_connections();
  bool const secure = !door.certificate.empty();
  auto* const socket = runtime_->socket.get();
  if (socket != nullptr && socket->keeps_http()) {
    if (socket->keeps_https() != secure)
      throw std::invalid_argument(secure ? "the app that runs there serves HTTP without TLS, so "
                                           "its sockets cannot be taken over with TLS"
                                         : "the app that runs there serves HTTPS; give "
                                           "--tls-certificate and --tls-key");
    door.adopted = socket->take_http();
  }
  runtime_->http.reset(new http::door(routes_, context(), std::move(door)));
  co_await runtime_->http->listen();
}

PANDO_LAZY_BODY task<void>
app_core::start_http(serve_options const& options,
                     std::vector<boost::asio::any_io_executor> const& executors) {
  co_await runtime_->http->start(executors);
  bool const secure = runtime_->http->is_secure();
  bool const has_host = options.http >= 0 && !options.http_host.empty();
  auto const host = std::string(has_host ? options.http_host : "localhost");
  log_.info(std::string(secure ? "https" : "http") + "://" + host + ":" +
            std::to_string(runtime_->http->port()));
  if (!options.no_metrics && runtime_->http->has_route_at("/metrics"))
    log_.info("/metrics is a route of this app's, so its metrics are in code alone");
}

PANDO_LAZY_BODY task<void> app_core::stop() {
  if (runtime_ == nullptr || runtime_->stopping) co_return;
  co_await unwind();
}

PANDO_LAZY_BODY task<void> app_core::stop_http() {
  if (!runtime_->http) co_return;
  if (runtime_->shares) {
    co_await runtime_->http->leave(runtime_->drain);
  } else {
    co_await runtime_->http->stop(runtime_->drain);
  }
}

// g++ 12 runs into nothing behind `if (… && !co_await …)` at the end of a coroutine.
PANDO_LAZY_BODY task<void> app_core::stop_socket() {
  if (!runtime_->socket) co_return;
  bool const is_empty = co_await runtime_->socket->drain(runtime_->drain);
  if (!is_empty)
    log_.warning("calls over the socket were cut off: they took longer than the drain time");
}

namespace detail {
/// Doors that are stopping.
struct stopping_doors {
  one_shot over; ///< all have
  log const& events;
  std::size_t left;
  sequence<owner<boost::asio::cancellation_signal>> late{};

  void one_ended(std::exception_ptr const& error) {
    if (error) events.error("a door did not stop as it should: " + describe_exception(error));
    if (--left == 0) over.fire();
  }
  void cancel_late() {
    for (auto const& one : late) one->emit(boost::asio::cancellation_type::terminal);
  }
};

/// Hears that one of them has ended.
struct stopped_door {
  std::shared_ptr<stopping_doors> all;
  void operator()(std::exception_ptr const& error) const { all->one_ended(error); }
};
} // namespace detail

/// All at once, under one limit. A transport that takes longer is cancelled.
PANDO_LAZY_BODY task<void> app_core::stop_doors() {
  auto const home = runtime_->home;
  // Shared: the timer's handler may be waiting to run when all is over.
  std::shared_ptr<detail::stopping_doors> const all(
      new detail::stopping_doors{one_shot(home), log_, 2 + runtime_->transports.size()});
  for (auto* const door : runtime_->transports) {
    auto const& late = all->late.emplace_back(new boost::asio::cancellation_signal);
    detail::spawn(home, door->stop(), detail::callback(detail::stopped_door{all}, late->slot()));
  }
  detail::spawn(home, stop_http(), detail::callback(detail::stopped_door{all}));
  detail::spawn(home, stop_socket(), detail::callback(detail::stopped_door{all}));
  detail::timer limit(home);
  limit.set(std::chrono::steady_clock::now() + runtime_->drain,
            detail::callback([all] { all->cancel_late(); }));
  co_await all->over.wait();
  limit.cancel();
}

// Stop accepting, drain, hooks in reverse, the socket last: it says that the app is there.
PANDO_LAZY_BODY task<void> app_core::unwind() {
  {
    std::lock_guard const lock(runtime_->leaving); // no offer is being made any more
    runtime_->stopping = true;
  }
  runtime_->accepting = false;
  if (runtime_->http && !runtime_->shares) runtime_->http->not_ready();
  if (runtime_->socket) runtime_->socket->stop_accepting();
  co_await stop_doors();
  if (runtime_->has_entities) co_await entities_.stop();
  if (entities_.stand_by) entities_.stand_by(nullptr); // where it did not get so far
  for (auto at = runtime_->hooks_passed; at-- != 0;) {
    if (hooks_[at].at_start) continue;
    try {
      co_await hooks_[at].run();
    } catch (...) {
      log_.error("a stop hook failed: " + describe_exception(std::current_exception()));
    }
  }
  runtime_.reset();
  // Stopped, but kept: a handler that blocks, and was not waited for, may still post to them.
  if (loops_) loops_->stop();
}

PANDO_INLINE std::optional<lent_http> app_core::lend_http() const {
  std::lock_guard const lock(runtime_->leaving);
  if (runtime_->stopping) return {};
  lent_http lent;
  if (!runtime_->http) return lent;
  lent.is_secure = runtime_->http->is_secure();
  lent.sockets = runtime_->http->listeners();
  return lent;
}

PANDO_LAZY_BODY void app_core::replaced(std::string const& by) {
  if (runtime_ == nullptr || runtime_->stopping) return;
  runtime_->shares = true;
  log_.info("replaced by " + by + ": answering what was accepted, then ending");
  if (when_replaced_) when_replaced_(false);
  detail::spawn(runtime_->home, unwind(), detail::callback([this] {
                  if (when_replaced_) when_replaced_(true);
                }));
}

PANDO_INLINE void app_core::keep(std::shared_ptr<void> parts) {
  parts_ = std::move(parts);
  for (auto& route : routes_.to_count())
    route.counts = metrics_.calls().add(route.row->full_name);
  for (std::size_t place = 0; place < routes_.all().size(); ++place) {
    auto const& route = routes_.all()[place];
    auto const group = std::string(route.row->controller) + ' ';
    commands_.add(group + std::string(route.row->name), place);
    for (auto const& marker : route.row->markers) {
      if (marker.door != "cli") continue;
      auto const& command = *static_cast<cli::command_row const*>(marker.data);
      if (!command.name.empty()) commands_.add(group + std::string(command.name), place);
    }
  }
}

PANDO_INLINE served_route const* app_core::find_command(std::string const& words) const {
  auto const* const place = commands_.find(words);
  return place != nullptr ? &routes_.all()[*place] : routes_.find(words);
}

PANDO_LAZY_BODY task<std::string> app_core::invoke(std::string words, std::string json) {
  auto const* const route = find_command(words);
  if (route == nullptr)
    throw no_such_route("app " + setup_.name + " has no command or route \"" + words + "\"");
  auto const home = co_await boost::asio::this_coro::executor;
  auto const collector = text_collector::make(home);
  auto const call = start_text_call(*route, json, home, context(), *collector);
  co_return co_await text_collector::result(collector, call);
}

} // namespace pando
