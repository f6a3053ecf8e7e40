// Errors as RFC 9457 problem details: what every door's errors are over HTTP.
#pragma once

#include <string_view>

#include <pando/config.hpp>
#include <pando/handler/failure.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/table.hpp>

namespace pando::http::detail {

inline constexpr std::string_view problem_type = "application/problem+json";

/// Appends `{"type":"urn:pando:failure:NAME",…,"errors":[{"path":…,"rule":…,"message":…}]}`.
void append_failure(buffer& body, failure const& why, int status);

/// Appends `{"type":"urn:pando:error:NAME","title":"NAME","status":409,"value":{…}}`.
/// *Throws* json::unencodable.
void append_declared(buffer& body, error_row const& row, void const* error);

/// The status of a failure: 400 in place of 422 where the request is no JSON at all.
int status_of(failure const& why) noexcept;

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/problem.ipp>
#endif
