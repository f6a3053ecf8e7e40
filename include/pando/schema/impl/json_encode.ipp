// Objects into JSON: one pass over the table, written with a bare pointer into the buffer's room.
#pragma once

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <pando/contract/bytes.hpp>
#include <pando/meta/utf8.hpp>
#include <pando/schema/detail/faults.hpp>
#include <pando/schema/detail/json_writer.hpp>
#include <pando/schema/detail/scratch.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/text.hpp>

namespace pando::detail {

/// On its way out of the writer: the steps of its path come one by one, the innermost first.
struct cannot_write {
  std::string path;
  std::string_view why;
  void within(std::string_view step) {
    std::string whole;
    add_step(whole, step);
    path.insert(0, whole);
  }
};

/// Functions that write take the place to write at and give the place after. Where a value begins,
/// there is room for `value_room`, or it is asked for.
class json_encoder {
 public:
  json_encoder(buffer& out, json::encode_options const& options)
      : out_(out), limit_(out.data() + out.capacity()), mask_(options.mask_secrets) {}

  void whole(schema::type const& type, void const* from) {
    char* to = room(out_.data() + out_.size(), value_room);
    to = value(type, from, to);
    out_.commit(to);
  }

  char* text(std::string_view from, char* to) {
    to = room(to, from.size() + 2 + slack);
    if (!copy_plain(to + 1, from.data(), from.size())) [[unlikely]] return escaped(from, to);
    *to = '"';
    to += from.size() + 1;
    *to = '"';
    return to + 1;
  }

  char* start() { return room(out_.data() + out_.size(), value_room); }

 private:
  static constexpr std::size_t value_room = 48;
  static constexpr std::size_t slack = 16; ///< copies may be longer than what is copied
  static constexpr unsigned deepest = 512;

  char* room(char* to, std::size_t count) {
    if (static_cast<std::size_t>(limit_ - to) >= count) [[likely]] return to;
    return grow(to, count);
  }
  char* grow(char* to, std::size_t count);

  char* value(schema::type const& type, void const* from, char* to) {
    if (type.is_secret && mask_) [[unlikely]] return copy("\"***\"", to);
    switch (type.what) {
    case schema::kind::structure: return structure(type, from, to);
    case schema::kind::integer: return integer(type, from, to);
    case schema::kind::string: return text(*static_cast<std::string const*>(from), to);
    case schema::kind::boolean: {
      bool is = false;
      std::memcpy(&is, from, sizeof is);
      return copy(is ? std::string_view("true") : std::string_view("false"), to);
    }
    case schema::kind::floating: return number(type, from, to);
    case schema::kind::optional:
      if (type.items->size(from) == 0) return copy("null", to);
      return value(*type.element, type.items->data(from), to);
    default: return other(type, from, to);
    }
  }

  static char* copy(std::string_view from, char* to) noexcept {
    std::memcpy(to, from.data(), from.size());
    return to + from.size();
  }

