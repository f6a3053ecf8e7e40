// An app at its Unix socket; a new build may take the place of the one that runs there.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include <pando/app/core.hpp>
#include <pando/app/detail/describe_app.hpp>
#include <pando/app/detail/unix_door.hpp>
#include <pando/handler/callback.hpp>
#include <pando/http/describe.hpp>
#include <pando/link/serving.hpp>
#include <pando/link/socket_path.hpp>
#include <pando/link/unix_listener.hpp>
#include <pando/meta/owner.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/shape.hpp>
#include <pando/socket/handover.hpp>
#include <pando/socket/server.hpp>

namespace pando {

PANDO_INLINE std::string app_core::socket_path() const {
  if (!socket_override_.empty()) return socket_override_;
  auto const* const told = std::getenv("PANDO_SOCKET");
  return told != nullptr && *told != '\0' ? std::string(told) : socket_path_of(name());
}

namespace detail {

/// *Throws* std::invalid_argument for a limit that cannot be one.
inline void set_limits(socket::server_options& door, socket_limits const& asked) {
  auto const within = [](std::uint32_t limit, char const* name, std::uint32_t least,
                         std::uint32_t most) {
    if (limit < least || limit > most)
      throw std::invalid_argument(std::string("pando: the socket's limit ") + name + " must be " +
                                  std::to_string(least) + " to " + std::to_string(most));
    return limit;
  };
  door.limits.max_frame = within(asked.max_frame, "max_frame", smallest_max_frame,
                                 largest_max_frame);
  door.limits.max_calls = within(asked.max_calls, "max_calls", 1, most_max_calls);
  door.max_connections = within(asked.max_connections, "max_connections", 1, ~std::uint32_t{0});
}
static_assert(socket_limits{}.max_frame == link_limits{}.max_frame &&
              socket_limits{}.max_calls == link_limits{}.max_calls);

/// "GET /user/{}": what placeholders are called is nobody's business.
inline std::string place_without_names(described_endpoint const& at) {
  std::string text = at.method + " ";
  bool is_inside = false;
  for (char const c : at.path) {
    if (c == '}') is_inside = false;
    if (!is_inside) text += c;
    if (c == '{') is_inside = true;
  }
  return text;
}

/// Where a route answers over HTTP.
inline std::vector<std::string> places_of_route(route_row const& row) {
  described_route described;
  described.controller = row.controller;
  for (auto const& marker : row.markers) http::describe_marker(marker, row.name, described);
  std::vector<std::string> places;
  for (auto const& at : described.endpoints) places.push_back(place_without_names(at));
  return places;
}

/// What this build would break of what the app that runs there has offered; empty: nothing.
inline std::string what_would_break(served_routes const& own, socket::handover_offer const& of) {
  std::string broken;
  for (auto const& theirs : of.routes) {
    auto const* const ours = own.find(theirs.name);
    std::string why = "is not served any more";
    if (ours != nullptr) {
      why.clear();
      if (binary::callable(theirs.shape, *ours->row, why)) why.clear();
      auto const places = places_of_route(*ours->row);
      for (auto const& place : theirs.places)
        if (why.empty() && std::find(places.begin(), places.end(), place) == places.end())
          why = "does not answer " + place + " any more";
    }
    if (!why.empty()) broken += (broken.empty() ? "" : "; ") + theirs.name + " (" + why + ")";
  }
  return broken;
}

/// See <pando/app/detail/app_socket.hpp>.
template <class>
class unix_door final : public app_socket {
 public:
  unix_door(app_core& app, serve_options const& options) : app_(app) {
    app.socket_at(options.socket_path);
    path_ = app.socket_path();
    if (auto const why = why_no_socket_path(path_); !why.empty()) throw listener_unavailable(why);
  }

  std::string path() const override { return path_; }

  void check(serve_options const& options) const override {
    socket::server_options unused;
    set_limits(unused, options.limits_of_socket);
  }

  task<void> claim(serve_options const& options) override {
    // One that runs here already keeps its shards: nothing of this one begins.
    if (!options.replace) {
      check_nobody_listens(path_);
      co_return;
    }
    auto const home = co_await boost::asio::this_coro::executor;
    auto offered = co_await socket::take_over(home, path_);
    if (offered.offer().app != app_.name())
      throw std::runtime_error("the app that runs there is called " + offered.offer().app +
                               ", and this one " + app_.name());
    auto const broken = what_would_break(app_.routes(), offered.offer());
    if (!broken.empty())
      throw incompatible("this build would break who uses the app that runs there: " + broken +
                         "; stop that one first, if this is meant");
    from_.emplace(std::move(offered));
  }

  bool keeps_http() const override { return from_ && !from_->offer().http.empty(); }
  bool keeps_https() const override { return keeps_http() && from_->offer().is_secure; }
  std::vector<int> take_http() override { return from_->take_http(); }

  void listen() override {
    if (!from_) place_.reset(new unix_listener(path_));
  }

  void start(serve_options const& options,
             std::vector<boost::asio::any_io_executor> const& executors) override {
    served_.reset(new serving(app_.routes(), app_.context(),
                              [&app = app_] { return description_of(app); }));
    socket::server_options door{.path = path_};
    set_limits(door, options.limits_of_socket);
    door.adopted = from_ ? from_->take_listener() : place_->release();
    door.giver = giver();
    server_.reset(new socket::server(executors, *served_, std::move(door)));
    if (!from_) {
      server_->keep();
      place_->leave();
    }
    server_->start();
    app_.events().info("socket " + server_->path());
  }

  task<void> take_place() override {
    co_await from_->ready();
    server_->keep();
    app_.events().info("took the place of pid " + std::to_string(from_->process()));
    from_.reset();
  }

  void stop_accepting() override {
    if (server_) server_->stop_accepting();
  }

  task<bool> drain(std::chrono::milliseconds limit) override {
    if (!server_) co_return true;
    bool const is_empty = co_await server_->drain(limit);
    co_return is_empty;
  }

 private:
  static std::string description_of(app_core const& app) {
    buffer text;
    json::encode(describe_app(app.routes(), app.name()), text);
    return std::string(text.view());
  }

  socket::handover_offer offer() const {
    socket::handover_offer made;
    auto lent = app_.lend_http();
    made.is_stopping = !lent;
    if (!lent) return made;
    made.app = app_.name();
    for (auto const& route : app_.routes().all()) {
      buffer shape;
      binary::write_shape(*route.row, shape);
      made.routes.push_back({std::string(route.row->full_name), std::string(shape.view()),
                             places_of_route(*route.row)});
    }
    made.is_secure = lent->is_secure;
    made.http = std::move(lent->sockets);
    return made;
  }

  socket::handover_giver giver() {
    return {[this] { return offer(); },
            [&app = app_, home = app_.home()](std::string const& by) {
              detail::post(home, callback([&app, by] { app.replaced(by); }));
            }};
  }

  app_core& app_;
  std::string path_;
  std::optional<socket::handover> from_{}; ///< the app that goes, until it has
  owner<unix_listener> place_{};           ///< until the server has it
  owner<serving> served_{};
  owner<socket::server> server_{};
};

PANDO_LAZY_BODY owner<app_socket> make_unix_door(app_core& app, serve_options const& options) {
  owner<app_socket> made;
  made.reset(new unix_door<PANDO_LAZY_VOID>(app, options));
  return made;
}

} // namespace detail
} // namespace pando
