// Routing of requests, the door's own pages, CORS, and the servers of all threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <pando/http/detail/call.hpp>
#include <pando/http/detail/problem.hpp>
#include <pando/http/detail/router.hpp>
#include <pando/http/door.hpp>

namespace pando::http {

namespace detail {

/// The method of a request, or none that any route has.
inline std::optional<verb> verb_of(std::string_view method) noexcept {
  for (std::size_t i = 0; i < verb_count; ++i)
    if (verb_name(static_cast<verb>(i)) == method) return static_cast<verb>(i);
  return std::nullopt;
}

/// Whether a media type is among those a request accepts (RFC 9110, 12.5.1; q=0 refuses).
inline bool accepts(std::string_view accept, std::string_view type) {
  if (accept.empty()) return true;
  auto const whole = type.substr(0, type.find('/'));
  while (!accept.empty()) {
    auto const comma = accept.find(',');
    auto one = accept.substr(0, comma);
    accept = comma == accept.npos ? std::string_view{} : accept.substr(comma + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    auto const semicolon = one.find(';');
    auto const parameters = semicolon == one.npos ? std::string_view{} : one.substr(semicolon);
    auto range = one.substr(0, semicolon);
    while (range.ends_with(' ')) range.remove_suffix(1);
    bool const fits = range == "*/*" || same_name(range, type) ||
                      (range.ends_with("/*") && range.substr(0, range.size() - 2) == whole);
    auto const weight = parameters.find("q=0");
    bool const refused = weight != parameters.npos &&
                         parameters.find_first_of("123456789", weight) == parameters.npos;
    if (fits && !refused) return true;
  }
  return false;
}

/// Whether a body's media type is JSON: application/json or anything +json.
inline bool is_json(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type.empty() || same_name(type, "application/json") || type.ends_with("+json");
}

/// Hands every request of one thread to its route.
class route_handler final : public request_handler {
 public:
  route_handler(router const& routes, door_context const& context, door_options const& options,
                std::atomic<bool> const& is_ready, boost::asio::any_io_executor executor)
      : routes_(routes), context_(context), options_(options), is_ready_(is_ready),
        executor_(std::move(executor)) {}

  void handle(exchange& which) override {
    if (!options_.cors_origin.empty()) allow_origin(which);
    path_values values;
    auto const& message = which.message();
    auto const* const here = routes_.find(message.path, values);
    if (here == nullptr) return own_page(which);
    auto const method = verb_of(message.method);
    if (method == verb::options) return options_of(which, here->allow);
    endpoint_route const* route = method ? here->by_verb[static_cast<std::size_t>(*method)] : nullptr;
    if (route == nullptr && method == verb::head)
      route = here->by_verb[static_cast<std::size_t>(verb::get)];
    if (route == nullptr) return method_not_allowed(which, here->allow);
    if (auto const status = unacceptable(message, *route); status != 0)
      return refuse(which, status, *route);
    auto* const made = new http_call(which, *route, values, executor_, context_);
    route->invoke(route->served->self, *made);
  }

 private:
  static int unacceptable(request const& message, endpoint_route const& route) {
    if (verb_has_body(route.method) && !message.body.empty() &&
        !is_json(message.headers.get("Content-Type", {})))
      return 415;
    auto const accept = message.headers.get("Accept", {});
    if (accept.empty() || route.served->row->result == nullptr) return 0;
    if (!route.served->row->streams) return accepts(accept, "application/json") ? 0 : 406;
    return accepts(accept, "application/x-ndjson") || accepts(accept, "text/event-stream") ? 0
                                                                                           : 406;
  }
  static void refuse(exchange& which, int status, endpoint_route const& route) {
    auto& body = which.body();
    if (status == 415)
      append_problem(body, status, "the body must be JSON: send Content-Type application/json");
    else if (route.served->row->streams)
      append_problem(body, status,
                     "this answers application/x-ndjson or text/event-stream: accept one of them");
    else
      append_problem(body, status, "this answers application/json: accept it");
    which.answer(status, problem_type, body.view());
  }
  static void method_not_allowed(exchange& which, std::string const& allow) {
    which.response().set("Allow", allow);
    auto& body = which.body();
    append_problem(body, 405, "this path does not answer that method; Allow has those it answers");
    which.answer(405, problem_type, body.view());
  }
  void allow_origin(exchange& which) const {
    which.response().set("Access-Control-Allow-Origin", options_.cors_origin);
    if (options_.cors_origin != "*") which.response().add("Vary", "Origin");
  }
  void options_of(exchange& which, std::string const& allow) const {
    auto& response = which.response();
    response.set("Allow", allow);
    auto const& asked = which.message().headers;
    if (!options_.cors_origin.empty() && asked.contains("Access-Control-Request-Method")) {
      response.set("Access-Control-Allow-Methods", allow);
      response.set("Access-Control-Allow-Headers",
                   asked.get("Access-Control-Request-Headers", "content-type"));
      response.set("Access-Control-Max-Age", "600");
    }
    which.answer(204, {}, {});
  }
  void own_page(exchange& which) const {
    auto const& message = which.message();
    bool const known = message.path == "/openapi.json" || message.path == "/healthz" ||
                       message.path == "/readyz";
    if (message.method == "OPTIONS" && (known || message.path == "*"))
      return options_of(which, "GET, HEAD, OPTIONS");
    if (!known) {
      auto& body = which.body();
      append_problem(body, 404, "nothing answers at this path; GET /openapi.json lists what does");
      return which.answer(404, problem_type, body.view());
    }
    if (message.method != "GET" && message.method != "HEAD")
      return method_not_allowed(which, "GET, HEAD, OPTIONS");
    if (message.path == "/openapi.json")
      return which.answer(200, "application/json", options_.openapi);
    if (message.path == "/healthz") return which.answer(200, "application/json", R"({"status":"ok"})");
    bool const ready = is_ready_.load(std::memory_order_relaxed);
    which.answer(ready ? 200 : 503, "application/json",
                 ready ? R"({"status":"ready"})" : R"({"status":"stopping"})");
  }

  router const& routes_;
  door_context const& context_;
  door_options const& options_;
  std::atomic<bool> const& is_ready_;
  boost::asio::any_io_executor executor_;
};

} // namespace detail

struct door::parts {
  parts(served_routes const& served, door_context const& app, door_options wanted)
      : routes(served), context(app), options(std::move(wanted)) {}

