// Finding one's way in JSON text without reading its values: where each begins and ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pando/config.hpp>

namespace pando::socket::detail {

/// Walks over JSON text (RFC 8259) that is known to be UTF-8. *Thread*: one at a time.
class json_text {
 public:
  explicit json_text(std::string_view text) noexcept : rest_(text) {}

  /// The next value, whole and without blanks around it. False: there is none, or it is no JSON.
  /// *Limit*: nested 128 deep.
  bool value(std::string_view& found) { return value(found, 0); }
  /// Enters an object or array: takes its bracket.
  bool enter(char bracket) noexcept;
  /// Inside an object: its next key, without quotes and as it stands. False at its end, which is
  /// taken, and when it is no JSON: `is_broken` tells these apart.
  bool key(std::string_view& found);
  /// Inside an array: whether another element follows.
  bool element() noexcept;
  /// Whether nothing but blanks is left.
  bool is_at_end() noexcept;
  bool is_broken() const noexcept { return is_broken_; }
  /// The next character that is no blank; 0 at the end.
  char peek() noexcept;

 private:
  bool broken() noexcept {
    is_broken_ = true;
    return false;
  }
  bool value(std::string_view& found, unsigned depth);
  bool skip(unsigned depth);
  bool skip_string() noexcept;
  bool skip_number() noexcept;
  bool skip_word(std::string_view word) noexcept;
  bool skip_container(char close, unsigned depth);
  bool take(char c) noexcept;

  std::string_view rest_;
  bool is_first_ = true; ///< no member or element was taken yet
  bool is_broken_ = false;
};

/// The value of that key in the text of an object, or nothing.
std::string_view member_of(std::string_view object, std::string_view name);

} // namespace pando::socket::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/json_text.ipp>
#endif
