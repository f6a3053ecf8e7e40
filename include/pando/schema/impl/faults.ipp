// The sentences of <pando/schema/detail/faults.hpp>, and numbers from their tokens.
#pragma once

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include <pando/contract/bytes.hpp>
#include <pando/meta/closest.hpp>
#include <pando/schema/detail/faults.hpp>
#include <pando/schema/text.hpp>

namespace pando::detail {

PANDO_INLINE void add_step(std::string& path, std::string_view step) {
  if (path.size() >= longest_path) return;
  text::append_pointer_step(path, step);
  if (path.size() > longest_path) {
    path.resize(longest_path);
    while (!path.empty() && (static_cast<unsigned char>(path.back()) & 0xc0U) == 0x80U)
      path.pop_back();
    if (!path.empty() && static_cast<unsigned char>(path.back()) >= 0xc0U) path.pop_back();
    path += "...";
  }
}

PANDO_INLINE std::string quoted(std::string_view name) {
  constexpr std::size_t longest = 64;
  std::string text = "\"";
  std::size_t upto = name.size();
  if (upto > longest) {
    upto = longest;
    while (upto != 0 && (static_cast<unsigned char>(name[upto]) & 0xc0U) == 0x80U) --upto;
  }
  for (char const c : name.substr(0, upto))
    text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (upto < name.size()) text += "...";
  return text += '"';
}

PANDO_INLINE std::string suggestion(schema::type const& structure, std::string_view name) {
  meta::closest_name best(name);
  for (auto const& field : structure.fields) best.consider(field.name);
  if (best.found().empty()) return {};
  return "; did you mean " + quoted(best.found()) + "?";
}

/// The bounds of an integer type, as text.
inline std::string integer_range(schema::type const& type) {
  auto const bits = type.width * 8U;
  if (!type.is_signed) {
    auto const most = std::numeric_limits<std::uint64_t>::max() >> (64U - bits);
    return "0 to " + std::to_string(most);
  }
  auto const most = std::numeric_limits<std::int64_t>::max() >> (64U - bits);
  return std::to_string(-most - 1) + " to " + std::to_string(most);
}

inline std::string one_of_names(schema::type const& type) {
  constexpr std::size_t most = 24;
  std::string text = type.enumerators.size() == 1 ? "" : "one of ";
  std::size_t told = 0;
  for (auto const& one : type.enumerators) {
    if (told != 0) text += ", ";
    if (told++ == most) return text += "...";
    text += one.name;
  }
  return text;
}

PANDO_INLINE std::string expected(schema::type const& type) {
  using enum schema::kind;
  switch (type.what) {
  case boolean: return "true or false";
  case integer: return "a whole number from " + integer_range(type);
  case floating: return "a number";
  case string: return "text";
  case enumeration: return one_of_names(type);
  case text:
    return std::string("text like ") + std::string(type.text->example) + " (" +
           std::string(type.text->format) + ")";
  case bytes: return "base64 text";
  case optional: return expected(*type.element) + ", or null";
  case list: return "a list";
  case fixed_list: return "a list of " + std::to_string(type.count);
  case set: return "a list without repeats";
  case converted: return expected(*type.element);
  case variant: return "an object of type and value";
  case map:
  case structure: break;
  }
  return "an object";
}

PANDO_INLINE std::size_t check_rules(schema::type const& type, void const* value, place const& at,
                                     violations& faults) {
  std::size_t broken = 0;
  for (auto const& rule : type.rules) {
    if (rule.check(value)) continue;
    ++broken;
    faults.add(at.path(), rule.name, "must be " + rule.describe());
  }
  return broken;
}

PANDO_INLINE std::size_t report_missing(schema::type const& structure, std::uint64_t seen,
                                        place const& at, violations& faults, bool leaves) {
  std::uint64_t const missing = structure.required & ~seen;
  std::size_t told = 0;
  for (std::size_t i = 0; i < structure.fields.size(); ++i) {
    if ((missing >> i & 1U) == 0) continue;
    auto const& of = *structure.fields[i].of;
    auto path = at.path();
    add_step(path, structure.fields[i].name);
    if (leaves && of.what == schema::kind::structure) {
      told += report_missing(of, 0, known_place(path), faults, true);
      continue;
    }
    ++told;
    faults.add(std::move(path), "required", "is required: " + expected(of));
  }
  return told;
}

PANDO_INLINE bool store_text(schema::type const& type, void* at, std::string_view from, bool hint,
                             std::string_view& rule, std::string& message) {
  std::string_view why;
  switch (type.what) {
  case schema::kind::string:
    static_cast<std::string*>(at)->assign(from.data(), from.size());
    return true;
  case schema::kind::enumeration: {
    if (auto const* const found = find_enumerator(type, from))
      return store_integer(type, at, found->value);
    meta::closest_name best(from);
    for (auto const& one : type.enumerators) best.consider(one.name);
    rule = "one_of";
    message = "must be " + expected(type);
    if (hint && !best.found().empty()) message += "; did you mean " + quoted(best.found()) + "?";
    return false;
  }
  case schema::kind::text:
    if (type.text->read(at, from, why)) return true;
    break;
  case schema::kind::bytes:
    if (text::parse_base64(from, static_cast<bytes*>(at)->value_, why)) return true;
    break;
  default:
    rule = "type";
    message = "must be " + expected(type) + ", not text";
    return false;
  }
  rule = "format";
  message = "is not " + std::string(why);
  return false;
}

PANDO_INLINE bool store_integer(schema::type const& type, void* at, std::int64_t value) noexcept {
  auto const put = [at, value](auto fitting) {
    fitting = static_cast<decltype(fitting)>(value);
    if (static_cast<std::int64_t>(fitting) != value) return false;
    std::memcpy(at, &fitting, sizeof fitting);
    return true;
  };
  switch (type.width) {
  case 1: return type.is_signed ? put(std::int8_t{}) : put(std::uint8_t{});
  case 2: return type.is_signed ? put(std::int16_t{}) : put(std::uint16_t{});
  case 4: return type.is_signed ? put(std::int32_t{}) : put(std::uint32_t{});
  default: return (type.is_signed || value >= 0) && put(std::int64_t{});
  }
}

PANDO_INLINE bool store_integer(schema::type const& type, void* at, std::uint64_t value) noexcept {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return store_integer(type, at, static_cast<std::int64_t>(value));
  if (type.is_signed || type.width < 8) return false;
  std::memcpy(at, &value, sizeof value);
  return true;
}

/// The parts of a JSON number without its sign: its digits, the first that is not zero, and how
/// many of them stand before the point once the exponent is worked in.
class number_parts {
 public:
  explicit number_parts(std::string_view token) noexcept {
    auto const e = token.find_first_of("eE");
    auto const mantissa = token.substr(0, e);
    auto const dot = mantissa.find('.');
    whole_ = mantissa.substr(0, dot);
    if (dot != mantissa.npos) fraction_ = mantissa.substr(dot + 1);
    while (first < size() && digit(first) == '0') ++first;
    before_point = static_cast<std::int64_t>(whole_.size());
    if (e == token.npos) return;
    std::int64_t exponent = 0;
    auto const* from = token.data() + e + 1;
    if (*from == '+') ++from;
    auto const read = std::from_chars(from, token.data() + token.size(), exponent);
    constexpr std::int64_t enormous = 1'000'000'000;
    if (read.ec != std::errc{} || exponent > enormous || exponent < -enormous)
      exponent = *from == '-' ? -enormous : enormous;
    before_point += exponent;
  }

