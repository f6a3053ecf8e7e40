// A call as an HTTP request: the route's marker filled from the fields of the request object.
#pragma once

#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/http/markers.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/table.hpp>

namespace pando::http::detail {

/// What is sent. Unchanged once it is made.
struct client_request {
  verb method = verb::get;
  bool streams = false;
  bool has_body = false;
  std::string target; ///< path and query, percent-encoded
  std::string shown;  ///< the path, fit to be shown: values of secrets masked
  buffer body;        ///< JSON
};

/// The first HTTP endpoint of a route; null: it has none.
endpoint const* first_endpoint(route_row const& route) noexcept;

/// Whether a request may be sent twice without harm (RFC 9110, 9.2.2).
constexpr bool verb_is_idempotent(verb method) noexcept {
  return method != verb::post && method != verb::patch;
}

/// The request of a call: `{field}` on the path from the request object's fields, the others in the
/// query or, for methods with one, in the body as JSON. Absent optionals are left out, lists are
/// repeated. *Throws* invalid_request for what a path, a query or JSON cannot carry.
client_request make_client_request(route_row const& route, endpoint const& where,
                                   std::string_view base, void const* object);

/// Appends a text with everything escaped that is not an unreserved character (RFC 3986, 2.3).
void append_percent_encoded(std::string& out, std::string_view text);

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/client_request.ipp>
#endif
