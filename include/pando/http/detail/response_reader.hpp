// The parser of answers: where one ends, however its octets come. No socket here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/http/detail/chunked.hpp>
#include <pando/schema/buffer.hpp>

namespace pando::http::detail {

/// Reads answers from a buffer that grows at its end: first the head, which it takes out of the
/// buffer, then the body, whose decoded octets stand at the buffer's front. The grammar of heads is
/// Boost.Beast's `basic_parser`. *Limit*: heads of 64 KiB, 16 interim (1xx) ones before the answer.
/// *Thread*: one at a time.
class response_reader {
 public:
  enum class result : std::uint8_t { incomplete, complete, malformed, too_large };

  static constexpr std::size_t head_limit = std::size_t{64} << 10;
  static constexpr int interim_limit = 16;

  /// Starts on the next answer; `to_head`: of a HEAD request, which has no body.
  void restart(bool to_head) noexcept;

  result read_head(buffer& in);
  int status() const noexcept { return status_; }
  std::string_view content_type() const noexcept { return content_type_; }

  /// Says how large the body may be, after the head. Only data that is in the buffer counts.
  void begin_body(std::size_t limit) noexcept;
  /// Looks at what came. Octets of the body are in the buffer from its begin to `decoded()`, those
  /// before a fault too. Once it is not `incomplete` it stays what it is.
  result read_body(buffer& in) noexcept;
  std::size_t decoded() const noexcept { return decoded_; }
  /// The connection has ended: what that makes of the body.
  result end_of_input() const noexcept;
  /// Takes the first octets of the body out of the buffer: they have been used.
  void drop(buffer& in, std::size_t count) noexcept;

  /// When complete: whether the connection can be used for another request.
  bool is_reusable(buffer const& in) const noexcept { return keep_alive_ && in.size() == end_; }

 private:
  enum class framing : std::uint8_t { none, sized, chunked, to_end };

  result find_head(buffer const& in, std::size_t& size) noexcept;
  result take_head(buffer& in, std::size_t size);
  result look_at_body(buffer& in) noexcept;

  chunk_decoder chunks_;
  std::string content_type_;
  std::size_t scanned_ = 0;
  std::size_t line_at_ = 0;
  std::size_t left_ = 0; ///< sized: of the body, those in the buffer included
  std::size_t limit_ = 0;
  std::size_t decoded_ = 0;
  std::size_t end_ = 0; ///< when complete: where the answer ends in the buffer
  int status_ = 0;
  int interim_ = 0;
  framing how_ = framing::none;
  result so_far_ = result::incomplete; ///< of the body
  bool to_head_ = false;
  bool keep_alive_ = false;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/response_reader.ipp>
#endif
