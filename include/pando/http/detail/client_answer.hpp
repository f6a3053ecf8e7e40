// What an HTTP answer makes of a call: its result, a declared error, or a failure.
#pragma once

#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/http/detail/client_request.hpp>

namespace pando::http::detail {

/// An answer, whole.
struct client_answer {
  int status = 0;
  std::string_view content_type{};
  std::string_view body{};
};

/// What was asked and where, for sentences.
struct asked_place {
  std::string_view origin; ///< "http://localhost:3000"
  client_request const* request;
  std::string text() const; ///< "POST http://localhost:3000/user"
};

/// The failure that a status stands for where nothing more is said.
failure_code failure_of_status(int status) noexcept;

/// Puts what was answered into the call: `result`, a declared error or a failure. The caller calls
/// `finish`. *Throws* what the user's own types throw when they are filled.
void take_answer(operation& call, client_answer const& answer, asked_place const& where);

/// Puts a problem (RFC 9457) into the call; `status` counts where it names nothing that is known.
void take_problem(operation& call, std::string_view json, int status, asked_place const& where);

/// Gives one item to a stream. False: it is none, and the call has the failure.
bool take_item(stream_operation& call, std::string_view json, asked_place const& where);

/// Whether a Content-Type is of that kind, whatever its parameters.
bool is_content_type(std::string_view header, std::string_view kind) noexcept;

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/client_answer.ipp>
#endif
