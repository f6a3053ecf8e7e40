// JSON into objects: what stands open, and where a fault is. Keys, values and the parser follow.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <pando/meta/utf8.hpp>
#include <pando/schema/detail/json_decoder.hpp>
#include <pando/schema/json.hpp>

namespace pando::detail {

PANDO_INLINE json_decoder::json_decoder(std::string_view text, schema::type const& type,
                                        void* object, violations& faults,
                                        json::decode_options const& options)
    : of_(&type), at_(object), top_(inline_), is_utf8_(meta::valid_utf8(text)), text_(text),
      faults_(faults), options_(options), before_(faults.list.size()), begin_(inline_),
      end_(inline_ + inline_frames) {
  set_up(*top_, role::whole, type, object);
  options_.max_depth = std::min<std::uint32_t>(options_.max_depth, 512);
}

PANDO_INLINE json_decoder::~json_decoder() {
  while (top_ != begin_) pop();
}

PANDO_INLINE json_decoder::frame& json_decoder::push(role as, schema::type const& of,
                                                     void* object) {
  if (top_ + 1 == end_) grow();
  set_up(*++top_, as, of, object);
  return *top_;
}

PANDO_INLINE void json_decoder::set_up(frame& made, role as, schema::type const& of,
                                       void* object) noexcept {
  made.as = as;
  made.completes = as >= role::alternatives && as <= role::wire;
  made.elements = as == role::items || as == role::members;
  made.is_live = false;
  made.next = 0;
  made.count = 0;
  made.chosen = 0;
  made.of = &of;
  made.object = object;
  made.extra = nullptr;
  made.fields = nullptr;
  made.seen = 0;
  made.key = nullptr;
  made.key_size = 0;
  made.faults = told_;
  made.mark = memory_.now();
}

PANDO_INLINE void json_decoder::pop() noexcept {
  if (top_->is_live) top_->of->element->destroy(top_->extra);
  memory_.release(top_->mark);
  --top_;
}

PANDO_INLINE void json_decoder::grow() {
  auto const used = top_ - begin_;
  sequence<frame> larger(2 * static_cast<std::size_t>(end_ - begin_));
  for (frame* to = larger.begin(); begin_ <= top_; ++begin_) *to++ = *begin_;
  more_.swap(larger);
  begin_ = more_.begin();
  top_ = begin_ + used;
  end_ = more_.end();
}

PANDO_INLINE bool json_decoder::in_secret() const noexcept {
  for (frame const* open = begin_; open <= top_; ++open)
    if (open->of->is_secret) return true;
  return false;
}

/// Nothing of what a secret holds is told, so the path ends where one begins.
PANDO_INLINE std::string json_decoder::path_before(frame const* end) const {
  std::string path(options_.path);
  for (frame const* open = begin_; open != end && !open->of->is_secret; ++open) {
    switch (open->as) {
    case role::fields:
      if (open->next != 0) add_step(path, open->fields[open->next - 1].name);
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

// Objects and arrays

PANDO_INLINE bool json_decoder::begin_object() {
  if (top_->elements) element();
  if (of_->what == schema::kind::optional || of_->what == schema::kind::converted) resolve();
  switch (of_->what) {
  case schema::kind::structure: {
    auto const is_whole = top_ == begin_;
    frame& made = push(role::fields, *of_, at_);
    if (of_->fields.empty()) return true;
    made.fields = of_->fields.data();
    made.count = of_->fields.size();
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
      top.next = 0; // the path is the structure's own
      told_ += report_missing(of, seen, *this, faults_);
    }
  }
  return close();
}

PANDO_INLINE bool json_decoder::end_array() {
  frame& top = *top_;
  if (top.next < top.count) top.of->items->resize(top.object, top.next);
  if (top.of->what == schema::kind::fixed_list && top.next != top.of->count) {
    auto path = path_before(top_);
    fault_at(std::move(path), "length", "must be a list of " + std::to_string(top.of->count) +
                                            ", not " + std::to_string(top.next));
  }
  return close();
}

} // namespace pando::detail

#include <pando/schema/impl/json_keys.ipp>
#include <pando/schema/impl/json_parse.ipp>
#include <pando/schema/impl/json_values.ipp>
