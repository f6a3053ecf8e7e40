// What a key of a JSON object leads to: a field, an entry of a map, the halves of a variant.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <pando/meta/closest.hpp>
#include <pando/schema/detail/json_decoder.hpp>

namespace pando::detail {

[[gnu::noinline]] PANDO_INLINE bool json_decoder::key_part(std::string_view part) {
  if (!in_parts_) parts_.clear();
  in_parts_ = true;
  parts_ += part;
  return true;
}

[[gnu::noinline]] PANDO_INLINE bool json_decoder::other_key(std::string_view name) {
  if (in_parts_) {
    in_parts_ = false;
    name = parts_ += name;
  }
  // A key that begins with an escape comes whole, but from the parser's own memory.
  std::less<> const before;
  char const* const end = text_.data() + text_.size();
  bool const is_plain = !before(name.data(), text_.data()) && before(name.data(), end);
  frame& top = *top_;
  if (top.as == role::entries) return map_key(name, is_plain);
  if (top.as == role::alternatives) return variant_key(name, is_plain);
  // Fields mostly come in their order with some left out, so the search begins where they are.
  for (std::size_t step = 0; step < top.count; ++step) {
    auto const ahead = top.next + step;
    auto const index = ahead < top.count ? ahead : ahead - top.count;
    if (top.fields[index].name == name) return known_key(top, index);
  }
  return unknown_key(name);
}

PANDO_INLINE bool json_decoder::repeated_key(std::uint64_t bit) {
  of_ = &ignored_type;
  bool const elsewhere = top_ == begin_ + 1 && (options_.present & bit) != 0;
  return fault("duplicate", elsewhere ? "comes from outside the body already; leave it out of it"
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

// Variants. `seen` has a bit for "type" and one for "value"; `next` is the one being read.

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

} // namespace pando::detail
