// The parser of requests: finds them one after another in a connection's input, and judges them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/config.hpp>
#include <pando/http/detail/chunked.hpp>
#include <pando/http/headers.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

/// What a request may take. At a limit it is refused with the status beside it.
struct request_limits {
  std::size_t target_bytes = std::size_t{8} << 10; ///< 414
  std::size_t head_bytes = std::size_t{16} << 10;  ///< 431; request line and all headers
  std::size_t header_count = 100;                  ///< 431
  std::size_t body_bytes = std::size_t{1} << 20;   ///< 413; decoded
};

/// One request. The views are into the connection's input, unchanged until it has been answered.
struct request {
  std::string_view method; ///< as sent; methods are case-sensitive
  std::string_view target; ///< as sent
  std::string_view path;   ///< of the target, still percent-encoded; "*" for a server-wide OPTIONS
  std::string_view query;  ///< of the target, without '?', still percent-encoded
  http::headers headers;
  std::string_view body;
  bool is_http_1_0 = false;
  bool keep_alive = true; ///< the peer would send another
  bool has_body = false;  ///< a length or a coding was given, even when the body is empty

  bool is_head() const noexcept { return method == "HEAD"; }
};

/// Why a request is refused: the status to answer and a sentence that is safe to show. The
/// connection ends after it, since where the next request begins is not certain.
struct refusal {
  int status = 0;
  std::string_view reason;
};

/// Reads requests from a buffer that grows at its end. The grammar of heads is Boost.Beast's
/// `basic_parser`; before it stands a line scan that keeps limits and refuses what Beast lets pass
/// (folded lines) or only notices late (bare line feeds), and after it the rules of RFC 9112 that
/// tell where a request ends (11.2: request smuggling). No allocation a request once `header_count`
/// has been reached. *Thread*: one at a time.
class request_parser {
 public:
  enum class result : std::uint8_t { incomplete, complete, refused };

  explicit request_parser(request_limits const& limits) noexcept : limits_(limits) {}

  /// Looks at `[data, data + size)`, where `data` is the place at which the request begins and new
  /// octets are at the end. The octets may have been moved since the last call. While a chunked
  /// body is incomplete `size` is made smaller: its framing is taken out.
  result parse(char* data, std::size_t& size);

  /// After `complete`; its views are of the memory given to the last `parse`.
  request const& message() const noexcept { return message_; }
  /// After `complete`: how many octets of `data` the request took.
  std::size_t used() const noexcept { return used_; }
  /// After `refused`.
  refusal const& why() const noexcept { return refusal_; }

  /// The head has been read and the body is awaited.
  bool in_body() const noexcept {
    return phase_ == phase::sized_body || phase_ == phase::chunked_body;
  }
  /// The peer waits for `100 Continue` before it sends the body.
  bool expects_continue() const noexcept { return expects_continue_ && in_body(); }
  /// The size the whole request will have, where that is known before it is there; otherwise 0.
  std::size_t whole_size() const noexcept {
    return phase_ == phase::sized_body ? body_at_ + body_size_ : 0;
  }

  /// Starts on the next request.
  void next() noexcept;

 private:
  enum class phase : std::uint8_t { head, sized_body, chunked_body };

  result refuse(int status, std::string_view reason) noexcept;
  result scan_head(char const* data, std::size_t size) noexcept;
  result judge_line(char const* data, std::size_t end) noexcept;
  result judge_so_far(char const* data, std::size_t size) noexcept;
  result parse_head(char* data);
  result judge_framing(bool chunked, std::size_t length) noexcept;
  bool split_target() noexcept;
  result parse_body(char* data, std::size_t& size) noexcept;
  void follow(char const* data) noexcept;

  request_limits limits_;
  request message_;
  pando::detail::sequence<header> lines_;
  chunk_decoder chunks_;
  refusal refusal_;
  char const* seen_ = nullptr; ///< where the octets were at the last call
  std::size_t scanned_ = 0;    ///< no line feed that has not been seen before this place
  std::size_t line_at_ = 0;    ///< where the line being scanned begins
  std::size_t head_at_ = 0;    ///< behind an empty line that may come before a request
  std::size_t line_count_ = 0;
  std::size_t body_at_ = 0;
  std::size_t body_size_ = 0;
  std::size_t used_ = 0;
  phase phase_ = phase::head;
  bool expects_continue_ = false;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/parser.ipp>
#endif
