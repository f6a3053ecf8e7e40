// Texts into fields: <pando/schema/text_source.hpp>.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include <pando/meta/utf8.hpp>
#include <pando/schema/detail/faults.hpp>
#include <pando/schema/detail/scratch.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/text_source.hpp>

namespace pando::detail {

/// Where a text goes; its path is made only for a fault.
struct text_place final : place {
  text_place(place const& up, std::string_view name) noexcept : up_(up), name_(name) {}
  text_place(place const& up, std::size_t index) noexcept : up_(up), index_(index) {}

  std::string path() const override {
    std::string path = up_.path();
    if (name_.data() != nullptr) add_step(path, name_);
    else add_step(path, std::to_string(index_));
    return path;
  }

 private:
  place const& up_;
  std::string_view name_{};
  std::size_t index_ = 0;
};

inline bool same_loosely(std::string_view left, std::string_view right) noexcept {
  auto const plain = [](char c) {
    if (c == '-') return '_';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [plain](char a, char b) { return plain(a) == plain(b); });
}

/// 1, 0, or -1 for what is no boolean.
inline int boolean_of(std::string_view text) noexcept {
  for (std::string_view const yes : {"true", "1", "yes", "on"})
    if (text == yes) return 1;
  for (std::string_view const no : {"false", "0", "no", "off"})
    if (text == no) return 0;
  return -1;
}

/// Whether a text is a number as JSON writes it: what the functions that read tokens take.
inline bool is_number(std::string_view text) noexcept {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  auto const digits = [&] {
    auto const from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at != from;
  };
  if (!digits()) return false;
  if (at < text.size() && text[at] == '.' && (++at, !digits())) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

/// What is filled element by element.
inline bool grows(schema::type const& of) noexcept {
  using enum schema::kind;
  return of.what == list || of.what == set || of.what == fixed_list;
}

/// Whether texts that name it again add to it.
inline bool takes_many(schema::type const& of) noexcept {
  using enum schema::kind;
  if (of.what == optional || of.what == converted) return takes_many(*of.element);
  return grows(of);
}

} // namespace pando::detail

namespace pando::schema {

PANDO_INLINE text_source::text_source(type const& of, void* object, violations& faults,
                                      naming names) noexcept
    : faults_(faults), names_(names), whole_{&of, object, 0, {}} {}

PANDO_INLINE bool text_source::fault(detail::place const& where, std::string_view rule,
                                     std::string message) {
  faults_.add(where.path(), rule, std::move(message));
  is_good_ = false;
  return false;
}

PANDO_INLINE std::size_t text_source::find(type const& of, std::string_view name) const noexcept {
  for (std::size_t i = 0; i < of.fields.size(); ++i)
    if (of.fields[i].name == name) return i;
  if (names_ == naming::loose)
    for (std::size_t i = 0; i < of.fields.size(); ++i)
      if (detail::same_loosely(of.fields[i].name, name)) return i;
  return of.fields.size();
}

PANDO_INLINE text_source::part& text_source::part_at(type const& of, void* at,
                                                     detail::place const& where) {
  for (auto const& known : parts_)
    if (known->object == at && known->of == &of) return *known;
  return *parts_.emplace_back(new part{&of, at, 0, where.path()});
}

PANDO_INLINE text_source::open_value& text_source::opened(type const& of, void* at,
                                                          detail::place const& where) {
  for (auto& known : open_)
    if (known.object == at && known.of == &of) return known;
  return open_.emplace_back(open_value{&of, at, where.path(), 0, true});
}

PANDO_INLINE bool text_source::set(std::string_view name, std::string_view text) {
  return set_within(whole_, name, text);
}

PANDO_INLINE bool text_source::set_field(std::size_t index, std::string_view text) {
  return fill(whole_, index, {}, text);
}

PANDO_INLINE bool text_source::set_within(part& owner, std::string_view name,
                                          std::string_view text) {
  auto const dot = name.find('.');
  auto const step = name.substr(0, dot);
  auto const index = find(*owner.of, step);
  if (index == owner.of->fields.size()) {
    detail::known_place const start(owner.path);
    return fault(detail::text_place(start, step), "unknown",
                 detail::quoted(step) + " is no field here" +
                     detail::suggestion(*owner.of, step));
  }
  return fill(owner, index, dot == name.npos ? std::string_view{} : name.substr(dot + 1), text);
}

PANDO_INLINE bool text_source::fill(part& owner, std::size_t index, std::string_view rest,
                                    std::string_view text) {
  void* places[max_fields];
  auto const& field = owner.of->fields[index];
  owner.of->addresses(owner.object, places);
  detail::known_place const start(owner.path);
  detail::text_place const where(start, field.name);
  auto const bit = std::uint64_t{1} << index;
  bool const again = (owner.seen & bit) != 0;
  owner.seen |= bit;
  if (rest.data() != nullptr) return give_within(*field.of, places[index], rest, text, where);
  if (again && !detail::takes_many(*field.of)) return fault(where, "duplicate", "is given twice");
  return give(*field.of, places[index], text, where);
}

/// A text for something inside the value: `rest` says for what.
PANDO_INLINE bool text_source::give_within(type const& of, void* at, std::string_view rest,
                                           std::string_view text, detail::place const& where) {
  if (!of.rules.empty()) opened(of, at, where);
  switch (of.what) {
  case kind::optional: {
    bool const is_there = of.items->size(at) != 0;
    void* const inner =
        is_there ? const_cast<void*>(of.items->data(at)) : of.items->append(at, 0);
    return give_within(*of.element, inner, rest, text, where);
  }
  case kind::structure: return set_within(part_at(of, at, where), rest, text);
  case kind::map: {
    auto& all = opened(of, at, where);
    if (all.given++ == 0) of.items->clear(at);
    detail::text_place const entry(where, rest);
    if (!meta::valid_utf8(rest)) return fault(where, "format", "has a key that is not UTF-8");
    void* const place = of.items->place(at, rest);
    return place == nullptr ? fault(entry, "duplicate", "is given twice")
                            : give(*of.element, place, text, entry);
  }
  default: break;
  }
  return fault(where, "type",
               "must be " + detail::expected(of) + "; nothing in it has a name of its own");
}

/// A text for a whole value, or for one more element of one that grows.
PANDO_INLINE bool text_source::give(type const& of, void* at, std::string_view text,
                                    detail::place const& where) {
  secret_ += of.is_secret;
  bool const good = give_plainly(of, at, text, where);
  secret_ -= of.is_secret;
  return good;
}

PANDO_INLINE bool text_source::give_plainly(type const& of, void* at, std::string_view text,
                                            detail::place const& where) {
  bool good = false;
  if (detail::grows(of)) return give_element(of, at, text, where);
  switch (of.what) {
  case kind::optional: {
    bool const is_there = of.items->size(at) != 0 && detail::takes_many(*of.element);
    void* const inner =
        is_there ? const_cast<void*>(of.items->data(at)) : of.items->append(at, 0);
    good = give(*of.element, inner, text, where);
    break;
  }
  case kind::converted: good = give_converted(of, at, text, where); break;
  case kind::map:
  case kind::variant:
  case kind::structure: {
    auto const path = where.path();
    bool const decoded = json::decode(text, of, at, faults_, {.path = path});
    is_good_ = is_good_ && decoded;
    return decoded;
  }
  default: good = give_scalar(of, at, text, where); break;
  }
  if (!good) return false;
  if (of.rules.empty()) return true;
  if (detail::takes_many(of)) return opened(of, at, where), true; // checked at the end
  bool const holds = detail::check_rules(of, at, where, faults_) == 0;
  is_good_ = is_good_ && holds;
  return holds;
}

PANDO_INLINE bool text_source::give_element(type const& of, void* at, std::string_view text,
                                            detail::place const& where) {
  auto const number = open_.size();
  auto& all = opened(of, at, where);
  auto const self = number == open_.size() ? static_cast<std::size_t>(&all - open_.data()) : number;
  auto const index = all.given++;
  if (index == 0) of.items->clear(at);
  detail::text_place const here(where, index);
  if (of.what == kind::fixed_list && index >= of.count) return false; // told at the end
  bool good = false;
  if (of.what == kind::set) {
    detail::scratch element(*of.element);
    good = give(*of.element, element.get(), text, here);
    if (good && !of.items->insert(at, {}, element.get()))
      good = fault(here, "duplicate", "stands in the list already");
  } else {
    good = give(*of.element, of.items->append(at, index), text, here);
  }
  if (!good) open_[self].is_good = false;
  return good;
}

PANDO_INLINE bool text_source::give_converted(type const& of, void* at, std::string_view text,
                                              detail::place const& where) {
  detail::scratch wire(*of.element);
  bool good = false;
  if (detail::takes_many(*of.element)) {
    // the wire value is made anew for each text, so it is never one of those checked at the end
    auto& all = opened(of, at, where);
    bool const is_first = all.given++ == 0;
    if (!is_first) of.convert->to(at, wire.get());
    auto const& items = *of.element;
    if (!detail::grows(items) || items.what != kind::list)
      return fault(where, "type", "must be " + detail::expected(of));
    detail::text_place const here(where, items.items->size(wire.get()));
    good = give(*items.element, items.items->append(wire.get(), 0), text, here);
  } else {
    good = give(*of.element, wire.get(), text, where);
  }
  if (!good) return false;
  std::string why;
  if (of.convert->from(at, wire.get(), why)) return true;
  return fault(where, "format", secret_ != 0 ? "is not accepted" : std::move(why));
}

PANDO_INLINE bool text_source::give_scalar(type const& of, void* at, std::string_view text,
                                           detail::place const& where) {
  std::string_view rule = "type";
  std::string message;
  switch (of.what) {
  case kind::boolean: {
    int const is = detail::boolean_of(text);
    bool const value = is == 1;
    if (is >= 0) return std::memcpy(at, &value, sizeof value), true;
    break;
  }
  case kind::integer:
    if (detail::is_number(text) && detail::store_whole(of, at, text, rule)) return true;
    break;
  case kind::floating:
    if (!detail::is_number(text)) break;
    if (detail::store_number(of, at, text)) return true;
    return fault(where, "range", "must be a number that fits");
  default:
    if (of.what == kind::string && !meta::valid_utf8(text))
      return fault(where, "format", "is not UTF-8");
    if (detail::store_text(of, at, text, secret_ == 0, rule, message)) return true;
    return fault(where, rule, std::move(message));
  }
  return fault(where, rule, "must be " + detail::expected(of));
}

PANDO_INLINE bool text_source::finish_part() {
  for (auto const& one : open_) {
    detail::known_place const where(one.path);
    if (one.of->what == kind::fixed_list && one.given != one.of->count) {
      fault(where, "length", "must be " + detail::expected(*one.of) + ", not " +
                                 std::to_string(one.given));
    } else if (one.is_good && detail::check_rules(*one.of, one.object, where, faults_) != 0) {
      is_good_ = false;
    }
  }
  open_.clear();
  return is_good_;
}

PANDO_INLINE void text_source::leave_lists_empty() {
  auto const& of = *whole_.of;
  void* places[max_fields];
  if (!of.fields.empty()) of.addresses(whole_.object, places);
  for (std::size_t i = 0; i < of.fields.size(); ++i) {
    auto const& field = of.fields[i];
    auto const bit = std::uint64_t{1} << i;
    bool const may_be_empty = detail::takes_many(*field.of) && field.of->what != kind::fixed_list;
    if (!field.required || !may_be_empty || (whole_.seen & bit) != 0) continue;
    whole_.seen |= bit;
    detail::known_place const start(whole_.path);
    if (!field.of->rules.empty())
      opened(*field.of, places[i], detail::text_place(start, field.name));
  }
}

PANDO_INLINE bool text_source::finish() {
  auto missing = detail::report_missing(*whole_.of, whole_.seen,
                                        detail::known_place(whole_.path), faults_, true);
  for (auto const& one : parts_)
    missing +=
        detail::report_missing(*one->of, one->seen, detail::known_place(one->path), faults_, true);
  is_good_ = is_good_ && missing == 0;
  return finish_part();
}

} // namespace pando::schema
