// Shapes: written from tables, read as a small tree, compared pair by pair.
#pragma once

#include <array>
#include <span>
#include <utility>

#include <pando/contract/parts.hpp>
#include <pando/meta/name_index.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/detail/faults.hpp>
#include <pando/schema/detail/wire.hpp>
#include <pando/schema/shape.hpp>

namespace pando::detail {

// A part is its kind in one octet, what the kind adds, and the parts inside; a structure that was
// written before is `shape_again` and its number.
inline constexpr std::uint8_t shape_again = 0xff;
inline constexpr std::uint8_t shape_required = 1;
inline constexpr std::uint8_t shape_optional = 2; ///< a field that is left out when it has no value

class shape_writer {
 public:
  explicit shape_writer(buffer& out) noexcept : out_(out) {}

  void write(schema::type const& type) {
    using enum schema::kind;
    if (type.what == converted) return write(*type.element);
    if (type.what == structure && is_known(type)) return;
    out_.append(static_cast<char>(type.what));
    switch (type.what) {
    case integer:
    case floating:
      out_.append(static_cast<char>(type.width | (type.is_signed ? 0x80 : 0)));
      break;
    case enumeration:
      out_.append(static_cast<char>(type.width));
      wire::append_varint(out_, type.enumerators.size());
      for (auto const& one : type.enumerators) {
        write_text(one.name);
        wire::append_varint(out_, wire::to_zigzag(one.value));
      }
      break;
    case text: write_text(type.text->format); break;
    case fixed_list: wire::append_varint(out_, type.count); [[fallthrough]];
    case optional:
    case list:
    case set:
    case map: write(*type.element); break;
    case variant:
      wire::append_varint(out_, type.alternatives.size());
      for (auto const* one : type.alternatives) {
        write_text(one->name);
        write(*one);
      }
      break;
    case structure: write_fields(type); break;
    case boolean:
    case string:
    case bytes:
    case converted: break;
    }
  }
  void write_text(std::string_view text) {
    wire::append_varint(out_, text.size());
    out_.append(text);
  }

 private:
  bool is_known(schema::type const& type) {
    for (std::size_t i = 0; i < known_.size(); ++i)
      if (known_[i] == &type) {
        out_.append(static_cast<char>(shape_again));
        wire::append_varint(out_, i);
        return true;
      }
    known_.push_back(&type);
    return false;
  }
  void write_fields(schema::type const& type) {
    wire::append_varint(out_, type.fields.size());
    for (auto const& field : type.fields) {
      bool const is_optional = field.of->what == schema::kind::optional;
      write_text(field.name);
      out_.append(static_cast<char>((field.required ? shape_required : 0) |
                                    (is_optional ? shape_optional : 0)));
      write(is_optional ? *field.of->element : *field.of);
    }
  }

  buffer& out_;
  pando::detail::sequence<schema::type const*> known_;
};

/// A shape read from octets that nobody vouches for.
class shape_tree {
 public:
  struct member {
    std::string_view name{};
    std::uint8_t flags = 0;
    std::uint32_t part = 0;
  };
  struct part {
    schema::kind what{};
    std::uint8_t bits = 0;       ///< width and sign
    std::uint64_t count = 0;     ///< of a fixed list
    std::string_view format{};   ///< of text
    std::uint32_t element = 0;
    pando::detail::sequence<member> members{};
  };

  /// Part 0 is the whole; none when the octets are no shape.
  explicit shape_tree(std::string_view octets)
      : at_(octets.data()), end_(octets.data() + octets.size()) {
    std::uint32_t whole = 0;
    if (!read(whole, 0) || at_ != end_) parts_.clear();
  }
  bool is_whole() const noexcept { return !parts_.empty(); }
  part const& operator[](std::uint32_t index) const noexcept { return parts_[index]; }

 private:
  static constexpr std::size_t most_parts = 65536;
  static constexpr unsigned deepest = 256;

