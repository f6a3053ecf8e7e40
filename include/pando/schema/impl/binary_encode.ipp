// Writing values as octets: one pass over the table, room asked for once a value.
#pragma once

#include <utility>

#include <pando/meta/utf8.hpp>
#include <pando/schema/binary.hpp>
#include <pando/schema/detail/scratch.hpp>
#include <pando/schema/detail/wire.hpp>

namespace pando::detail {

class binary_writer {
 public:
  binary_writer(buffer& out, binary::form how) noexcept
      : out_(out), tagged_(how == binary::form::tagged) {}

  void write(schema::type const& type, void const* from, wire_step const* at, unsigned depth) {
    using enum schema::kind;
    if (depth > deepest) refuse(at, "nested too deep");
    switch (type.what) {
    case boolean: return out_.append(*static_cast<bool const*>(from) ? '\1' : '\0');
    case integer: return write_integer(type, from);
    case floating: return write_floating(type, from, at);
    case string: return write_text(*static_cast<std::string const*>(from), at);
    case enumeration: return write_enumeration(type, from, at);
    case text: return write_scalar(type, from, at);
    case bytes: return write_octets(static_cast<pando::bytes const*>(from)->as_text());
    case optional: return write_optional(type, from, at, depth);
    case list:
    case fixed_list: return write_list(type, from, at, depth);
    case set:
    case map: return write_set(type, from, at, depth);
    case variant: return write_variant(type, from, at, depth);
    case structure:
      return tagged_ ? write_tagged(type, from, at, depth) : write_fields(type, from, at, depth);
    case converted: {
      scratch wire(*type.element);
      type.convert->to(from, wire.get());
      return write(*type.element, wire.get(), at, depth + 1);
    }
    }
  }

 private:
  static constexpr unsigned deepest = 512;

  [[noreturn]] static void refuse(wire_step const* at, std::string_view why) {
    throw binary::unencodable(path_of(at), why);
  }

  void write_integer(schema::type const& type, void const* from) {
    char* const to = out_.reserve(wire::longest_varint);
    if (!tagged_) {
      wire::copy(to, from, type.width);
      return out_.commit(to + type.width);
    }
    auto const value = load_integer(from, type.width, type.is_signed);
    out_.commit(wire::write_varint(
        to, type.is_signed ? wire::to_zigzag(value) : static_cast<std::uint64_t>(value)));
  }

  void write_floating(schema::type const& type, void const* from, wire_step const* at) {
    if (!is_finite(type, from)) refuse(at, "not a finite number");
    char* const to = out_.reserve(type.width);
    wire::copy(to, from, type.width);
    out_.commit(to + type.width);
  }

  void write_octets(std::string_view octets) {
    char* to = out_.reserve(wire::longest_varint + octets.size());
    to = wire::write_varint(to, octets.size());
    if (!octets.empty()) std::memcpy(to, octets.data(), octets.size());
    out_.commit(to + octets.size());
  }

  void write_text(std::string_view text, wire_step const* at) {
    if (!meta::valid_utf8(text)) refuse(at, "text that is not UTF-8");
    write_octets(text);
  }

  void write_scalar(schema::type const& type, void const* from, wire_step const* at) {
    static_assert(schema::text_room < 0x80);
    char* const to = out_.reserve(schema::text_room + 1);
    char* const end = type.text->write(from, to + 1);
    if (end == nullptr) refuse(at, "past what its text can say");
    *to = static_cast<char>(end - to - 1);
    out_.commit(end);
  }

  void write_enumeration(schema::type const& type, void const* from, wire_step const* at) {
    auto const value = load_integer(from, type.width, type.is_signed);
    auto const* const known = enumerator_of(type, value);
    if (known == nullptr) refuse(at, "not one of its enumeration's values");
    char* const to = out_.reserve(8);
    if (tagged_) {
      wire::store(to, wire::name_hash(known->name));
      return out_.commit(to + 4);
    }
    wire::copy(to, from, type.width);
    out_.commit(to + type.width);
  }

  void write_optional(schema::type const& type, void const* from, wire_step const* at,
                      unsigned depth) {
    bool const has = type.items->size(from) != 0;
    out_.append(has ? '\1' : '\0');
    if (has) write(*type.element, type.items->data(from), at, depth + 1);
  }

