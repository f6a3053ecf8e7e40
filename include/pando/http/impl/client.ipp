// The channel of the HTTP client: calls go from their own thread to the loop of the connections.
#pragma once

#include <stdexcept>
#include <string>

#include <boost/asio/dispatch.hpp>

#include <pando/http/client.hpp>
#include <pando/http/detail/characters.hpp>
#include <pando/http/detail/client_connection.hpp>

namespace pando::http::detail {

class client_channel final : public channel {
 public:
  explicit client_channel(std::shared_ptr<client_settings const> settings)
      : settings_(std::move(settings)), pool_(std::make_shared<client_pool>(settings_)) {}

  ~client_channel() override {
    // Also where the loop ends before this comes round.
    struct closer {
      std::shared_ptr<client_pool> pool;
      explicit closer(std::shared_ptr<client_pool> of) : pool(std::move(of)) {}
      closer(closer&&) = default;
      ~closer() {
        if (pool != nullptr) pool->close();
      }
    };
    boost::asio::dispatch(settings_->loop, [last = closer(std::move(pool_))] {});
  }

  void start(operation& call) override {
    std::shared_ptr<client_exchange> exchange;
    try {
      exchange = prepare(call);
    } catch (...) {
      call.set_failure(std::current_exception());
      return call.finish();
    }
    bool const is_direct = exchange->caller().is_direct;
    if (is_direct) return exchange->start();
    boost::asio::dispatch(settings_->loop, [exchange = std::move(exchange)] { exchange->start(); });
  }

  void cancel(operation& call) override {
    auto const caller = reinterpret_cast<client_caller*>(call.tag)->shared_from_this();
    caller->leave();
    on_loop(*caller, [](client_exchange& exchange) { exchange.abort(); });
    call.set_failure(cancelled("the call was cancelled"));
    call.finish();
  }

  void start_stream(stream_operation& call) override { start(call); }

  void grant(stream_operation& call, std::size_t count) override {
    if (call.is_done()) return;
    on_loop(*reinterpret_cast<client_caller*>(call.tag),
            [count](client_exchange& exchange) { exchange.grant(count); });
  }

 private:
  std::shared_ptr<client_exchange> prepare(operation& call) {
    auto const* const where = first_endpoint(*call.route);
    if (where == nullptr)
      throw no_such_route("the route " + std::string(call.route->full_name) +
                          " has no HTTP marker, so it is not called over HTTP; give it one, "
                          "pando::http::post<\"/\"> for one");
    auto deadline = call.deadline;
    if (!deadline && settings_->timeout.count() != 0)
      deadline = client_exchange::clock::now() + settings_->timeout;
    auto caller = std::make_shared<client_caller>(
        call, make_client_request(*call.route, *where, settings_->url.base, call.request),
        settings_);
    auto exchange = std::make_shared<client_exchange>(pool_, caller, deadline);
    caller->exchange = exchange;
    call.tag = reinterpret_cast<std::size_t>(caller.get());
    return exchange;
  }

  /// Does something to the loop's half of a call, if there is one still.
  template <class Work>
  void on_loop(client_caller& caller, Work work) {
    if (caller.is_direct) {
      if (auto const exchange = caller.exchange.lock(); exchange != nullptr) work(*exchange);
      return;
    }
    boost::asio::dispatch(settings_->loop, [weak = caller.exchange, work] {
      if (auto const exchange = weak.lock(); exchange != nullptr) work(*exchange);
    });
  }

  std::shared_ptr<client_settings const> settings_;
  std::shared_ptr<client_pool> pool_;
};

inline void add_client_header(std::string& lines, std::string_view name, std::string_view value) {
  auto const refuse = [name](std::string const& why) {
    throw std::invalid_argument("pando: \"" + std::string(name) +
                                "\" cannot be a header of an HTTP client: " + why);
  };
  if (!is_token(name)) refuse("it is no name of a header");
  for (std::string_view const own :
       {"Host", "Accept", "Connection", "Content-Length", "Content-Type", "Expect", "Keep-Alive",
        "Pando-Timeout-Ms", "TE", "Trailer", "Transfer-Encoding", "Upgrade"})
    if (same_name(name, own)) refuse("the client writes it itself");
  for (char const c : value)
    if (!is_field_text(c)) refuse("its value holds a control character");
  lines.append(name).append(": ").append(value).append("\r\n");
}

inline std::shared_ptr<client_settings> settings_of(boost::asio::any_io_executor executor,
                                                    std::string_view url,
                                                    client_options const& options) {
  auto settings = std::make_shared<client_settings>();
  settings->loop = std::move(executor);
  settings->url = parse_client_url(url);
  if (settings->url.is_tls) settings->tls = make_client_tls(std::string(options.ca_file));
  if (!options.authorization.empty())
    add_client_header(settings->headers, "Authorization", options.authorization);
  for (auto const& line : options.headers)
    add_client_header(settings->headers, line.name, line.value);
  if (options.max_connections == 0)
    throw std::invalid_argument("pando: an HTTP client needs at least one connection");
  settings->max_connections = options.max_connections;
  settings->max_waiting = options.max_waiting;
  settings->max_response_bytes = options.max_response_bytes;
  settings->idle_time = options.idle_time;
  settings->connect_timeout = options.connect_timeout;
  settings->timeout = options.timeout;
  return settings;
}

} // namespace pando::http::detail

namespace pando::http {

PANDO_INLINE std::shared_ptr<channel> make_client_channel(boost::asio::any_io_executor executor,
                                                          std::string_view url,
                                                          client_options const& options) {
  return std::make_shared<detail::client_channel>(
      detail::settings_of(std::move(executor), url, options));
}

PANDO_INLINE std::shared_ptr<channel> make_client_channel(boost::asio::any_io_executor executor,
                                                          std::string_view url,
                                                          client_options const& options,
                                                          std::function<int()> dial) {
  auto settings = detail::settings_of(std::move(executor), url, options);
  settings->dial = std::move(dial);
  return std::make_shared<detail::client_channel>(std::move(settings));
}

} // namespace pando::http
