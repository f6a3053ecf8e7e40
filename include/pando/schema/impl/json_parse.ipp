// The parser that drives the decoder: Boost.JSON's, and what its errors are called.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <boost/json/basic_parser_impl.hpp>

#include <pando/meta/utf8.hpp>
#include <pando/schema/detail/json_decoder.hpp>

namespace pando::detail {

/// Hands the parser's events on.
struct json_events {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using code = boost::json::error_code;
  using view = boost::json::string_view;

  explicit json_events(json_decoder& decoder) : to(decoder) {}
  json_decoder& to;

  static std::string_view text(view from) noexcept { return {from.data(), from.size()}; }
  bool on_document_begin(code&) { return true; }
  bool on_document_end(code&) { return true; }
  bool on_object_begin(code&) { return to.begin_object(); }
  bool on_object_end(std::size_t, code&) { return to.end_object(); }
  bool on_array_begin(code&) { return to.begin_array(); }
  bool on_array_end(std::size_t, code&) { return to.end_array(); }
  bool on_key_part(view part, std::size_t, code&) { return to.key_part(text(part)); }
  PANDO_PER_VALUE bool on_key(view name, std::size_t, code&) { return to.key(text(name)); }
  bool on_string_part(view part, std::size_t, code&) { return to.string_part(text(part)); }
  PANDO_PER_VALUE bool on_string(view value, std::size_t, code&) { return to.string(text(value)); }
  bool on_number_part(view, code&) { return true; } // the whole text is there: none comes in parts
  PANDO_PER_VALUE bool on_int64(std::int64_t value, view token, code&) {
    return to.integer(value, text(token));
  }
  bool on_uint64(std::uint64_t, view token, code&) { return to.other_integer(text(token)); }
  PANDO_PER_VALUE bool on_double(double value, view token, code&) {
    return to.number(value, text(token));
  }
  PANDO_PER_VALUE bool on_bool(bool value, code&) { return to.boolean(value); }
  bool on_null(code&) { return to.null(); }
  bool on_comment_part(view, code&) { return true; }
  bool on_comment(view, code&) { return true; }
};

/// One violation for a text that is no JSON; what was found before it is not told.
PANDO_INLINE void json_decoder::syntax_fault(std::size_t offset, int what) {
  using boost::json::error;
  faults_.list.resize(std::min(before_, faults_.list.size()));
  auto const read = text_.substr(0, offset);
  auto const line = 1 + std::count(read.begin(), read.end(), '\n');
  auto const column = offset - (read.rfind('\n') + 1) + 1; // npos + 1 is 0
  std::string const where = "at line " + std::to_string(line) + ", column " +
                            std::to_string(column) + " (offset " + std::to_string(offset) + ")";
  std::string path(options_.path);
  auto const kind = static_cast<error>(what);
  if (kind == error::too_deep) {
    fault_at(std::move(path), "depth",
             "objects and lists may stand in one another " + std::to_string(options_.max_depth) +
                 " deep, and go deeper " + where);
    return;
  }
  std::string_view why = "unexpected character";
  if (text_.find_first_not_of(" \t\r\n") == text_.npos) why = "nothing is there";
  else if (kind == error::incomplete) why = "the text ends too early";
  else if (kind == error::extra_data) why = "something follows the value";
  else if (kind == error::exponent_overflow) why = "the exponent is too large";
  else if (offset < text_.size() && meta::utf8_fault(text_.substr(offset)) == 0) why = "no UTF-8";
  fault_at(std::move(path), "syntax", "is no JSON: " + std::string(why) + " " + where);
}

/// Parses one value that begins at `from`. False: parsing ended before the value did.
PANDO_INLINE bool json_decoder::parse(char const* from) {
  boost::json::parse_options options;
  options.max_depth = options_.max_depth;
  options.allow_invalid_utf8 = is_utf8_; // then no string need be looked at once more
  boost::json::basic_parser<json_events> parser(options, *this);
  boost::json::error_code failure;
  auto const size = static_cast<std::size_t>(text_.data() + text_.size() - from);
  auto const used = parser.write_some(false, from, size, failure);
  bool const is_whole = from == text_.data();
  if (is_whole && !failure && used < size) failure = boost::json::error::extra_data;
  if (failure && going_on()) {
    if (is_whole) syntax_fault(used, failure.value());
    return false;
  }
  return !failure;
}

PANDO_INLINE bool json_decoder::run() {
  return parse(text_.data()) && told_ == 0;
}

} // namespace pando::detail

namespace pando::json {

PANDO_INLINE bool decode(std::string_view text, schema::type const& type, void* object,
                         violations& faults, decode_options const& options) {
  detail::json_decoder decoder(text, type, object, faults, options);
  return decoder.run();
}

} // namespace pando::json
