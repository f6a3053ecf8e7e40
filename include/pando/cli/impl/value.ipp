// The small JSON tree of the command line: reading, writing, finding.
#pragma once

#include <algorithm>
#include <charconv>
#include <utility>

#include <pando/cli/detail/value.hpp>
#include <pando/meta/name_index.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/meta/utf8.hpp>

namespace pando::cli::detail {

PANDO_INLINE json_value const* json_value::find(std::string_view name) const noexcept {
  for (auto const& one : members)
    if (one.name == name) return &one.value;
  return nullptr;
}

PANDO_INLINE json_value* json_value::find(std::string_view name) noexcept {
  return const_cast<json_value*>(static_cast<json_value const*>(this)->find(name));
}

PANDO_INLINE json_value& json_value::member(std::string_view name) {
  if (what != kind::object) *this = json_object();
  if (auto* const found = find(name)) return *found;
  members.push_back({std::string(name), {}});
  return members.back().value;
}

PANDO_INLINE std::string_view json_value::text_of(std::string_view name) const noexcept {
  auto const* const found = find(name);
  return found != nullptr && found->is(kind::string) ? std::string_view(found->text)
                                                     : std::string_view{};
}

PANDO_INLINE std::uint64_t json_value::number_of(std::string_view name,
                                                 std::uint64_t otherwise) const noexcept {
  auto const* const found = find(name);
  if (found == nullptr || !found->is(kind::number)) return otherwise;
  std::uint64_t number = 0;
  char const* const end = found->text.data() + found->text.size();
  auto const read = std::from_chars(found->text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? number : otherwise;
}

PANDO_INLINE json_value json_boolean(bool truth) {
  json_value made;
  made.what = json_value::kind::boolean;
  made.truth = truth;
  return made;
}
PANDO_INLINE json_value json_number(std::string_view written) {
  json_value made;
  made.what = json_value::kind::number;
  made.text = written;
  return made;
}
PANDO_INLINE json_value json_string(std::string_view text) {
  json_value made;
  made.what = json_value::kind::string;
  made.text = text;
  return made;
}
PANDO_INLINE json_value json_array() {
  json_value made;
  made.what = json_value::kind::array;
  return made;
}
PANDO_INLINE json_value json_object() {
  json_value made;
  made.what = json_value::kind::object;
  return made;
}

/// Reads a text from front to back; the first fault ends it.
class json_reader {
 public:
  json_reader(std::string_view text, std::string& why) : text_(text), why_(&why) {}

  bool whole(json_value& out) {
    if (auto const at = meta::utf8_fault(text_); at != text_.npos) {
      at_ = at;
      return fail("this is not UTF-8");
    }
    if (!value(out, 0)) return false;
    blanks();
    return at_ == text_.size() || fail("nothing may follow the value");
  }

 private:
  static constexpr int deepest = 600; // what codecs nest, and the messages around it

  bool fail(std::string_view what) {
    std::size_t line = 1;
    std::size_t column = 1;
    for (std::size_t i = 0; i < at_ && i < text_.size(); ++i) {
      ++column;
      if (text_[i] == '\n') ++line, column = 1;
    }
    *why_ = "line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
    *why_ += what;
    return false;
  }
  void blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view one) {
    if (text_.substr(at_, one.size()) != one) return fail("a value is expected");
    at_ += one.size();
    return true;
  }

  bool value(json_value& out, int depth) {
    blanks();
    if (at_ == text_.size()) return fail("a value is expected");
    switch (text_[at_]) {
    case '{':
      return object(out, depth + 1);
    case '[':
      return array(out, depth + 1);
    case '"':
      out.what = json_value::kind::string;
      return string(out.text);
    case 't':
      out = json_boolean(true);
      return word("true");
    case 'f':
      out = json_boolean(false);
      return word("false");
    case 'n':
      out = {};
      return word("null");
    default:
      return number(out);
    }
  }

  bool object(json_value& out, int depth) {
    if (depth > deepest) return fail("values are nested deeper than 600");
    out = json_object();
    ++at_;
    blanks();
    if (take('}')) return true;
    do {
      blanks();
      json_member one;
      if (at_ == text_.size() || text_[at_] != '"') return fail("a key in quotes is expected");
      if (!string(one.name)) return false;
      blanks();
      if (!take(':')) return fail("':' is expected");
      if (!value(one.value, depth)) return false;
      out.members.push_back(std::move(one));
      blanks();
    } while (take(','));
    if (!take('}')) return fail("',' or '}' is expected");
    return names_differ(out.members);
  }

  bool names_differ(pando::detail::sequence<json_member> const& members) {
    pando::detail::name_index names;
    for (auto const& one : members) {
      if (names.add(one.name)) continue;
      --at_;
      return fail("the object has the key \"" + one.name + "\" twice");
    }
    return true;
  }

  bool array(json_value& out, int depth) {
    if (depth > deepest) return fail("values are nested deeper than 600");
    out = json_array();
    ++at_;
    blanks();
    if (take(']')) return true;
    do {
      if (!value(out.items.emplace_back(), depth)) return false;
      blanks();
    } while (take(','));
    return take(']') || fail("',' or ']' is expected");
  }

  bool number(json_value& out) {
    auto const from = at_;
    while (at_ < text_.size() &&
           (text_[at_] == '-' || text_[at_] == '+' || text_[at_] == '.' || text_[at_] == 'e' ||
            text_[at_] == 'E' || (text_[at_] >= '0' && text_[at_] <= '9')))
      ++at_;
    auto const written = text_.substr(from, at_ - from);
    if (!is_json_number(written)) {
      at_ = from;
      return fail(written.empty() ? "a value is expected" : "this is no number");
    }
    out = json_number(written);
    return true;
  }

  bool string(std::string& out) {
    out.clear();
    ++at_;
    while (at_ < text_.size()) {
      char const c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return fail("a control character in a string");
      if (c == '\\') {
        if (!escape(out)) return false;
      } else {
        out += c;
        ++at_;
      }
    }
    return fail("the string does not end");
  }

  bool escape(std::string& out) {
    if (at_ + 1 >= text_.size()) return fail("the string does not end");
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    char const c = text_[at_ + 1];
    if (auto const which = letters.find(c); which != letters.npos) {
      out += meant[which];
      at_ += 2;
      return true;
    }
    std::uint32_t point = 0;
    if (c != 'u' || !unit(point)) return fail("no such escape");
    if (point >= 0xd800 && point < 0xdc00) {
      std::uint32_t low = 0;
      if (text_.substr(at_, 2) != "\\u" || !unit(low) || low < 0xdc00 || low > 0xdfff)
        return fail("half a character");
      point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point < 0xe000) {
      return fail("half a character");
    }
    append_point(point, out);
    return true;
  }

  /// Four hexadecimal digits after `\u`.
  bool unit(std::uint32_t& out) {
    if (text_.size() - at_ < 6) return false;
    char const* const from = text_.data() + at_ + 2;
    auto const read = std::from_chars(from, from + 4, out, 16);
    if (read.ec != std::errc{} || read.ptr != from + 4) return false;
    at_ += 6;
    return true;
  }

  static void append_point(std::uint32_t point, std::string& out) {
    auto const octet = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (point < 0x80) return octet(point);
    if (point < 0x800) {
      octet(0xc0U | point >> 6U);
    } else if (point < 0x10000) {
      octet(0xe0U | point >> 12U);
      octet(0x80U | (point >> 6U & 0x3fU));
    } else {
      octet(0xf0U | point >> 18U);
      octet(0x80U | (point >> 12U & 0x3fU));
      octet(0x80U | (point >> 6U & 0x3fU));
    }
    octet(0x80U | (point & 0x3fU));
  }

  std::string_view text_;
  std::string* why_;
  std::size_t at_ = 0;
};

PANDO_INLINE bool parse_json(std::string_view text, json_value& out, std::string& why) {
  return json_reader(text, why).whole(out);
}

PANDO_INLINE bool is_json_number(std::string_view text) noexcept {
  std::size_t at = 0;
  auto const digits = [&] {
    auto const from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  auto const whole = at;
  auto const count = digits();
  if (count == 0 || (count > 1 && text[whole] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

inline void write_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (char const c : text) {
    auto const octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (octet < 0x20)
      (out += "\\u00") += hex[octet >> 4U], out += hex[octet & 15U];
    else
      out += c;
  }
  out += '"';
}

PANDO_INLINE void write_json(json_value const& value, std::string& out) {
  using enum json_value::kind;
  switch (value.what) {
  case null:
    out += "null";
    return;
  case boolean:
    out += value.truth ? "true" : "false";
    return;
  case number:
    out += value.text;
    return;
  case string:
    return write_json_string(value.text, out);
  case array: {
    out += '[';
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      if (i != 0) out += ',';
      write_json(value.items[i], out);
    }
    out += ']';
    return;
  }
  case object: {
    out += '{';
    for (std::size_t i = 0; i < value.members.size(); ++i) {
      if (i != 0) out += ',';
      write_json_string(value.members[i].name, out);
      out += ':';
      write_json(value.members[i].value, out);
    }
    out += '}';
    return;
  }
  }
}

PANDO_INLINE std::string json_text_of(json_value const& value) {
  std::string out;
  write_json(value, out);
  return out;
}

} // namespace pando::cli::detail
