// A new build takes the place of the one that runs: what it may not break, how the old one goes.
#pragma once

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include <pando/app/core.hpp>
#include <pando/handler/callback.hpp>
#include <pando/http/describe.hpp>
#include <pando/schema/shape.hpp>
#include <pando/socket/handover.hpp>

namespace pando {

namespace detail {

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

} // namespace detail

PANDO_INLINE std::optional<socket::handover_offer> app_core::offer() const {
  std::lock_guard const lock(runtime_->leaving);
  if (runtime_->stopping) return {};
  socket::handover_offer made;
  made.app = setup_.name;
  for (auto const& route : routes_.all()) {
    buffer shape;
    binary::write_shape(*route.row, shape);
    made.routes.push_back({std::string(route.row->full_name), std::string(shape.view()),
                           detail::places_of_route(*route.row)});
  }
  if (runtime_->http == nullptr) return made;
  made.is_secure = runtime_->http->is_secure();
  made.http = runtime_->http->listeners();
  return made;
}

PANDO_INLINE std::string app_core::what_would_break(socket::handover_offer const& of) const {
  std::string broken;
  for (auto const& theirs : of.routes) {
    auto const* const ours = routes_.find(theirs.name);
    std::string why = "is not served any more";
    if (ours != nullptr) {
      why.clear();
      if (binary::callable(theirs.shape, *ours->row, why)) why.clear();
      auto const places = detail::places_of_route(*ours->row);
      for (auto const& place : theirs.places)
        if (why.empty() && std::find(places.begin(), places.end(), place) == places.end())
          why = "does not answer " + place + " any more";
    }
    if (!why.empty()) broken += (broken.empty() ? "" : "; ") + theirs.name + " (" + why + ")";
  }
  return broken;
}

PANDO_LAZY_BODY task<socket::handover> app_core::replace(serve_options const& options) const {
  if (options.no_socket)
    throw unusable_options(
        "--replace goes over the Unix socket, which this app is not to have");
  auto const home = co_await boost::asio::this_coro::executor;
  auto path = options.socket_path.empty() ? socket_path() : std::string(options.socket_path);
  auto offered = co_await socket::take_over(home, std::move(path));
  if (offered.offer().app != setup_.name)
    throw std::runtime_error("the app that runs there is called " + offered.offer().app +
                             ", and this one " + setup_.name);
  auto const broken = what_would_break(offered.offer());
  if (!broken.empty())
    throw incompatible("this build would break who uses the app that runs there: " + broken +
                       "; stop that one first, if this is meant");
  co_return offered;
}

PANDO_LAZY_BODY socket::handover_giver app_core::giver() {
  return {[this] { return offer(); },
          [this, home = runtime_->home](std::string const& by) {
            detail::post(home, detail::callback([this, by] { replaced(by); }));
          }};
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

} // namespace pando
