// Reading values from octets, none of which is trusted.
#pragma once

#include <pando/meta/utf8.hpp>
#include <pando/schema/binary.hpp>
#include <pando/schema/detail/faults.hpp>
#include <pando/schema/detail/scratch.hpp>
#include <pando/schema/detail/wire.hpp>

namespace pando::detail {

/// Members answer false when the octets are no message: then nothing more can be read.
class binary_reader final : place {
 public:
  binary_reader(std::string_view octets, violations& faults, binary::form how,
                binary::decode_options const& options) noexcept
      : at_(octets.data()), end_(octets.data() + octets.size()), faults_(faults),
        memory_(options.max_memory), deepest_(options.max_depth < 512 ? options.max_depth : 512),
        tagged_(how == binary::form::tagged), asks_rules_(options.rules) {}

  bool run(schema::type const& type, void* to) {
    if (read(type, to, 0) && at_ != end_) damaged("octets are left over");
    return found_ == 0;
  }

  std::string path() const override { return path_of(step_); }

 private:
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  bool damaged(std::string_view why) {
    ++found_;
    faults_.add(path(), "syntax", "is damaged: " + std::string(why));
    return false;
  }
  bool too_short() { return damaged("it ends too early"); }
  /// Tells a fault that does not keep the rest from being read.
  bool fault(std::string_view rule, std::string message) {
    ++found_;
    faults_.add(path(), rule, std::move(message));
    return true;
  }
  bool mistyped(schema::type const& type, std::string_view rule = "type") {
    return fault(rule, "must be " + expected(type));
  }

  bool read(schema::type const& type, void* to, unsigned depth) {
    if (type.rules.empty() && !type.is_secret) return read_value(type, to, depth);
    auto const before = found_;
    secret_ += type.is_secret;
    if (!read_value(type, to, depth)) return false;
    secret_ -= type.is_secret;
    if (found_ == before) ask_rules(type, to);
    return true;
  }

  void ask_rules(schema::type const& type, void const* value) {
    if (asks_rules_) found_ += check_rules(type, value, *this, faults_);
  }

  bool read_value(schema::type const& type, void* to, unsigned depth) {
    using enum schema::kind;
    if (depth > deepest_) return fault("depth", "is nested too deep"), false;
    switch (type.what) {
    case boolean: return read_boolean(type, to);
    case integer: return tagged_ ? read_varied(type, to) : read_fixed(type, to);
    case floating:
      if (!read_fixed(type, to)) return false;
      return is_finite(type, to) || mistyped(type, "range");
    case string: return read_text(type, *static_cast<std::string*>(to));
    case enumeration: return read_enumeration(type, to);
    case text: return read_scalar(type, to);
    case bytes: return read_octets(*static_cast<pando::bytes*>(to));
    case optional: return read_optional(type, to, depth);
    case list:
    case fixed_list: return read_list(type, to, depth);
    case set:
    case map: return read_set(type, to, depth);
    case variant: return read_variant(type, to, depth);
    case structure: return tagged_ ? read_tagged(type, to, depth) : read_fields(type, to, depth);
    case converted: return read_converted(type, to, depth);
    }
    return false;
  }

  bool read_fixed(schema::type const& type, void* to) {
    if (left() < type.width) return too_short();
    wire::copy(to, at_, type.width);
    at_ += type.width;
    return true;
  }

  bool read_number(std::uint64_t& value) {
    return wire::read_varint(at_, end_, value) || damaged("a number in it does not end");
  }

  bool read_boolean(schema::type const& type, void* to) {
    if (left() == 0) return too_short();
    auto const octet = static_cast<std::uint8_t>(*at_++);
    *static_cast<bool*>(to) = octet == 1;
    return octet <= 1 || mistyped(type);
  }

  bool read_varied(schema::type const& type, void* to) {
    std::uint64_t sent = 0;
    if (!read_number(sent)) return false;
    if (type.is_signed ? store_integer(type, to, wire::from_zigzag(sent))
                       : store_integer(type, to, sent))
      return true;
    return mistyped(type, "range");
  }

