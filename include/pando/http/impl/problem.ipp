// Writing problem details.
#pragma once

#include <pando/http/detail/problem.hpp>
#include <pando/http/detail/write.hpp>
#include <pando/schema/json.hpp>

namespace pando::http::detail {

PANDO_INLINE int status_of(failure const& why) noexcept {
  for (auto const& fault : why.faults().list)
    if (fault.rule == "syntax") return 400;
  return row_of_failure(why.code()).http_status;
}

PANDO_INLINE void append_failure(buffer& body, failure const& why, int status) {
  auto const& row = row_of_failure(why.code());
  body.append(R"({"type":"urn:pando:failure:)");
  body.append(row.name);
  body.append(R"(","title":")");
  body.append(row.title);
  body.append(R"(","status":)");
  append_decimal(body, static_cast<std::uint64_t>(status));
  body.append(R"(,"detail":)");
  json::encode_text(why.what(), body);
  if (!why.id().empty()) {
    body.append(R"(,"id":)");
    json::encode_text(why.id(), body);
  }
  if (!why.faults().empty()) {
    body.append(R"(,"errors":)");
    json::encode(why.faults().list, body);
  }
  body.append('}');
}

PANDO_INLINE void append_declared(buffer& body, error_row const& row, void const* error) {
  body.append(R"({"type":"urn:pando:error:)");
  body.append(row.name);
  body.append(R"(","title":")");
  body.append(row.name);
  body.append(R"(","status":)");
  append_decimal(body, static_cast<std::uint64_t>(row.http_status));
  body.append(R"(,"value":)");
  json::encode(*row.type, error, body);
  body.append('}');
}

} // namespace pando::http::detail