  bool read_octet(std::uint8_t& octet) noexcept {
    if (at_ == end_) return false;
    octet = static_cast<std::uint8_t>(*at_++);
    return true;
  }
  bool read_text(std::string_view& text) noexcept {
    std::uint64_t size = 0;
    if (!wire::read_varint(at_, end_, size) || size > static_cast<std::uint64_t>(end_ - at_))
      return false;
    text = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }
  bool read(std::uint32_t& index, unsigned depth) {
    std::uint8_t kind = 0;
    if (depth > deepest || parts_.size() >= most_parts || !read_octet(kind)) return false;
    if (kind == shape_again) {
      std::uint64_t which = 0;
      if (!wire::read_varint(at_, end_, which) || which >= structures_.size()) return false;
      index = structures_[static_cast<std::size_t>(which)];
      return true;
    }
    if (kind >= static_cast<std::uint8_t>(schema::kind::converted)) return false;
    index = static_cast<std::uint32_t>(parts_.size());
    part made;
    made.what = static_cast<schema::kind>(kind);
    if (made.what == schema::kind::structure) structures_.push_back(index);
    parts_.push_back(made);
    if (!read_rest(made, depth)) return false;
    parts_[index] = std::move(made);
    return true;
  }
  bool read_rest(part& made, unsigned depth) {
    using enum schema::kind;
    switch (made.what) {
    case integer:
    case floating: return read_octet(made.bits);
    case enumeration: return read_octet(made.bits) && read_members(made, depth);
    case text: return read_text(made.format);
    case fixed_list:
      return wire::read_varint(at_, end_, made.count) && read(made.element, depth + 1);
    case optional:
    case list:
    case set:
    case map: return read(made.element, depth + 1);
    case variant:
    case structure: return read_members(made, depth);
    default: return true;
    }
  }
  bool read_members(part& made, unsigned depth) {
    std::uint64_t count = 0;
    if (!wire::read_varint(at_, end_, count) || count > static_cast<std::uint64_t>(end_ - at_))
      return false;
    for (; count != 0; --count) {
      member one;
      std::uint64_t value = 0;
      if (!read_text(one.name)) return false;
      if (made.what == schema::kind::enumeration) {
        if (!wire::read_varint(at_, end_, value)) return false;
      } else {
        if (made.what == schema::kind::structure && !read_octet(one.flags)) return false;
        if (!read(one.part, depth + 1)) return false;
      }
      made.members.push_back(one);
    }
    return true;
  }

  char const* at_;
  char const* end_;
  pando::detail::sequence<part> parts_;
  sequence<std::uint32_t> structures_;
};

/// Looks for the first place where what a writer sends is not what a reader takes.
class shape_comparison {
 public:
  shape_comparison(shape_tree const& writer, shape_tree const& reader, std::string& why) noexcept
      : writer_(writer), reader_(reader), why_(why) {}

  bool fits(std::uint32_t from, std::uint32_t to, std::string const& path, unsigned depth) {
    using enum schema::kind;
    auto const& sent = writer_[from];
    auto const& taken = reader_[to];
    if (depth > deepest) return differs(path, "is nested too deep");
    if (sent.what != taken.what) return is_another(path, sent, taken);
    switch (sent.what) {
    case integer:
      if ((sent.bits & 0x80) == (taken.bits & 0x80) && sent.bits <= taken.bits) return true;
      return is_another(path, sent, taken);
    case floating: return sent.bits == taken.bits || is_another(path, sent, taken);
    case text: return sent.format == taken.format || is_another(path, sent, taken);
    case enumeration: return names_fit(sent, taken, path);
    case fixed_list:
      if (sent.count != taken.count) return is_another(path, sent, taken);
      [[fallthrough]];
    case optional:
    case list:
    case set:
    case map: return fits(sent.element, taken.element, path + "[]", depth + 1);
    case variant: return members_fit(sent, taken, path, depth);
    case structure:
      if (!seen_.add(octets_of(std::uint64_t{from} << 32 | to))) return true;
      return members_fit(sent, taken, path, depth) && nothing_is_missing(sent, taken, path);
    default: return true;
    }
  }

