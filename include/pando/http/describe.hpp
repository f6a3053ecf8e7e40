// What HTTP's markers add to the description of a route.
#pragma once

#include <string>
#include <string_view>

#include <pando/http/markers.hpp>
#include <pando/schema/description.hpp>

namespace pando::http {

/// For `pando::describe`: reads `http::get<…>` and its like, passes over the rest.
inline void describe_marker(marker_row const& marker, std::string_view, described_route& route) {
  if (marker.door != "http" || marker.kind != "endpoint") return;
  auto const& at = *static_cast<endpoint const*>(marker.data);
  auto& described = route.endpoints.emplace_back();
  described.door = "http";
  described.method = verb_name(at.method);
  described.path = "/" + route.controller;
  if (at.path != "/") described.path += at.path;
}

} // namespace pando::http