  struct worker {
    boost::asio::any_io_executor executor;
    std::unique_ptr<detail::route_handler> handler;
    std::unique_ptr<detail::server> server;
  };

  detail::router routes;
  door_context const& context;
  door_options options;
  std::shared_ptr<detail::tls_context const> tls{};
  std::atomic<bool> is_ready{true};
  std::vector<worker> workers{};
  std::uint16_t port = 0;

  void add_worker(boost::asio::any_io_executor executor) {
    worker made{executor, nullptr, nullptr};
    made.handler = std::make_unique<detail::route_handler>(routes, context, options, is_ready,
                                                           executor);
    made.server = std::make_unique<detail::server>(executor, *made.handler, options.limits, tls);
    workers.push_back(std::move(made));
  }
};

PANDO_INLINE door::door(served_routes const& routes, door_context const& context,
                        door_options options)
    : parts_(std::make_unique<parts>(routes, context, std::move(options))) {
  if (!parts_->options.certificate.empty() || !parts_->options.key.empty())
    parts_->tls = detail::make_tls_context(parts_->options.certificate, parts_->options.key);
}

PANDO_INLINE door::~door() = default;

namespace detail {

/// Goes on over there, and says so by running there.
inline task<void> go_to(boost::asio::any_io_executor where) { return call::move_to(std::move(where)); }

/// Every numeric address of a host name.
inline task<std::vector<std::string>> addresses_of(std::string host) {
  boost::asio::ip::tcp::resolver resolver(co_await boost::asio::this_coro::executor);
  auto const found = co_await resolver.async_resolve(host, "0", boost::asio::use_awaitable);
  std::vector<std::string> all;
  for (auto const& one : found) all.push_back(one.endpoint().address().to_string());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  co_return all;
}

} // namespace detail

PANDO_INLINE task<void> door::start(std::vector<boost::asio::any_io_executor> executors) {
  auto const home = co_await boost::asio::this_coro::executor;
  auto const addresses = co_await detail::addresses_of(parts_->options.host);
  std::exception_ptr failed;
  std::vector<int> listening;
  for (auto const& executor : executors) {
    co_await detail::go_to(executor);
    try {
      parts_->add_worker(executor);
      auto& server = *parts_->workers.back().server;
      if (listening.empty()) {
        for (auto const& address : addresses) {
          try {
            auto const wanted = parts_->port != 0 ? parts_->port : parts_->options.port;
            parts_->port = server.listen(address, wanted);
            listening.push_back(server.listener());
          } catch (...) {
            if (!failed) failed = std::current_exception();
          }
        }
        if (!listening.empty() && parts_->options.host == "localhost") failed = nullptr;
      } else {
        server.adopt_listener(::dup(listening.front()));
      }
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) break;
  }
  co_await detail::go_to(home);
  if (failed) {
    co_await stop(std::chrono::milliseconds(0));
    std::rethrow_exception(failed);
  }
}

PANDO_INLINE task<void> door::stop(std::chrono::milliseconds limit) {
  parts_->is_ready.store(false, std::memory_order_relaxed);
  auto const home = co_await boost::asio::this_coro::executor;
  // All threads drain at the same time; each is then waited for.
  for (auto& worker : parts_->workers) {
    auto* const server = worker.server.get();
    boost::asio::dispatch(worker.executor, [server, limit] { server->stop(limit, [] {}); });
  }
  for (auto& worker : parts_->workers) {
    co_await detail::go_to(worker.executor);
    auto* const server = worker.server.get();
    auto const initiate = [server, limit](auto handler) {
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      server->stop(limit, [shared] { boost::asio::post(std::move(*shared)); });
    };
    co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
        initiate, boost::asio::use_awaitable);
    co_await detail::go_to(worker.executor);
    worker.server.reset();
    co_await detail::go_to(home);
  }
  parts_->workers.clear();
}

PANDO_INLINE std::uint16_t door::port() const noexcept { return parts_->port; }

PANDO_INLINE void door::not_ready() noexcept {
  parts_->is_ready.store(false, std::memory_order_relaxed);
}

PANDO_INLINE void door::serve(int socket) { parts_->workers.front().server->serve(socket); }

} // namespace pando::http
