// What an app says of itself: its contracts, and what each door makes of their markers.
#pragma once

#include <string>

#include <pando/cli/describe.hpp>
#include <pando/config.hpp>
#include <pando/handler/served.hpp>
#include <pando/http/describe.hpp>
#include <pando/schema/description.hpp>

namespace pando::detail {

inline described_app describe_app(served_routes const& routes, std::string const& name) {
  marker_reader const doors[]{&cli::describe_marker, &http::describe_marker};
  return pando::describe(routes.contracts(), name, PANDO_VERSION_STRING, doors);
}

} // namespace pando::detail
