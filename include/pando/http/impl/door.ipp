// Routing of requests, the door's own pages, CORS, and the servers of all threads.
#pragma once

#include <atomic>
#include <exception>
#include <system_error>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <cerrno>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pando/handler/callback.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/timer.hpp>
#include <pando/http/detail/address.hpp>
#include <pando/http/detail/call.hpp>
#include <pando/http/detail/negotiate.hpp>
#include <pando/http/detail/openssl.hpp>
#include <pando/http/detail/problem.hpp>
#include <pando/http/detail/router.hpp>
#include <pando/http/door.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/metrics.hpp>
#include <pando/runtime/threads.hpp>

namespace pando::http {

namespace detail {

using socket_list = pando::detail::sequence<int>;
using host_names = pando::detail::sequence<std::string>;

/// The method of a request; `verb_count`: none that any route has.
inline std::size_t verb_of(std::string_view method) noexcept {
  std::size_t found = 0;
  while (found != verb_count && verb_name(static_cast<verb>(found)) != method) ++found;
  return found;
}

/// What all threads of a door read, and one flag. Calls keep it when they outlast the door.
struct door_parts {
  door_parts(served_routes const& served, door_options wanted)
      : routes(served), options(std::move(wanted)) {}

  router const routes;
  door_options const options;
  std::atomic<bool> is_ready{true};
};

/// Hands every request of one thread to its route.
class route_handler final : public request_handler {
 public:
  route_handler(std::shared_ptr<door_parts const> parts, door_context const& context,
                boost::asio::any_io_executor executor)
      : parts_(*parts), scope_(new call_scope(std::move(executor), context, std::move(parts))) {}

  call_scope& scope() noexcept { return *scope_; }

  void handle(exchange& which) override {
    if (!parts_.options.cors_origin.empty()) allow_origin(which);
    path_values values;
    auto const& message = which.message();
    auto const* const here = parts_.routes.find(message.path, values);
    if (here == nullptr) return own_page(which);
    auto const method = verb_of(message.method);
    if (method == static_cast<std::size_t>(verb::options)) return options_of(which, here->allow);
    endpoint_route const* route = nullptr;
    if (method != verb_count) route = here->by_verb[method];
    if (route == nullptr && method == static_cast<std::size_t>(verb::head))
      route = here->by_verb[static_cast<std::size_t>(verb::get)];
    if (route == nullptr) return method_not_allowed(which, here->allow);
    run(which, *route, values);
  }

 private:
  void run(exchange& which, endpoint_route const& route, path_values const& values) {
    auto const& message = which.message();
    auto const ours = read_door_headers(message.headers);
    auto const& row = *route.served->row;
    if (verb_has_body(route.method) && !message.body.empty() && !is_json(ours.content_type))
      return problem(which, 415, "the body must be JSON: send Content-Type application/json");
    auto format = stream_format::lines;
    if (row.streams) {
      if (!accepted_stream(message.headers, ours, format))
        return problem(which, 406, "this answers application/x-ndjson or text/event-stream: accept "
                                   "one of them");
    } else if (row.result != nullptr && !accepts_json(message.headers, ours)) {
      return problem(which, 406, "this answers application/json: accept it");
    }
    std::chrono::milliseconds limit{};
    bool const is_limited = !ours.timeout.empty();
    if (is_limited && !read_timeout(ours.timeout, limit))
      return problem(which, 400, "Pando-Timeout-Ms must be a whole number of milliseconds");
    auto* const made = new http_call(which, route, values, *scope_, format);
    if (is_limited) made->expect_within(limit);
    route.invoke(route.served->self, *made);
  }
  static void problem(exchange& which, int status, std::string_view detail) {
    auto& body = which.body();
    append_problem(body, status, detail);
    which.answer(status, problem_type, body.view());
  }
  static void method_not_allowed(exchange& which, std::string_view allow) {
    which.response().set("Allow", allow);
    problem(which, 405, "this path does not answer that method; Allow has those it answers");
  }
  void allow_origin(exchange& which) const {
    auto const& origin = parts_.options.cors_origin;
    which.response().set("Access-Control-Allow-Origin", origin);
    if (origin != "*") which.response().add("Vary", "Origin");
  }
  void options_of(exchange& which, std::string_view allow) const {
    auto& response = which.response();
    response.set("Allow", allow);
    auto const& asked = which.message().headers;
    if (!parts_.options.cors_origin.empty() && asked.contains("Access-Control-Request-Method")) {
      response.set("Access-Control-Allow-Methods", allow);
      response.set("Access-Control-Allow-Headers",
                   asked.get("Access-Control-Request-Headers", "content-type"));
      response.set("Access-Control-Max-Age", "600");
    }
    which.answer(204, {}, {});
  }
  void own_page(exchange& which) const {
    auto const& message = which.message();
    auto path = message.path;
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    bool const is_metrics = path == "/metrics" && parts_.options.metrics;
    bool const known =
        path == "/openapi.json" || path == "/healthz" || path == "/readyz" || is_metrics;
    constexpr std::string_view methods = "GET, HEAD, OPTIONS";
    if (message.method == "OPTIONS" && (known || path == "*")) return options_of(which, methods);
    if (!known)
      return problem(which, 404,
                     "nothing answers at this path; GET /openapi.json lists what does");
    if (message.method != "GET" && message.method != "HEAD")
      return method_not_allowed(which, methods);
    if (path == "/openapi.json") return which.answer(200, json_type, parts_.options.openapi);
    if (path == "/healthz") return which.answer(200, json_type, R"({"status":"ok"})");
    if (is_metrics)
      return which.answer(200, metrics::content_type, parts_.options.metrics());
    if (!parts_.is_ready.load(std::memory_order_relaxed))
      return which.answer(503, json_type, R"({"status":"stopping"})");
    auto const& ask = parts_.options.why_not_ready;
    auto const why = ask ? ask() : std::string();
    if (!why.empty()) return problem(which, 503, why);
    which.answer(200, json_type, R"({"status":"ready"})");
  }