  template <class Integer>
  static Integer load(void const* from) noexcept {
    Integer value{};
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  static char* integer(schema::type const& type, void const* from, char* to) noexcept {
    switch (type.width * 2 + (type.is_signed ? 1 : 0)) {
    case 17: return put_signed(to, load<std::int64_t>(from));
    case 16: return put_unsigned(to, load<std::uint64_t>(from));
    case 9: return put_signed(to, load<std::int32_t>(from));
    case 8: return put_unsigned(to, load<std::uint32_t>(from));
    case 5: return put_signed(to, load<std::int16_t>(from));
    case 4: return put_unsigned(to, load<std::uint16_t>(from));
    case 3: return put_signed(to, load<std::int8_t>(from));
    default: return put_unsigned(to, load<std::uint8_t>(from));
    }
  }

  char* number(schema::type const& type, void const* from, char* to) {
    return type.width == 4 ? number(load<float>(from), to) : number(load<double>(from), to);
  }
  template <class Number>
  char* number(Number from, char* to);

  char* structure(schema::type const& type, void const* from, char* to);
  char* other(schema::type const& type, void const* from, char* to);
  char* enumeration(schema::type const& type, void const* from, char* to);
  char* list(schema::type const& type, void const* from, char* to);
  char* each(schema::type const& type, void const* from, char* to);
  char* variant(schema::type const& type, void const* from, char* to);
  char* converted(schema::type const& type, void const* from, char* to);
  char* octets(bytes const& from, char* to);
  char* escaped(std::string_view from, char* to);
  void deeper() {
    if (++depth_ > deepest) throw cannot_write{{}, "nested too deep"};
  }

  buffer& out_;
  char* limit_;
  unsigned depth_ = 0;
  bool mask_;
};

PANDO_INLINE char* json_encoder::grow(char* to, std::size_t count) {
  out_.commit(to);
  to = out_.reserve(count);
  limit_ = out_.data() + out_.capacity();
  return to;
}

/// Whole numbers and those of at most six places are written without a search for the shortest
/// text: their digits are it, when the division gives the number back (15 digits have one meaning).
template <class Number>
char* json_encoder::number(Number from, char* to) {
  if (!std::isfinite(from)) throw cannot_write{{}, std::isnan(from) ? "not a number" : "infinite"};
  constexpr double largest = sizeof(Number) == 4 ? 16'777'216.0 : 9'007'199'254'740'992.0;
  double const size = std::fabs(static_cast<double>(from));
  if (size < largest) {
    auto const whole = static_cast<std::int64_t>(from);
    if (static_cast<Number>(whole) == from && (whole != 0 || !std::signbit(from)))
      return put_signed(to, whole);
  }
  if (sizeof(Number) == 8 && size < 1e9 && size >= 1e-3) {
    constexpr std::uint64_t places = 1'000'000;
    auto const digits = static_cast<std::uint64_t>(size * 1e6 + 0.5);
    if (static_cast<double>(digits) / 1e6 == size) {
      if (from < 0) *to++ = '-';
      to = put_unsigned(to, digits / places);
      *to++ = '.';
      auto const fraction = static_cast<std::uint32_t>(digits % places);
      put_pair(to, fraction / 10000);
      put_four(to + 2, fraction % 10000);
      to += 6;
      while (to[-1] == '0') --to;
      return to;
    }
  }
  return std::to_chars(to, to + value_room, from).ptr;
}

PANDO_INLINE char* json_encoder::structure(schema::type const& type, void const* from, char* to) {
  void* places[schema::max_fields];
  if (type.fields.empty()) return copy("{}", to);
  deeper();
  type.addresses(const_cast<void*>(from), places); // it only takes their addresses
  char before = '{';
  void* const* place = places;
  schema::field const* field = type.fields.data();
  try {
    for (auto const* const end = field + type.fields.size(); field != end; ++field, ++place) {
      schema::type const* of = field->of;
      void const* at = *place;
      if (of->what == schema::kind::optional) {
        if (of->items->size(at) == 0) continue;
        if (!of->is_secret) {
          at = of->items->data(at);
          of = of->element;
        }
      }
      auto const& key = field->key;
      to = room(to, key.size() + slack + value_room);
      for (std::size_t i = 0; i < key.size(); i += 16) std::memcpy(to + i, key.data() + i, 16);
      *to = before;
      before = ',';
      to = value(*of, at, to + key.size());
    }
  } catch (cannot_write& no) {
    no.within(field->name);
    throw;
  }
  --depth_;
  to = room(to, 2);
  if (before == '{') *to++ = '{';
  *to = '}';
  return to + 1;
}

PANDO_INLINE char* json_encoder::list(schema::type const& type, void const* from, char* to) {
  auto const count = type.items->size(from);
  if (count == 0) return copy("[]", to);
  deeper();
  auto const& element = *type.element;
  auto const* at = static_cast<char const*>(type.items->data(from));
  std::size_t done = 0;
  *to++ = '[';
  try {
    for (; done < count; ++done, at += element.size) {
      to = room(to, value_room);
      to = element.what == schema::kind::integer && !element.is_secret ? integer(element, at, to)
                                                                       : value(element, at, to);
      to = room(to, 1);
      *to++ = ',';
    }
  } catch (cannot_write& no) {
    no.within(std::to_string(done));
    throw;
  }
  --depth_;
  to[-1] = ']';
  return to;
}

/// Sets and maps.
PANDO_INLINE char* json_encoder::each(schema::type const& type, void const* from, char* to) {
  struct walk {
    json_encoder& self;
    schema::type const& element;
    char* to;
    bool is_map;
    std::size_t done;
  };
  bool const is_map = type.what == schema::kind::map;
  if (type.items->size(from) == 0) return copy(is_map ? "{}" : "[]", to);
  deeper();
  *to++ = is_map ? '{' : '[';
  walk state{*this, *type.element, to, is_map, 0};
  type.items->each(from, &state, [](void* with, std::string_view key, void const* at) {
    auto& [self, element, place, has_keys, done] = *static_cast<walk*>(with);
    try {
      if (has_keys) {
        place = self.text(key, place);
        place = self.room(place, 1);
        *place++ = ':';
      }
      place = self.room(place, value_room);
      place = self.value(element, at, place);
    } catch (cannot_write& no) {
      no.within(has_keys ? meta::valid_utf8(key) ? key : "?" : std::to_string(done));
      throw;
    }
    place = self.room(place, 1);
    *place++ = ',';
    ++done;
    return true;
  });
  --depth_;
  state.to[-1] = is_map ? '}' : ']';
  return state.to;
}

PANDO_INLINE char* json_encoder::variant(schema::type const& type, void const* from, char* to) {
  auto const index = type.choice->index(from);
  if (index >= type.alternatives.size()) throw cannot_write{{}, "a variant without value"};
  deeper();
  auto const& alternative = *type.alternatives[index];
  to = copy("{\"type\":", to);
  to = text(alternative.name, to);
  to = room(to, 16 + value_room);
  to = copy(",\"value\":", to);
  try {
    to = value(alternative, type.choice->get(from), to);
  } catch (cannot_write& no) {
    no.within("value");
    throw;
  }
  --depth_;
  to = room(to, 1);
  *to = '}';
  return to + 1;
}

PANDO_INLINE char* json_encoder::converted(schema::type const& type, void const* from, char* to) {
  deeper();
  scratch wire(*type.element);
  type.convert->to(from, wire.get());
  to = value(*type.element, wire.get(), to);
  --depth_;
  return to;
}

PANDO_INLINE char* json_encoder::enumeration(schema::type const& type, void const* from, char* to) {
  alignas(8) char is[8]{};
  std::memcpy(is, from, type.width);
  for (auto const& one : type.enumerators) {
    char known[8]{};
    store_integer(type, known, one.value);
    if (std::memcmp(known, is, sizeof is) == 0) return text(one.name, to);
  }
  throw cannot_write{{}, "a value of an enumeration that has no name"};
}

PANDO_INLINE char* json_encoder::octets(bytes const& from, char* to) {
  to = room(to, text::base64_size(from.size()) + 2);
  *to = '"';
  to = text::write_base64(to + 1, from.data(), from.size());
  *to = '"';
  return to + 1;
}

PANDO_INLINE char* json_encoder::other(schema::type const& type, void const* from, char* to) {
  switch (type.what) {
  case schema::kind::enumeration: return enumeration(type, from, to);
  case schema::kind::bytes: return octets(*static_cast<bytes const*>(from), to);
  case schema::kind::list:
  case schema::kind::fixed_list: return list(type, from, to);
  case schema::kind::set:
  case schema::kind::map: return each(type, from, to);
  case schema::kind::variant: return variant(type, from, to);
  case schema::kind::converted: return converted(type, from, to);
  default: break;
  }
  to = room(to, schema::text_room + 2);
  char* const end = type.text->write(from, to + 1);
  if (end == nullptr) throw cannot_write{{}, "out of the range that has a text"};
  *to = '"';
  *end = '"';
  return end + 1;
}

/// A text with something in it that a JSON string cannot hold as it is, or that is not ASCII.
PANDO_INLINE char* json_encoder::escaped(std::string_view from, char* to) {
  if (!meta::valid_utf8(from)) throw cannot_write{{}, "text that is not UTF-8"};
  constexpr char short_names[] = "btn-fr"; // from \b, 0x08, on; 0x0b has none
  *to++ = '"';
  char const* at = from.data();
  char const* const end = at + from.size();
  while (at != end) {
    auto const plain = plain_run(at, static_cast<std::size_t>(end - at), to);
    at += plain;
    to += plain;
    if (at == end) break;
    to = room(to, static_cast<std::size_t>(end - at) + 8 + slack);
    auto const one = static_cast<unsigned char>(*at++);
    *to++ = '\\';
    if (one == '"' || one == '\\') {
      *to++ = static_cast<char>(one);
    } else if (one >= 0x08 && one <= 0x0d && one != 0x0b) {
      *to++ = short_names[one - 0x08U];
    } else {
      to = copy("u00", to);
      *to++ = one < 0x10 ? '0' : '1';
      *to++ = "0123456789abcdef"[one & 0x0fU];
    }
  }
  *to = '"';
  return to + 1;
}

} // namespace pando::detail

namespace pando::json {

PANDO_INLINE void encode(schema::type const& type, void const* object, buffer& out,
                         encode_options const& options) {
  auto const before = out.size();
  try {
    detail::json_encoder(out, options).whole(type, object);
  } catch (detail::cannot_write& no) {
    out.truncate(before);
    throw unencodable(std::move(no.path), no.why);
  } catch (...) {
    out.truncate(before);
    throw;
  }
}

PANDO_INLINE void encode_text(std::string_view text, buffer& out) {
  auto const before = out.size();
  try {
    detail::json_encoder writer(out, {});
    out.commit(writer.text(text, writer.start()));
  } catch (detail::cannot_write& no) {
    out.truncate(before);
    throw unencodable(std::move(no.path), no.why);
  }
}

} // namespace pando::json