  /// The octets behind a length; none when they are not there.
  bool read_run(std::string_view& run) {
    std::uint64_t size = 0;
    if (!read_number(size)) return false;
    if (size > left()) return too_short();
    run = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

  bool read_text(schema::type const& type, std::string& to) {
    std::string_view run;
    if (!read_run(run)) return false;
    if (!meta::valid_utf8(run)) return mistyped(type);
    to.assign(run);
    return true;
  }

  bool read_octets(pando::bytes& to) {
    std::string_view run;
    if (!read_run(run)) return false;
    auto const* const from = reinterpret_cast<std::byte const*>(run.data());
    to.value_.assign(from, from + run.size());
    return true;
  }

  bool read_scalar(schema::type const& type, void* to) {
    std::string_view run;
    std::string_view why;
    if (!read_run(run)) return false;
    if (type.text->read(to, run, why)) return true;
    return fault("format", "is not " + std::string(why));
  }

  bool read_enumeration(schema::type const& type, void* to) {
    if (!tagged_) {
      if (!read_fixed(type, to)) return false;
      return enumerator_of(type, load_integer(to, type.width, type.is_signed)) != nullptr ||
             mistyped(type, "one_of");
    }
    if (left() < 4) return too_short();
    auto const hash = wire::load<std::uint32_t>(at_);
    at_ += 4;
    for (auto const& one : type.enumerators)
      if (wire::name_hash(one.name) == hash) {
        auto const value = one.value;
        if constexpr (std::endian::native == std::endian::little)
          std::memcpy(to, &value, type.width);
        else
          std::memcpy(to, reinterpret_cast<char const*>(&value) + (8 - type.width), type.width);
        return true;
      }
    return mistyped(type, "one_of");
  }

  bool read_optional(schema::type const& type, void* to, unsigned depth) {
    if (left() == 0) return too_short();
    auto const octet = static_cast<std::uint8_t>(*at_++);
    if (octet > 1) return damaged("an optional value is neither there nor absent");
    if (octet == 1) return read(*type.element, type.items->append(to, 0), depth + 1);
    type.items->clear(to);
    return true;
  }

  /// How many elements follow: no more than there are octets, and memory for them.
  bool read_count(schema::type const& type, std::size_t& count) {
    std::uint64_t sent = 0;
    if (!read_number(sent)) return false;
    auto const& element = *type.element;
    if (sent > left()) return too_short();
    count = static_cast<std::size_t>(sent);
    auto const needed = count * element.size;
    if (needed > memory_) return fault("size", "takes too much memory"), false;
    memory_ -= needed;
    return true;
  }

  bool read_list(schema::type const& type, void* to, unsigned depth) {
    auto const& element = *type.element;
    std::size_t count = type.count;
    if (type.what == schema::kind::list || count == 0) {
      if (!read_count(type, count)) return false;
      if (type.what == schema::kind::list) type.items->resize(to, count);
      else if (count != 0) return damaged("an empty list has elements");
    }
    if (count == 0) return true;
    auto* value = static_cast<char*>(const_cast<void*>(type.items->data(to)));
    if (element.fixed_bytes && (!tagged_ || element.what != schema::kind::integer))
      return read_bulk(type, value, count);
    wire_step step{step_, {}, 0, false};
    step_ = &step;
    for (; step.index < count; ++step.index, value += element.size)
      if (!read(element, value, depth + 1)) return false;
    step_ = step.up;
    return true;
  }

  bool read_bulk(schema::type const& type, char* value, std::size_t count) {
    auto const& element = *type.element;
    if (left() / element.size < count) return too_short();
    wire::copy(value, at_, element.size, count);
    at_ += element.size * count;
    bool const may_be_wrong = element.what == schema::kind::floating;
    if (!may_be_wrong && element.rules.empty()) return true;
    wire_step step{step_, {}, 0, false};
    step_ = &step;
    for (; step.index < count; ++step.index, value += element.size) {
      if (may_be_wrong && !is_finite(element, value)) mistyped(element, "range");
      else ask_rules(element, value);
    }
    step_ = step.up;
    return true;
  }

  bool read_set(schema::type const& type, void* to, unsigned depth) {
    std::size_t count = 0;
    if (!read_count(type, count)) return false;
    type.items->clear(to);
    wire_step step{step_, {}, 0, type.what == schema::kind::map};
    step_ = &step;
    for (; step.index < count; ++step.index) {
      if (step.is_named && !read_run(step.name)) return false;
      if (!meta::valid_utf8(step.name)) {
        step.name = "?";
        return damaged("a key is not UTF-8");
      }
      scratch element(*type.element);
      auto const before = found_;
      if (!read(*type.element, element.get(), depth + 1)) return false;
      if (found_ == before && !type.items->insert(to, step.name, element.get()))
        fault("duplicate", step.is_named ? "is given twice" : "stands in the list already");
    }
    step_ = step.up;
    return true;
  }

  bool read_variant(schema::type const& type, void* to, unsigned depth) {
    std::uint64_t index = 0;
    std::uint32_t hash = 0;
    std::string_view run;
    auto const count = type.alternatives.size();
    if (tagged_) {
      if (!read_tag(hash, run)) return false;
      while (index < count && wire::name_hash(type.alternatives[index]->name) != hash) ++index;
      if (index == count) return fault("one_of", "must be one of its alternatives");
    } else {
      if (!read_number(index)) return false;
      if (index >= count) return damaged("a variant has no such alternative");
    }
    wire_step step{step_, "value", 0, true};
    step_ = &step;
    auto const& chosen = *type.alternatives[index];
    auto* const value = type.choice->emplace(to, index);
    if (!(tagged_ ? read_within(run, chosen, value, depth) : read(chosen, value, depth + 1)))
      return false;
    step_ = step.up;
    return true;
  }

  bool read_fields(schema::type const& type, void* to, unsigned depth) {
    if (type.fields.empty()) {
      if (left() == 0) return too_short();
      return *at_++ == 0 || damaged("an empty object has fields");
    }
    void* addresses[schema::max_fields];
    type.addresses(to, addresses);
    wire_step step{step_, {}, 0, true};
    step_ = &step;
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      step.name = type.fields[i].name;
      if (!read(*type.fields[i].of, addresses[i], depth + 1)) return false;
    }
    step_ = step.up;
    return true;
  }