  std::size_t size() const noexcept { return whole_.size() + fraction_.size(); }
  char digit(std::size_t i) const noexcept {
    return i < whole_.size() ? whole_[i] : fraction_[i - whole_.size()];
  }

  std::size_t first = 0;
  std::int64_t before_point = 0;

 private:
  std::string_view whole_;
  std::string_view fraction_;
};

/// A JSON number without its sign, when it is a whole number. `rule` is "type" when there is a
/// fraction, "range" when it is too large.
inline bool whole_digits(std::string_view token, std::uint64_t& out,
                         std::string_view& rule) noexcept {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  number_parts const parts(token);
  auto const digits = parts.size();
  out = 0;
  if (parts.first == digits) return true; // zero, whatever the exponent
  for (std::size_t i = parts.first; i < digits; ++i) {
    if (static_cast<std::int64_t>(i) >= parts.before_point) {
      if (parts.digit(i) != '0') return rule = "type", false;
      continue;
    }
    auto const next = static_cast<std::uint64_t>(parts.digit(i) - '0');
    if (out > (most - next) / 10) return rule = "range", false;
    out = out * 10 + next;
  }
  for (auto i = static_cast<std::int64_t>(digits); i < parts.before_point; ++i) {
    if (out > most / 10) return rule = "range", false; // ends soon: `out` is not zero
    out *= 10;
  }
  return true;
}

PANDO_INLINE bool store_whole(schema::type const& type, void* at, std::string_view token,
                              std::string_view& rule) noexcept {
  bool const negative = token.front() == '-';
  std::uint64_t size = 0;
  if (!whole_digits(token.substr(negative ? 1 : 0), size, rule)) return false;
  rule = "range";
  if (!negative) return store_integer(type, at, size);
  constexpr auto least = static_cast<std::uint64_t>(1) << 63U;
  if (size > least) return false;
  return store_integer(type, at, static_cast<std::int64_t>(std::uint64_t{0} - size));
}

/// A number that is too small to be told from none is none; one that is too large is refused.
template <class Number>
bool nearest_number(std::string_view token, void* at) noexcept {
  Number value{};
  auto const read = std::from_chars(token.data(), token.data() + token.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    bool const negative = token.front() == '-';
    number_parts const parts(token.substr(negative ? 1 : 0));
    if (parts.before_point > static_cast<std::int64_t>(parts.first)) return false;
    value = negative ? -Number{} : Number{};
  } else if (!std::isfinite(value)) {
    return false;
  }
  *static_cast<Number*>(at) = value;
  return true;
}

PANDO_INLINE bool store_number(schema::type const& type, void* at,
                               std::string_view token) noexcept {
  return type.width == 4 ? nearest_number<float>(token, at) : nearest_number<double>(token, at);
}

PANDO_INLINE schema::enumerator const* find_enumerator(schema::type const& type,
                                                       std::string_view name) noexcept {
  for (auto const& one : type.enumerators)
    if (one.name == name) return &one;
  return nullptr;
}

} // namespace pando::detail