  door_parts const& parts_;
  boost::intrusive_ptr<call_scope> scope_;
};

} // namespace detail

struct door::parts {
  parts(served_routes const& served, door_context const& app, door_options wanted)
      : adopted(taken(wanted.adopted)),
        shared(new detail::door_parts(served, std::move(wanted))), context(app) {}

  /// What serves on one thread.
  struct worker {
    boost::asio::any_io_executor executor;
    pando::detail::owner<detail::route_handler> handler;
    pando::detail::owner<detail::server> server;
  };

  ~parts() {
    for (auto* const left : {&adopted, &listening}) close_all(*left);
  }
  static void close_all(detail::socket_list& which) {
    for (int const socket : which) ::close(socket);
    which.clear();
  }
  static detail::socket_list taken(std::vector<int>& from) {
    detail::socket_list all;
    all.append(from.data(), from.data() + from.size());
    from.clear();
    return all;
  }

  detail::socket_list adopted;     ///< and not used yet
  detail::socket_list listening{}; ///< where nobody accepts yet
  bool adopts = false;          ///< another program listens on them too
  std::shared_ptr<detail::door_parts> shared;
  door_context const& context;
  std::shared_ptr<detail::tls_context const> tls{};
  pando::detail::sequence<worker> workers{};
  std::uint16_t port = 0;

  detail::server& add_worker(boost::asio::any_io_executor const& executor) {
    worker made{executor, {}, {}};
    made.handler.reset(new detail::route_handler(shared, context, executor));
    made.server.reset(new detail::server(executor, *made.handler, shared->options.limits, tls));
    workers.push_back(std::move(made));
    return *workers.back().server;
  }
};

PANDO_INLINE door::door(served_routes const& routes, door_context const& context,
                        door_options options)
    : parts_(new parts(routes, context, std::move(options))) {
  auto const& wanted = parts_->shared->options;
  if (!wanted.certificate.empty() || !wanted.key.empty())
    parts_->tls = detail::make_tls_context(wanted.certificate, wanted.key);
}

PANDO_INLINE door::~door() = default;

PANDO_INLINE bool door::has_route_at(std::string_view path) const {
  detail::path_values values;
  return parts_->shared->routes.find(path, values) != nullptr;
}

namespace detail {

/// What Asio calls an error of getaddrinfo.
inline boost::system::error_code look_up_error(int code) {
  namespace error = boost::asio::error;
  switch (code) {
  case 0:
    return {};
  case EAI_AGAIN:
    return error::host_not_found_try_again;
  case EAI_FAIL:
    return error::no_recovery;
  case EAI_MEMORY:
    return error::no_memory;
  case EAI_SYSTEM:
    return {errno, boost::system::system_category()};
  default:
    return error::host_not_found;
  }
}

/// Every numeric address of a host name, in order. *Thread*: one that may be blocked.
inline boost::system::error_code look_up(std::string const& host, host_names& all) {
  ::addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  ::addrinfo* first = nullptr;
  auto const error =
      look_up_error(::getaddrinfo(host.empty() ? nullptr : host.c_str(), "0", &wanted, &first));
  for (auto const* one = first; one != nullptr; one = one->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST) != 0)
      continue;
    std::size_t at = 0;
    while (at < all.size() && all[at] < text) ++at;
    if (at != all.size() && all[at] == text) continue;
    all.emplace_back(text);
    for (auto last = all.size() - 1; last != at; --last) all[last].swap(all[last - 1]);
  }
  if (first != nullptr) ::freeaddrinfo(first);
  return error;
}