  bool read_tag(std::uint32_t& hash, std::string_view& run) {
    if (left() < 4) return too_short();
    hash = wire::load<std::uint32_t>(at_);
    at_ += 4;
    return read_run(run);
  }

  /// Reads a value that takes exactly these octets.
  bool read_within(std::string_view run, schema::type const& type, void* to, unsigned depth) {
    auto const* const at = at_;
    auto const* const end = end_;
    at_ = run.data();
    end_ = run.data() + run.size();
    if (!read(type, to, depth + 1)) return false;
    if (at_ != end_) return damaged("octets are left over");
    at_ = at;
    end_ = end;
    return true;
  }

  /// An optional field is there or not; its value stands for itself.
  bool read_field(schema::field const& field, std::string_view run, void* to, unsigned depth) {
    auto const& type = *field.of;
    if (type.what != schema::kind::optional) return read_within(run, type, to, depth);
    auto const before = found_;
    if (!read_within(run, *type.element, type.items->append(to, 0), depth)) return false;
    if (found_ == before) ask_rules(type, to);
    return true;
  }

  bool read_tagged(schema::type const& type, void* to, unsigned depth) {
    std::uint64_t count = 0;
    if (!read_number(count)) return false;
    void* addresses[schema::max_fields];
    if (!type.fields.empty()) type.addresses(to, addresses);
    std::uint64_t seen = 0;
    for (; count != 0; --count) {
      std::uint32_t hash = 0;
      std::string_view run;
      if (!read_tag(hash, run)) return false;
      std::size_t i = 0;
      while (i < type.fields.size() && wire::name_hash(type.fields[i].name) != hash) ++i;
      if (i == type.fields.size()) continue;
      wire_step step{step_, type.fields[i].name, 0, true};
      step_ = &step;
      auto const bit = std::uint64_t{1} << i;
      if ((seen & bit) != 0) return damaged("a field stands there twice");
      seen |= bit;
      if (!read_field(type.fields[i], run, addresses[i], depth)) return false;
      step_ = step.up;
    }
    if ((type.required & ~seen) != 0) found_ += report_missing(type, seen, *this, faults_);
    return true;
  }

  bool read_converted(schema::type const& type, void* to, unsigned depth) {
    scratch wire(*type.element);
    auto const before = found_;
    if (!read(*type.element, wire.get(), depth + 1)) return false;
    std::string why;
    if (found_ == before && !type.convert->from(to, wire.get(), why))
      fault("format", secret_ + type.is_secret != 0 ? "is not accepted" : std::move(why));
    return true;
  }

  char const* at_;
  char const* end_;
  violations& faults_;
  wire_step const* step_ = nullptr;
  std::size_t memory_;
  std::size_t found_ = 0;
  std::size_t secret_ = 0; ///< how many secrets it stands in
  unsigned const deepest_;
  bool const tagged_;
  bool const asks_rules_;
};

} // namespace pando::detail

namespace pando::binary {

PANDO_INLINE bool decode(std::string_view octets, schema::type const& type, void* object,
                         violations& faults, form how, decode_options const& options) {
  return detail::binary_reader(octets, faults, how, options).run(type, object);
}

} // namespace pando::binary
