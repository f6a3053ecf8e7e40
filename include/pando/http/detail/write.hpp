// Writing answers: heads, chunks and small whole answers, appended to a connection's output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>

#include <pando/config.hpp>
#include <pando/schema/buffer.hpp>

namespace pando::http::detail {

/// The standard words for a status; empty for one that has none.
std::string_view reason_phrase(int status) noexcept;

/// `HTTP/1.1 200 OK\r\n`
void append_status_line(buffer& out, int status);

/// `Name: value\r\n`
void append_line(buffer& out, std::string_view name, std::string_view value);

/// The digits of a number, decimal.
void append_decimal(buffer& out, std::uint64_t number);

/// The header `Date: …\r\n`, made once a second. *Thread*: one at a time.
class date_line {
 public:
  std::string_view now() noexcept;
  /// The same for a moment given by the caller.
  std::string_view at(std::time_t moment) noexcept;

 private:
  std::time_t moment_ = -1;
  char text_[38] = {};
};

/// How an answer goes on after its head.
enum class framing : std::uint8_t {
  sized,   ///< Content-Length
  chunked, ///< Transfer-Encoding: chunked
  to_end,  ///< the end of the connection is the end of the body, for HTTP/1.0
};

/// What the head of an answer says.
struct answer_head {
  int status = 200;
  std::string_view content_type{}; ///< none when empty
  std::string_view lines{};        ///< further headers, each with its CRLF
  framing how = framing::sized;
  std::size_t length = 0; ///< of a sized body
  bool keep_alive = true;
  bool peer_is_http_1_0 = false;
};

/// Whether an answer of that status has a body at all.
constexpr bool status_has_body(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

void append_head(buffer& out, answer_head const& head, std::string_view date);

/// One chunk; nothing for no data, since an empty chunk would end the body.
void append_chunk(buffer& out, std::string_view data);
void append_last_chunk(buffer& out);

/// An RFC 9457 problem without members of its own: `{"type":…,"title":…,"status":…,"detail":…}`.
/// `detail` is our own text; it holds nothing that JSON would have to escape.
void append_problem(buffer& body, int status, std::string_view detail);

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/write.ipp>
#endif