  void write_list(schema::type const& type, void const* from, wire_step const* at,
                  unsigned depth) {
    auto const& element = *type.element;
    auto const count = type.items->size(from);
    if (type.what == schema::kind::list || count == 0) wire::append_varint(out_, count);
    if (count == 0) return;
    auto const* value = static_cast<char const*>(type.items->data(from));
    wire_step step{at, {}, 0, false};
    if (element.fixed_bytes && (!tagged_ || element.what != schema::kind::integer)) {
      auto const size = std::size_t{element.size} * count;
      if (element.what == schema::kind::floating)
        for (std::size_t i = 0; i < count; ++i) {
          step.index = i;
          if (!is_finite(element, value + i * element.size)) refuse(&step, "not a finite number");
        }
      char* const to = out_.reserve(size);
      wire::copy(to, value, element.size, count);
      return out_.commit(to + size);
    }
    for (; step.index < count; ++step.index, value += element.size)
      write(element, value, &step, depth + 1);
  }

  void write_set(schema::type const& type, void const* from, wire_step const* at,
                 unsigned depth) {
    struct walk {
      binary_writer* self;
      schema::type const* type;
      wire_step step;
      unsigned depth;
    } state{this, &type, {at, {}, 0, type.what == schema::kind::map}, depth + 1};
    wire::append_varint(out_, type.items->size(from));
    type.items->each(from, &state, [](void* walked, std::string_view key, void const* element) {
      auto& it = *static_cast<walk*>(walked);
      it.step.name = key;
      if (it.step.is_named) it.self->write_text(key, &it.step);
      it.self->write(*it.type->element, element, &it.step, it.depth);
      ++it.step.index;
      return true;
    });
  }

  void write_variant(schema::type const& type, void const* from, wire_step const* at,
                     unsigned depth) {
    auto const index = type.choice->index(from);
    if (index >= type.alternatives.size()) refuse(at, "a variant without a value");
    auto const& chosen = *type.alternatives[index];
    if (!tagged_) {
      wire::append_varint(out_, index);
      return write(chosen, type.choice->get(from), at, depth + 1);
    }
    write_tag(wire::name_hash(chosen.name), chosen, type.choice->get(from), at, depth + 1);
  }

  void write_fields(schema::type const& type, void const* from, wire_step const* at,
                    unsigned depth) {
    if (type.fields.empty()) return out_.append('\0');
    void* addresses[schema::max_fields];
    type.addresses(const_cast<void*>(from), addresses);
    wire_step step{at, {}, 0, true};
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      step.name = type.fields[i].name;
      write(*type.fields[i].of, addresses[i], &step, depth + 1);
    }
  }

  /// A hash, a length and a value. The length is known last: one octet is left for it, and the
  /// value moves up when it needs more.
  void write_tag(std::uint32_t hash, schema::type const& type, void const* from,
                 wire_step const* at, unsigned depth) {
    char* const to = out_.reserve(5);
    wire::store(to, hash);
    out_.commit(to + 5);
    auto const begin = out_.size();
    write(type, from, at, depth);
    auto const length = out_.size() - begin;
    char prefix[wire::longest_varint];
    auto const extra = static_cast<std::size_t>(wire::write_varint(prefix, length) - prefix) - 1;
    if (extra != 0) {
      char* const end = out_.reserve(extra);
      std::memmove(out_.data() + begin + extra, out_.data() + begin, length);
      out_.commit(end + extra);
    }
    std::memcpy(out_.data() + begin - 1, prefix, extra + 1);
  }

  void write_tagged(schema::type const& type, void const* from, wire_step const* at,
                    unsigned depth) {
    void* addresses[schema::max_fields];
    if (!type.fields.empty()) type.addresses(const_cast<void*>(from), addresses);
    auto const is_absent = [&](std::size_t i) {
      auto const& field = *type.fields[i].of;
      return field.what == schema::kind::optional && field.items->size(addresses[i]) == 0;
    };
    std::size_t present = 0;
    for (std::size_t i = 0; i < type.fields.size(); ++i) present += !is_absent(i);
    wire::append_varint(out_, present);
    wire_step step{at, {}, 0, true};
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      if (is_absent(i)) continue;
      step.name = type.fields[i].name;
      auto const* of = type.fields[i].of;
      void const* value = addresses[i];
      if (of->what == schema::kind::optional) {
        value = of->items->data(value);
        of = of->element;
      }
      write_tag(wire::name_hash(step.name), *of, value, &step, depth + 1);
    }
  }

  buffer& out_;
  bool const tagged_;
};

} // namespace pando::detail

namespace pando::binary {

PANDO_INLINE unencodable::unencodable(std::string at, std::string_view what)
    : std::invalid_argument("the value at \"" + at + "\" cannot be sent: it is " +
                            std::string(what)),
      path(std::move(at)), why(what) {}

PANDO_INLINE void encode(schema::type const& type, void const* object, buffer& out, form how) {
  auto const before = out.size();
  try {
    detail::binary_writer(out, how).write(type, object, nullptr, 0);
  } catch (...) {
    out.truncate(before);
    throw;
  }
}

} // namespace pando::binary
