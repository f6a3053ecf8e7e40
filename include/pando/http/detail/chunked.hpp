// The chunked transfer coding (RFC 9112, 7.1), decoded where it stands.
#pragma once

#include <cstddef>
#include <cstdint>

#include <pando/config.hpp>

namespace pando::http::detail {

/// Takes a chunked body's octets as they come and moves its data together at the front.
/// Boost.Beast's decoder is not used: it stops the program (an assertion) when a last chunk comes
/// octet by octet.
class chunk_decoder {
 public:
  enum class result : std::uint8_t { incomplete, complete, malformed, too_large };

  /// `limit`: octets of data at most. `framing_limit`: octets of extensions, trailers and leading
  /// zeros at most.
  void restart(std::size_t limit, std::size_t framing_limit) noexcept;

  /// Decodes what came behind the data already there: `[body + decoded(), body + size)`. As long as
  /// the body is incomplete all of it is used up, and the next octets belong behind `decoded()`.
  result decode(char* body, std::size_t size) noexcept;
  std::size_t decoded() const noexcept { return decoded_; }
  /// The first octets of the data have been used and taken out of the memory in front; for streams.
  void forget(std::size_t count) noexcept { decoded_ -= count; }
  /// When complete: where what follows the body begins.
  std::size_t end() const noexcept { return read_; }

 private:
  enum class state : std::uint8_t {
    size,
    size_digits,
    extension,
    size_end,
    data,
    data_end,
    data_line_end,
    trailer,
    trailer_name,
    trailer_value,
    trailer_end,
    last_end,
    done
  };
  bool is_ballast() const noexcept;
  result step(char c) noexcept;
  result step_trailer(char c) noexcept;
  void take_data(char* body, std::size_t size) noexcept;

  std::size_t read_ = 0;
  std::size_t decoded_ = 0;
  std::size_t limit_ = 0;
  std::size_t framing_limit_ = 0;
  std::size_t left_ = 0; ///< of the chunk
  state state_ = state::size;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/chunked.ipp>
#endif