 private:
  static constexpr unsigned deepest = 1024;

  bool differs(std::string const& path, std::string const& what) {
    why_ = path.empty() ? what : path + ": " + what;
    return false;
  }
  static std::string word(shape_tree::part const& of) {
    constexpr std::string_view words[]{"true or false", "a whole number", "a number", "text",
                                       "an enumeration", "text", "bytes", "an optional value",
                                       "a list", "a fixed list", "a set", "a map", "a variant",
                                       "a structure"};
    std::string told(words[static_cast<std::size_t>(of.what)]);
    if (of.what == schema::kind::integer)
      told += " of " + std::to_string((of.bits & 0x7f) * 8) +
              (of.bits & 0x80 ? " bits" : " bits without sign");
    if (of.what == schema::kind::floating) told += " of " + std::to_string(of.bits * 8) + " bits";
    if (of.what == schema::kind::text) told += " like a " + std::string(of.format);
    if (of.what == schema::kind::fixed_list) told += " of " + std::to_string(of.count);
    return told;
  }
  bool is_another(std::string const& path, shape_tree::part const& sent,
                  shape_tree::part const& taken) {
    return differs(path, "is sent as " + word(sent) + " and read as " + word(taken));
  }
  static shape_tree::member const* find(shape_tree::part const& in, std::string_view name) {
    for (auto const& one : in.members)
      if (one.name == name) return &one;
    return nullptr;
  }
  bool names_fit(shape_tree::part const& sent, shape_tree::part const& taken,
                 std::string const& path) {
    for (auto const& one : sent.members)
      if (find(taken, one.name) == nullptr)
        return differs(path, quoted(one.name) + " is sent and not known");
    return true;
  }
  /// What the reader does not know is skipped in a structure, and refused in a variant.
  bool members_fit(shape_tree::part const& sent, shape_tree::part const& taken,
                   std::string const& path, unsigned depth) {
    if (sent.what == schema::kind::variant && !names_fit(sent, taken, path)) return false;
    for (auto const& one : sent.members) {
      auto const* const other = find(taken, one.name);
      auto const inside = (path.empty() ? "" : path + ".") + std::string(one.name);
      if (other != nullptr && !fits(one.part, other->part, inside, depth + 1)) return false;
    }
    return true;
  }
  bool nothing_is_missing(shape_tree::part const& sent, shape_tree::part const& taken,
                          std::string const& path) {
    for (auto const& one : taken.members) {
      auto const* const other = find(sent, one.name);
      bool const is_sent = other != nullptr && (other->flags & shape_optional) == 0;
      if ((one.flags & shape_required) != 0 && !is_sent)
        return differs((path.empty() ? "" : path + ".") + std::string(one.name),
                       other == nullptr ? "is required and not sent"
                                        : "is required and may be left out");
    }
    return true;
  }

