// The chunked transfer coding, one octet at a time but for the data.
#pragma once

#include <algorithm>
#include <cstring>

#include <pando/http/detail/characters.hpp>
#include <pando/http/detail/chunked.hpp>

namespace pando::http::detail {

PANDO_INLINE void chunk_decoder::restart(std::size_t limit, std::size_t framing_limit) noexcept {
  *this = chunk_decoder{};
  limit_ = limit;
  framing_limit_ = framing_limit;
}

PANDO_INLINE chunk_decoder::result chunk_decoder::decode(char* body, std::size_t size) noexcept {
  read_ = decoded_;
  while (read_ < size) {
    if (state_ == state::data) {
      take_data(body, size);
      continue;
    }
    if (is_ballast() && framing_limit_-- == 0) return result::malformed;
    auto const after = step(body[read_]);
    if (after == result::malformed || after == result::too_large) return after;
    ++read_;
    if (after == result::complete) return after;
  }
  return result::incomplete;
}

/// What a peer may send without end and without a single octet of data.
PANDO_INLINE bool chunk_decoder::is_ballast() const noexcept {
  return state_ == state::extension || state_ >= state::trailer ||
         (state_ == state::size_digits && left_ == 0);
}

PANDO_INLINE void chunk_decoder::take_data(char* body, std::size_t size) noexcept {
  std::size_t const count = std::min(left_, size - read_);
  if (decoded_ != read_) std::memmove(body + decoded_, body + read_, count);
  decoded_ += count;
  read_ += count;
  left_ -= count;
  if (left_ == 0) state_ = state::data_end;
}

PANDO_INLINE chunk_decoder::result chunk_decoder::step(char c) noexcept {
  switch (state_) {
  case state::size:
  case state::size_digits:
    if (int const digit = hex_digit(c); digit >= 0) {
      // Also bounds the arithmetic: what is left of the limit is less than any overflow.
      if (left_ > (limit_ - decoded_) / 16) return result::too_large;
      left_ = left_ * 16 + static_cast<std::size_t>(digit);
      if (left_ > limit_ - decoded_) return result::too_large;
      state_ = state::size_digits;
      return result::incomplete;
    }
    if (state_ == state::size) return result::malformed;
    if (c == ';')
      state_ = state::extension;
    else if (c == '\r')
      state_ = state::size_end;
    else
      return result::malformed;
    return result::incomplete;
  case state::extension:
    if (c == '\r')
      state_ = state::size_end;
    else if (!is_field_text(c))
      return result::malformed;
    return result::incomplete;
  case state::size_end:
    if (c != '\n') return result::malformed;
    state_ = left_ == 0 ? state::trailer : state::data;
    return result::incomplete;
  case state::data_end:
    if (c != '\r') return result::malformed;
    state_ = state::data_line_end;
    return result::incomplete;
  case state::data_line_end:
    if (c != '\n') return result::malformed;
    state_ = state::size;
    return result::incomplete;
  default:
    return step_trailer(c);
  }
}

/// Trailers are checked and dropped: nothing here waits for one.
PANDO_INLINE chunk_decoder::result chunk_decoder::step_trailer(char c) noexcept {
  switch (state_) {
  case state::trailer:
    if (c == '\r')
      state_ = state::last_end;
    else if (is_token(c))
      state_ = state::trailer_name;
    else
      return result::malformed;
    return result::incomplete;
  case state::trailer_name:
    if (c == ':')
      state_ = state::trailer_value;
    else if (!is_token(c))
      return result::malformed;
    return result::incomplete;
  case state::trailer_value:
    if (c == '\r')
      state_ = state::trailer_end;
    else if (!is_field_text(c))
      return result::malformed;
    return result::incomplete;
  case state::trailer_end:
    if (c != '\n') return result::malformed;
    state_ = state::trailer;
    return result::incomplete;
  case state::last_end:
    if (c != '\n') return result::malformed;
    state_ = state::done;
    return result::complete;
  default:
    return result::malformed;
  }
}

} // namespace pando::http::detail
