// The OpenAPI document of contracts: what `GET /openapi.json` gives.
#pragma once

#include <span>
#include <string>

#include <pando/config.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/table.hpp>

namespace pando::http {

/// What the document says of the API as a whole.
struct openapi_info {
  std::string title = "API";
  std::string version = "1";
  std::string description{};
};

/// Appends the OpenAPI 3.1 document of all routes that have an HTTP marker, in the order of the
/// contracts: fields of paths and queries as parameters, the others as a JSON body, the answer and
/// the declared errors by their status. *Source*: spec.openapis.org/oas/v3.1.0, RFC 9457.
void openapi(std::span<contract_row const* const> contracts, openapi_info const& info, buffer& out);

} // namespace pando::http

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/openapi.ipp>
#endif