  shape_tree const& writer_;
  shape_tree const& reader_;
  std::string& why_;
  name_index seen_; ///< pairs of structures
};

inline std::uint64_t hash_shape(buffer const& shape) { return hash_text(shape.view()); }

/// A shape behind its length; none is no octets.
inline void append_shape(buffer& out, schema::type const* type) {
  buffer shape;
  if (type != nullptr) binary::write_shape(*type, shape);
  wire::append_varint(out, shape.size());
  out.append(shape.view());
}

/// What is read of a route's shape.
struct route_shape {
  bool streams = false;
  std::string_view request{};
  std::string_view result{};
  pando::detail::sequence<std::pair<std::string_view, std::string_view>> errors{};
};

inline bool read_run(std::string_view& from, std::string_view& run) {
  char const* at = from.data();
  char const* const end = at + from.size();
  std::uint64_t size = 0;
  if (!wire::read_varint(at, end, size) || size > static_cast<std::uint64_t>(end - at))
    return false;
  run = {at, static_cast<std::size_t>(size)};
  from = {at + size, static_cast<std::size_t>(end - at) - run.size()};
  return true;
}

inline bool read_route_shape(std::string_view octets, route_shape& route) {
  if (octets.empty() || static_cast<std::uint8_t>(octets.front()) > 1) return false;
  route.streams = octets.front() == 1;
  octets.remove_prefix(1);
  if (!read_run(octets, route.request) || !read_run(octets, route.result)) return false;
  while (!octets.empty()) {
    auto& error = route.errors.emplace_back();
    if (!read_run(octets, error.first) || !read_run(octets, error.second)) return false;
  }
  return true;
}

/// Both are there and fit, or both are absent.
inline bool both_fit(std::string_view writer, std::string_view reader, std::string_view what,
                     std::string& why) {
  if (writer.empty() && reader.empty()) return true;
  if (writer.empty() || reader.empty()) {
    why = std::string(what) + (writer.empty() ? " is expected and not sent" : " is not expected");
    return false;
  }
  if (binary::compatible(writer, reader, why)) return true;
  why = std::string(what) + ' ' + why;
  return false;
}

} // namespace pando::detail

namespace pando::binary {

PANDO_INLINE void write_shape(schema::type const& type, buffer& out) {
  detail::shape_writer(out).write(type);
}

PANDO_INLINE std::uint64_t fingerprint(schema::type const& type) {
  buffer shape;
  write_shape(type, shape);
  return detail::hash_shape(shape);
}

PANDO_INLINE bool compatible(std::string_view writer, std::string_view reader, std::string& why) {
  detail::shape_tree const sent(writer);
  detail::shape_tree const taken(reader);
  if (sent.is_whole() && taken.is_whole())
    return detail::shape_comparison(sent, taken, why).fits(0, 0, {}, 0);
  why = "is described in octets that are no shape";
  return false;
}

PANDO_INLINE void write_shape(route_row const& route, buffer& out) {
  out.append(route.streams ? '\1' : '\0');
  detail::append_shape(out, route.request);
  detail::append_shape(out, route.result);
  for (auto const& error : route.errors) {
    wire::append_varint(out, error.name.size());
    out.append(error.name);
    detail::append_shape(out, error.type);
  }
}

PANDO_INLINE std::uint64_t fingerprint(route_row const& route) {
  buffer shape;
  write_shape(route, shape);
  return detail::hash_text(route.full_name, detail::hash_shape(shape));
}

PANDO_INLINE std::uint64_t fingerprint(contract_row const& contract) {
  std::uint64_t hash = detail::hash_text(contract.controller);
  for (auto const& route : contract.routes) {
    std::array<char, 8> octets{};
    wire::store(octets.data(), fingerprint(route));
    hash = detail::hash_text({octets.data(), octets.size()}, hash);
  }
  return hash;
}

PANDO_INLINE bool callable(std::string_view theirs, route_row const& ours, std::string& why) {
  buffer shape;
  write_shape(ours, shape);
  detail::route_shape caller;
  detail::route_shape served;
  if (!detail::read_route_shape(theirs, caller) ||
      !detail::read_route_shape(shape.view(), served)) {
    why = "is described in octets that are no shape";
    return false;
  }
  if (caller.streams != served.streams) {
    why = served.streams ? "answers with a stream" : "answers with one result, not a stream";
    return false;
  }
  if (!detail::both_fit(caller.request, served.request, "request", why)) return false;
  if (!detail::both_fit(served.result, caller.result, "result", why)) return false;
  for (auto const& [name, error] : served.errors) {
    bool found = false;
    for (auto const& [known, as] : caller.errors) {
      if (known != name) continue;
      found = true;
      if (!detail::both_fit(error, as, "error " + std::string(name), why)) return false;
    }
    if (!found) {
      why = "raises " + std::string(name) + ", which the caller does not know";
      return false;
    }
  }
  return true;
}

} // namespace pando::binary