/// As above, in a thread of its own, which is over when this goes on: a thread of a pool might
/// still be at it when the loop ends. *Throws* std::system_error.
PANDO_LAZY inline task<void> look_up_apart(std::string const& host, host_names& all) {
  auto const home = co_await boost::asio::this_coro::executor;
  std::exception_ptr failed;
  {
    blocking_pool apart(1);
    auto const there = apart.executor();
    // Cancelled there it would end in that thread, which would wait for itself.
    bool const throws = co_await boost::asio::this_coro::throw_if_cancelled();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await call::move_to(there);
    try {
      auto const error = look_up(host, all);
      if (error) throw std::system_error(error, "cannot listen on " + host);
    } catch (...) {
      failed = std::current_exception();
    }
    co_await call::move_to(home);
    co_await boost::asio::this_coro::throw_if_cancelled(throws);
  }
  if (failed) std::rethrow_exception(failed);
}

/// Whether this machine has no such address, or none of its kind: the others will do.
inline bool is_absent(std::error_code const& error) noexcept {
  return error == std::errc::address_not_available ||
         error == std::errc::address_family_not_supported;
}

/// The socket among those that listens there, which is taken out of them, or -1. Port 0: any.
inline int take_listener(socket_list& from, std::string const& address, std::uint16_t port) {
  for (auto const& socket : from) {
    auto const at = local_address(socket);
    if (at.host() != address || (port != 0 && port != at.port())) continue;
    int const taken = socket;
    from.erase(&socket);
    return taken;
  }
  return -1;
}

/// Listens on one address, where `adopted` has no socket for it that listens already.
inline std::uint16_t listen_on(socket_list& to, socket_list& adopted, std::string const& address,
                               std::uint16_t port) {
  to.reserve(to.size() + 1);
  int const socket = take_listener(adopted, address, port);
  to.push_back(socket < 0 ? listen_at(address, port) : socket);
  return local_address(to.back()).port();
}

/// Listens on every address that this machine has; port 0: one that is free on all of them. Gives
/// the port; 0: a free one of the first address was taken on another. *Throws* std::system_error.
inline std::uint16_t listen_on_all(socket_list& to, socket_list& adopted,
                                   host_names const& addresses, std::uint16_t wanted) {
  std::uint16_t port = wanted;
  bool any = false;
  for (auto const& address : addresses) {
    try {
      port = listen_on(to, adopted, address, port);
      any = true;
    } catch (std::system_error const& error) {
      if (wanted == 0 && any && error.code() == std::errc::address_in_use) return 0;
      bool const is_last = &address == &addresses.back();
      if (!is_absent(error.code()) || (is_last && !any)) throw;
    }
  }
  return port;
}

} // namespace detail

PANDO_LAZY_BODY task<void> door::listen() {
  auto const& options = parts_->shared->options;
  auto& sockets = parts_->listening;
  parts_->adopts = !parts_->adopted.empty();
  if (options.host.empty() && parts_->adopts) {
    sockets.swap(parts_->adopted);
    parts_->port = detail::local_address(sockets.front()).port();
    co_return;
  }
  detail::host_names addresses;
  co_await detail::look_up_apart(options.host, addresses);
  constexpr int tries = 16;
  for (int i = 0; i < tries && parts_->port == 0; ++i) {
    parts::close_all(sockets);
    parts_->port = detail::listen_on_all(sockets, parts_->adopted, addresses, options.port);
  }
  if (parts_->port == 0)
    throw std::system_error(std::make_error_code(std::errc::address_in_use),
                            "no port is free on every address of " + options.host);
}

