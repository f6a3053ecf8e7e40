// Where the values of a JSON text go: elements, optionals, converted values, numbers and texts.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <pando/schema/detail/json_decoder.hpp>

namespace pando::detail {

/// Numbers are put into a list that is longer than needed for now, and is cut at its end.
[[gnu::noinline]] PANDO_INLINE void json_decoder::next_element() {
  frame& top = *top_;
  std::size_t const index = top.next;
  auto const& items = *top.of->items;
  of_ = top.of->element;
  if (of_->fixed_bytes && top.of->what == schema::kind::list) {
    top.count = std::max<std::size_t>(index * 2, 8);
    items.resize(top.object, top.count);
    top.extra = const_cast<void*>(items.data(top.object));
    return element();
  }
  ++top.next;
  if (top.as == role::members) {
    if (top.extra == nullptr) top.extra = memory_.take(of_->size, of_->align);
    of_->construct(top.extra);
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
      of_->element->construct(wire.extra);
      wire.is_live = true;
      at_ = wire.extra;
    } else {
      return;
    }
    of_ = of_->element;
  }
}

/// Ends a value and all that ends with it. Only of a `good` one, which was stored, rules are asked.
[[gnu::noinline]] PANDO_INLINE bool json_decoder::complete(bool good) {
  for (;;) {
    if (good && options_.rules && !of_->rules.empty()) {
      auto const broken = check_rules(*of_, at_, *this, faults_);
      told_ += broken;
      good = broken == 0;
    }
    frame& top = *top_;
    if (!top.completes) return going_on();
    if (top.as == role::alternatives) return good && top.next == 1 ? choose(top) : going_on();
    if (top.as == role::members) {
      bool const is_new = !good || top.of->items->insert(top.object, {}, top.extra);
      top.of->element->destroy(top.extra);
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

/// Gives a string a new block of memory: less work than growing by what is appended.
[[gnu::noinline]] PANDO_INLINE void json_decoder::renew(std::string& to, std::string_view value) {
  to = std::string(value);
}

[[gnu::noinline]] PANDO_INLINE bool json_decoder::string_part(std::string_view part) {
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

[[gnu::noinline]] PANDO_INLINE bool json_decoder::last_part(std::string_view value) {
  in_parts_ = false;
  if (!is_direct_) return text_value(parts_ += value);
  *static_cast<std::string*>(at_) += value;
  return stored();
}

[[gnu::noinline]] PANDO_INLINE bool json_decoder::other_string(std::string_view value) {
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

/// Boost's own conversion is exact where both the digits and the power of ten are exact in a
/// double; past that the digits are read once more.
PANDO_INLINE bool json_decoder::put_number(double value, std::string_view token) noexcept {
  double const size = std::fabs(value);
  if (of_->width == 8 && token.size() <= 16 && size >= 1e-7 && size <= 1e22) {
    std::memcpy(at_, &value, sizeof value);
    return true;
  }
  return store_number(*of_, at_, token);
}

/// A number for a field of any type, from its token.
[[gnu::noinline]] PANDO_INLINE bool json_decoder::other_number(std::string_view token) {
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

[[gnu::noinline]] PANDO_INLINE bool json_decoder::other_boolean(bool value) {
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
    of_->element->construct(wire.extra);
    wire.is_live = true;
    at_ = wire.extra;
    of_ = of_->element;
  }
  if (of_->what != schema::kind::optional) return mismatch("null");
  of_->items->clear(at_);
  return stored();
}

} // namespace pando::detail
