// What a request's target says: path segments and query pairs, decoded.
#pragma once

#include <string>
#include <string_view>

#include <pando/config.hpp>

namespace pando::http::detail {

/// Appends the decoded text of a path segment. False, and nothing is appended, when an escape is
/// malformed or stands for NUL. What comes out need not be UTF-8.
bool append_percent_decoded(std::string& out, std::string_view text);

/// The same for a part of a query, where '+' is a space.
bool append_query_decoded(std::string& out, std::string_view text);

/// Takes the next segment, still encoded, off the front of a path; empty ones are passed over, so
/// that a trailing slash is the same path. An empty view: there is none left.
constexpr std::string_view next_segment(std::string_view& path) noexcept {
  while (path.starts_with('/')) path.remove_prefix(1);
  auto const segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// Reads `key=value&key=value` pair by pair, in order, repeated keys and all. A key without '=' has
/// an empty value; empty pairs are passed over. What needs no decoding is a view of the query, the
/// rest is decoded into memory that is used again.
class query_reader {
 public:
  explicit query_reader(std::string_view query) noexcept : rest_(query) {}

  /// Goes to the next pair; false at the end, or when an escape is malformed (`failed`).
  bool next();
  std::string_view key() const noexcept { return key_; }
  std::string_view value() const noexcept { return value_; }
  bool failed() const noexcept { return failed_; }

 private:
  bool decode(std::string_view& part, std::string& memory);

  std::string_view rest_;
  std::string_view key_;
  std::string_view value_;
  std::string key_memory_;
  std::string value_memory_;
  bool failed_ = false;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/target.ipp>
#endif