PANDO_LAZY_BODY task<void> door::start(std::vector<boost::asio::any_io_executor> executors) {
  auto const home = co_await boost::asio::this_coro::executor;
  std::exception_ptr failed;
  try {
    if (parts_->listening.empty()) co_await listen();
    auto const sockets = parts_->listening;
    for (std::size_t i = 0; i < executors.size(); ++i) {
      co_await call::move_to(executors[i]);
      auto& server = parts_->add_worker(executors[i]);
      if (i == 0) parts_->listening.clear(); // they are that server's from here on
      for (int const socket : sockets) server.adopt_listener(i == 0 ? socket : ::dup(socket));
    }
  } catch (...) {
    failed = std::current_exception();
  }
  co_await call::move_to(home);
  if (!failed) co_return;
  parts::close_all(parts_->listening);
  co_await end(std::chrono::milliseconds(0), parts_->adopts);
  std::rethrow_exception(failed);
}

namespace detail {

/// Waits until a server has stopped. *Thread*: the server's.
PANDO_LAZY inline task<void> until_stopped(server& which, std::chrono::milliseconds limit) {
  one_shot stopped(co_await boost::asio::this_coro::executor);
  which.stop(limit, [&stopped] { stopped.fire(); });
  co_await stopped.wait();
}

/// Gives handlers that were cancelled the time to notice. *Thread*: the scope's.
PANDO_LAZY inline task<void> until_idle(call_scope& scope) {
  if (scope.calls() == 0) co_return;
  one_shot over(scope.executor);
  over.state = &over;
  over.on_cancel = [](void* which) { static_cast<one_shot*>(which)->fire(); };
  pando::detail::timer limit(scope.executor);
  limit.set(std::chrono::steady_clock::now() + std::chrono::seconds(1),
            pando::detail::callback([&over] { over.fire(); }));
  scope.when_idle = [&over] { over.fire(); };
  co_await over.wait();
  scope.when_idle = nullptr;
}

} // namespace detail

PANDO_LAZY_BODY task<void> door::stop(std::chrono::milliseconds limit) {
  not_ready();
  return end(limit, false);
}

PANDO_LAZY_BODY task<void> door::leave(std::chrono::milliseconds limit) { return end(limit, true); }

PANDO_LAZY_BODY task<void> door::end(std::chrono::milliseconds limit, bool to_another) {
  auto const home = co_await boost::asio::this_coro::executor;
  // All threads drain at the same time; each is then waited for.
  for (auto& worker : parts_->workers) {
    auto* const server = worker.server.get();
    pando::detail::dispatch(worker.executor, pando::detail::callback([server, limit, to_another] {
                              if (to_another)
                                server->leave(limit, {});
                              else
                                server->stop(limit, {});
                            }));
  }
  for (auto& worker : parts_->workers) {
    co_await call::move_to(worker.executor);
    co_await detail::until_stopped(*worker.server, limit);
    co_await call::move_to(worker.executor);
    worker.server.reset();
    co_await detail::until_idle(worker.handler->scope());
    co_await call::move_to(worker.executor);
    worker.handler.reset();
    co_await call::move_to(home);
  }
  parts_->workers.clear();
}

PANDO_INLINE std::string_view door::why_no_tls() noexcept {
  return detail::has_tls() ? std::string_view{} : detail::no_tls;
}

PANDO_INLINE std::vector<int> door::listeners() const {
  if (parts_->workers.empty()) return {};
  return parts_->workers.front().server->listeners();
}

PANDO_INLINE bool door::is_secure() const noexcept { return parts_->tls != nullptr; }

PANDO_INLINE std::uint16_t door::port() const noexcept { return parts_->port; }

PANDO_INLINE void door::not_ready() noexcept {
  parts_->shared->is_ready.store(false, std::memory_order_relaxed);
}

PANDO_INLINE void door::serve(int socket, boost::asio::any_io_executor const& executor) {
  for (auto& worker : parts_->workers)
    if (worker.executor == executor) return worker.server->serve(socket);
  parts_->add_worker(executor).serve(socket);
}

} // namespace pando::http
