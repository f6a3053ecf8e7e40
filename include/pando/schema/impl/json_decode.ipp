// JSON into objects: what <pando/schema/detail/json_decoder.hpp> does off the straight way.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <pando/meta/closest.hpp>
#include <pando/schema/detail/json_decoder.hpp>
#include <pando/schema/json.hpp>

namespace pando::detail {

/// The table of what nobody wants: of no kind, so that no value fits it.
inline constexpr schema::type ignored_type{.what = static_cast<schema::kind>(0xff)};
/// The table of a variant's "type".
inline constexpr schema::type alternative_type{.what = schema::kind::string};

PANDO_INLINE json_decoder::json_decoder(std::string_view text, schema::type const& type,
                                        void* object, violations& faults,
                                        json::decode_options const& options)
    : of_(&type), at_(object), top_(inline_), text_(text), faults_(faults), options_(options),
      before_(faults.list.size()), begin_(inline_), end_(inline_ + inline_frames) {
  --top_;
  push(role::whole, type, object);
  options_.max_depth = std::min<std::uint32_t>(options_.max_depth, 512);
}

PANDO_INLINE json_decoder::~json_decoder() {
  while (top_ != begin_) pop();
}

PANDO_INLINE json_decoder::frame& json_decoder::push(role as, schema::type const& of,
                                                     void* object) {
  if (top_ + 1 == end_) grow();
  frame& made = *++top_;
  made.as = as;
  made.completes = as >= role::alternatives && as <= role::wire;
  made.elements = as == role::items || as == role::members;
  made.is_live = false;
  made.next = 0;
  made.spare = 0;
  made.chosen = 0;
  made.of = &of;
  made.object = object;
  made.extra = nullptr;
  made.ahead = nullptr;
  made.last = nullptr;
  made.bit = 1;
  made.seen = 0;
  made.key = nullptr;
  made.key_size = 0;
  made.faults = told_;
  made.mark = memory_.now();
  return made;
}

PANDO_INLINE void json_decoder::pop() noexcept {
  if (top_->is_live) top_->of->element->life->destroy(top_->extra);
  memory_.release(top_->mark);
  --top_;
}

PANDO_INLINE void json_decoder::grow() {
  auto const used = static_cast<std::size_t>(end_ - begin_);
  auto larger = std::unique_ptr<frame[]>(new frame[used * 2]);
  std::copy(begin_, top_ + 1, larger.get());
  more_ = std::move(larger);
  top_ = more_.get() + (top_ - begin_);
  begin_ = more_.get();
  end_ = begin_ + used * 2;
}

PANDO_INLINE bool json_decoder::in_secret() const noexcept {
  return std::any_of(begin_, top_ + 1, [](frame const& open) { return open.of->is_secret; });
}

/// Nothing of what a secret holds is told, so the path ends where one begins.
PANDO_INLINE std::string json_decoder::path_before(frame const* end) const {
  std::string path(options_.path);
  for (frame const* open = begin_; open != end && !open->of->is_secret; ++open) {
    switch (open->as) {
    case role::fields:
      if (open->ahead != open->of->fields.data()) add_step(path, open->ahead[-1].name);
      break;
    case role::items:
    case role::members: add_step(path, std::to_string(open->next - 1)); break;
    case role::entries: add_step(path, {open->key, open->key_size}); break;
    case role::alternatives: add_step(path, open->next == 1 ? "type" : "value"); break;
    default: break;
    }
  }
  return path;
}

PANDO_INLINE bool json_decoder::fault_at(std::string path, std::string_view rule,
                                         std::string message) {
  ++told_;
  faults_.add(std::move(path), rule, std::move(message));
  return going_on();
}

PANDO_INLINE bool json_decoder::fault(std::string_view rule, std::string message) {
  return fault_at(path(), rule, std::move(message));
}

PANDO_INLINE bool json_decoder::mismatch(std::string_view given) {
  if (of_ == &ignored_type) return failed();
  fault("type", "must be " + expected(*of_) + ", not " + std::string(given));
  return failed();
}

// Keys

PANDO_INLINE bool json_decoder::key_part(std::string_view part) {
  if (!in_parts_) parts_.clear();
  in_parts_ = true;
  parts_ += part;
  return true;
}

PANDO_INLINE bool json_decoder::other_key(std::string_view name) {
  bool const is_plain = !in_parts_;
  if (in_parts_) {
    in_parts_ = false;
    name = parts_ += name;
  }
  frame& top = *top_;
  if (top.as == role::entries) return map_key(name, is_plain);
  if (top.as == role::alternatives) return variant_key(name, is_plain);
  // Fields mostly come in their order with some left out, so the search begins where they are.
  auto const fields = top.of->fields;
  auto const from = static_cast<std::size_t>(top.ahead - fields.data());
  for (std::size_t step = 0; step < fields.size(); ++step) {
    auto const index = from + step < fields.size() ? from + step : from + step - fields.size();
    if (fields[index].name != name) continue;
    top.extra = static_cast<void**>(top.extra) - from + index;
    top.ahead = fields.data() + index;
    top.bit = std::uint64_t{1} << index;
    return known_key(top);
  }
  return unknown_key(name);
}

PANDO_INLINE bool json_decoder::repeated_key(std::uint64_t bit) {
  of_ = &ignored_type;
  bool const elsewhere = top_ == begin_ + 1 && (options_.present & bit) != 0;
  return fault("duplicate", elsewhere ? "is given already outside the body; leave it out of the body"
                                      : "is given twice");
}

PANDO_INLINE bool json_decoder::unknown_key(std::string_view name) {
  of_ = &ignored_type;
  if (top_->as == role::ignored || options_.ignore_unknown) return true;
  auto path = path_before(top_);
  if (in_secret()) return fault_at(std::move(path), "unknown", "has a key that is no field of it");
  add_step(path, name);
  return fault_at(std::move(path), "unknown",
                  quoted(name) + " is no field here" + suggestion(*top_->of, name));
}

PANDO_INLINE bool json_decoder::map_key(std::string_view name, bool is_plain) {
  frame& top = *top_;
  if (!is_plain) { // a later fault may still need it
    memory_.release(top.mark);
    auto* const kept = static_cast<char*>(memory_.take(name.size() + 1, 1));
    std::copy(name.begin(), name.end(), kept);
    name = {kept, name.size()};
  }
  top.key = name.data();
  top.key_size = name.size();
  at_ = top.of->items->place(top.object, name);
  of_ = at_ == nullptr ? &ignored_type : top.of->element;
  return at_ != nullptr || fault("duplicate", "is given twice");
}

// Variants. A frame's `seen` has a bit for "type" and one for "value"; `next` is the one being read.

PANDO_INLINE bool json_decoder::variant_key(std::string_view name, bool is_plain) {
  frame& top = *top_;
  top.next = name == "type" ? 1 : name == "value" ? 2 : 3;
  of_ = &ignored_type;
  if (top.next == 3) return unknown_key(name);
  auto const bit = std::uint64_t{1} << (top.next - 1);
  if ((top.seen & bit) != 0) return fault("duplicate", "is given twice");
  top.seen |= bit;
  if (top.next == 1) {
    of_ = &alternative_type;
    at_ = &name_;
  } else if (top.chosen != 0) {
    of_ = top.of->alternatives[top.chosen - 1];
    at_ = top.of->choice->emplace(top.object, top.chosen - 1);
  } else if ((top.seen & 1) == 0) { // read once the type is known
    if (!is_plain) return fault("type", "must come after the type, or under a key without escapes");
    top.key = name.data() + name.size();
  }
  return true;
}

/// The name of a variant's alternative has been read.
PANDO_INLINE bool json_decoder::choose(frame& variant) {
  meta::closest_name best(name_);
  std::string names;
  std::uint32_t index = 0;
  for (auto const* alternative : variant.of->alternatives) {
    ++index;
    if (alternative->name == name_) {
      variant.chosen = index;
      return true;
    }
    best.consider(alternative->name);
    names += (names.empty() ? "" : ", ") + std::string(alternative->name);
  }
  std::string why = "must be one of " + names;
  if (!best.found().empty() && !in_secret()) why += "; did you mean " + quoted(best.found()) + "?";
  return fault("one_of", std::move(why));
}

/// Parses a variant's value that stood before its type: once more, now that its type is known.
PANDO_INLINE bool json_decoder::read_late_value() {
  frame& top = *top_;
  char const* from = top.key + 1; // past the key's closing quote
  top.key = nullptr;
  while (*from == ' ' || *from == '\n' || *from == '\r' || *from == '\t') ++from;
  ++from; // the colon
  top.next = 2;
  of_ = top.of->alternatives[top.chosen - 1];
  at_ = top.of->choice->emplace(top.object, top.chosen - 1);
  return parse(from);
}

// Values

/// Numbers are put into a list that is longer than needed for now, and is cut at its end.
PANDO_INLINE void json_decoder::next_element() {
  frame& top = *top_;
  std::uint32_t const index = top.next;
  auto const& items = *top.of->items;
  of_ = top.of->element;
  if (of_->fixed_bytes && top.of->what == schema::kind::list) {
    top.spare = std::max<std::uint32_t>(index, 8);
    items.resize(top.object, std::size_t{index} + top.spare);
    auto* const begin = static_cast<char*>(const_cast<void*>(items.data(top.object)));
    top.extra = begin + std::size_t{index} * of_->size;
    return element();
  }
  ++top.next;
  if (top.as == role::members) {
    if (top.extra == nullptr) top.extra = memory_.take(of_->size, of_->align);
    of_->life->construct(top.extra);
    top.is_live = true;
    at_ = top.extra;
  } else if (top.of->what == schema::kind::fixed_list && index >= top.of->count) {
    of_ = &ignored_type;
  } else {
    at_ = items.append(top.object, index);
  }
}

/// Goes from an optional or a converted value to what is read in its place.
PANDO_INLINE void json_decoder::resolve() {
  for (;;) {
    if (of_->what == schema::kind::optional) {
      if (!of_->rules.empty() || of_->is_secret) push(role::wrapper, *of_, at_);
      at_ = of_->items->append(at_, 0);
    } else if (of_->what == schema::kind::converted) {
      frame& wire = push(role::wire, *of_, at_);
      wire.extra = memory_.take(of_->element->size, of_->element->align);
      of_->element->life->construct(wire.extra);
      wire.is_live = true;
      at_ = wire.extra;
    } else {
      return;
    }
    of_ = of_->element;
  }
}

/// Ends a value and all that ends with it. `good`: it was stored; without that its rules are not asked.
PANDO_INLINE bool json_decoder::complete(bool good) {
  for (;;) {
    if (good && !of_->rules.empty()) {
      auto const broken = check_rules(*of_, at_, *this, faults_);
      told_ += broken;
      good = broken == 0;
    }
    frame& top = *top_;
    if (!top.completes) return going_on();
    if (top.as == role::alternatives) return good && top.next == 1 ? choose(top) : going_on();
    if (top.as == role::members) {
      bool const is_new = !good || top.of->items->insert(top.object, {}, top.extra);
      top.of->element->life->destroy(top.extra);
      top.is_live = false;
      return is_new ? going_on() : fault("duplicate", "stands in the list already");
    }
    of_ = top.of;
    at_ = top.object;
    std::string why;
    bool const refused = good && top.as == role::wire && !of_->convert->from(at_, top.extra, why);
    bool const is_secret = refused && (in_secret() || of_->is_secret);
    pop();
    if (refused) {
      good = false;
      fault("format", is_secret ? "is not accepted" : std::move(why));
    }
  }
}

PANDO_INLINE bool json_decoder::string_part(std::string_view part) {
  if (!in_parts_) {
    in_parts_ = true;
    if (top_->elements) element();
    resolve();
    is_direct_ = of_->what == schema::kind::string;
    if (is_direct_) static_cast<std::string*>(at_)->clear();
    else parts_.clear();
  }
  if (is_direct_) *static_cast<std::string*>(at_) += part;
  else parts_ += part;
  return true;
}

PANDO_INLINE bool json_decoder::last_part(std::string_view value) {
  in_parts_ = false;
  if (!is_direct_) return text_value(parts_ += value);
  *static_cast<std::string*>(at_) += value;
  return stored();
}

PANDO_INLINE bool json_decoder::other_string(std::string_view value) {
  resolve();
  return text_value(value);
}

/// A string, for whatever is written as one.
PANDO_INLINE bool json_decoder::text_value(std::string_view value) {
  if (of_ == &ignored_type) return failed();
  std::string_view rule;
  std::string message;
  bool const hint = of_->what == schema::kind::enumeration && !of_->is_secret && !in_secret();
  if (store_text(*of_, at_, value, hint, rule, message)) return stored();
  fault(rule, std::move(message));
  return failed();
}

/// Boost's own conversion is exact where both the digits and the power of ten are exact in a double;
/// past that the digits are read once more.
PANDO_INLINE bool json_decoder::put_number(double value, std::string_view token) noexcept {
  double const size = std::fabs(value);
  if (of_->width == 8 && token.size() <= 16 && size >= 1e-7 && size <= 1e22) {
    std::memcpy(at_, &value, sizeof value);
    return true;
  }
  return store_number(*of_, at_, token);
}

/// A number for a field of any type, from its token.
PANDO_INLINE bool json_decoder::other_number(std::string_view token) {
  resolve();
  if (of_->what == schema::kind::floating) {
    if (store_number(*of_, at_, token)) return stored();
    fault("range", of_->width == 4 ? "must be a number that a float holds"
                                   : "must be a number that a double holds");
    return failed();
  }
  if (of_->what != schema::kind::integer) return mismatch("a number");
  std::string_view rule;
  if (store_whole(*of_, at_, token, rule)) return stored();
  fault(rule, "must be " + expected(*of_));
  return failed();
}

PANDO_INLINE bool json_decoder::other_boolean(bool value) {
  resolve();
  if (of_->what != schema::kind::boolean) return mismatch(value ? "true" : "false");
  std::memcpy(at_, &value, sizeof value);
  return stored();
}

PANDO_INLINE bool json_decoder::null() {
  if (top_->elements) element();
  while (of_->what == schema::kind::converted) {
    frame& wire = push(role::wire, *of_, at_);
    wire.extra = memory_.take(of_->element->size, of_->element->align);
    of_->element->life->construct(wire.extra);
    wire.is_live = true;
    at_ = wire.extra;
    of_ = of_->element;
  }
  if (of_->what != schema::kind::optional) return mismatch("null");
  of_->items->clear(at_);
  return stored();
}

PANDO_INLINE bool json_decoder::begin_object() {
  if (top_->elements) element();
  if (of_->what == schema::kind::optional || of_->what == schema::kind::converted) resolve();
  switch (of_->what) {
  case schema::kind::structure: {
    auto const is_whole = top_ == begin_;
    frame& made = push(role::fields, *of_, at_);
    if (of_->fields.empty()) return true;
    made.ahead = of_->fields.data();
    made.last = made.ahead + of_->fields.size();
    made.extra = memory_.take(of_->fields.size() * sizeof(void*), alignof(void*));
    of_->addresses(at_, static_cast<void**>(made.extra));
    if (is_whole) made.seen = options_.present;
    return true;
  }
  case schema::kind::map:
    of_->items->clear(at_);
    push(role::entries, *of_, at_);
    return true;
  case schema::kind::variant: push(role::alternatives, *of_, at_); return true;
  default: break;
  }
  if (of_ != &ignored_type) fault("type", "must be " + expected(*of_) + ", not an object");
  of_ = &ignored_type;
  push(role::ignored, ignored_type, nullptr);
  return going_on();
}

PANDO_INLINE bool json_decoder::begin_array() {
  if (top_->elements) element();
  if (of_->what == schema::kind::optional || of_->what == schema::kind::converted) resolve();
  switch (of_->what) {
  case schema::kind::list:
  case schema::kind::fixed_list:
    of_->items->clear(at_);
    push(role::items, *of_, at_);
    return true;
  case schema::kind::set:
    of_->items->clear(at_);
    push(role::members, *of_, at_);
    return true;
  default: break;
  }
  if (of_ != &ignored_type) fault("type", "must be " + expected(*of_) + ", not a list");
  of_ = &ignored_type;
  push(role::ignored, ignored_type, nullptr);
  return going_on();
}

/// Leaves a container: its value is whole now.
PANDO_INLINE bool json_decoder::close() {
  of_ = top_->of;
  at_ = top_->object;
  bool const good = told_ == top_->faults && top_->as != role::ignored;
  pop();
  if (good && of_->rules.empty() && !top_->completes) return true;
  return complete(good);
}

PANDO_INLINE bool json_decoder::end_object() {
  frame& top = *top_;
  if (top.as == role::alternatives) {
    if (top.chosen != 0 && top.key != nullptr && !read_late_value()) return false;
    if ((top_->seen & 3) != 3) { // the frames may have moved
      auto path = path_before(top_);
      bool const no_type = (top_->seen & 1) == 0;
      add_step(path, no_type ? "type" : "value");
      fault_at(std::move(path), "required", no_type ? "is required: the name of what follows"
                                                    : "is required");
    }
  } else if (top.as == role::fields) {
    auto const missing = top.of->required & ~top.seen;
    if (missing != 0) [[unlikely]] {
      auto const seen = top.seen;
      auto const& of = *top.of;
      top.ahead = of.fields.data(); // the path is the structure's own
      told_ += report_missing(of, seen, *this, faults_);
    }
  }
  return close();
}

PANDO_INLINE bool json_decoder::end_array() {
  frame& top = *top_;
  if (top.spare != 0) top.of->items->resize(top.object, top.next);
  if (top.of->what == schema::kind::fixed_list && top.next != top.of->count) {
    auto path = path_before(top_);
    fault_at(std::move(path), "length", "must be a list of " + std::to_string(top.of->count) +
                                            ", not " + std::to_string(top.next));
  }
  return close();
}

} // namespace pando::detail

#include <pando/schema/impl/json_parse.ipp>
