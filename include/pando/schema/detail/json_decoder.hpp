// What a JSON parser's events become: values put straight into an object, as its table says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/schema/detail/faults.hpp>
#include <pando/schema/detail/memory_stack.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/violation.hpp>

namespace pando::detail {

// What is done for each value becomes part of the parser, whatever the compiler thinks of its size;
// without optimization that would be work for the compiler alone.
#ifdef __OPTIMIZE__
#define PANDO_PER_VALUE [[gnu::always_inline]]
#else
#define PANDO_PER_VALUE
#endif

/// Whether two names of one length are equal; of long ones it says no, and calls nothing.
inline bool same_name(char const* left, char const* right, std::size_t size) noexcept {
  auto const differ = [&](auto word, std::size_t at) {
    auto other = word;
    std::memcpy(&word, left + at, sizeof word);
    std::memcpy(&other, right + at, sizeof other);
    return word ^ other;
  };
  constexpr std::uint64_t eight = 0;
  if (size > 16 && (size > 32 || differ(eight, 8) != 0 || differ(eight, size - 16) != 0))
    return false;
  if (size >= 8) return (differ(eight, 0) | differ(eight, size - 8)) == 0;
  if (size >= 4) return (differ(std::uint32_t{}, 0) | differ(std::uint32_t{}, size - 4)) == 0;
  if (size >= 2) return (differ(std::uint16_t{}, 0) | differ(std::uint16_t{}, size - 2)) == 0;
  return size == 0 || *left == *right;
}

/// The table of what nobody wants: of no kind, so that no value fits it.
inline constexpr schema::type ignored_type{.what = static_cast<schema::kind>(0xff)};
/// The table of a variant's "type".
inline constexpr schema::type alternative_type{.what = schema::kind::string};

/// Every event function answers whether to go on: not past the last violation that is kept.
class json_decoder final : place {
 public:
  json_decoder(std::string_view text, schema::type const& type, void* object, violations& faults,
               json::decode_options const& options);
  json_decoder(json_decoder const&) = delete;
  json_decoder& operator=(json_decoder const&) = delete;
  ~json_decoder();

  /// Parses the whole text. Gives whether there was no fault.
  bool run();

  PANDO_PER_VALUE bool key(std::string_view name) {
    frame& top = *top_;
    if (top.next >= top.count || in_parts_) [[unlikely]] return other_key(name);
    auto const& ahead = top.fields[top.next].name;
    if (ahead.size() != name.size() || !same_name(ahead.data(), name.data(), name.size()))
        [[unlikely]]
      return other_key(name);
    return known_key(top, top.next);
  }
  bool key_part(std::string_view part);

  PANDO_PER_VALUE bool string(std::string_view value) {
    if (in_parts_) [[unlikely]] return last_part(value);
    frame& top = *top_;
    if (top.elements) element();
    auto const& of = *of_;
    if (of.what != schema::kind::string) return other_string(value);
    put_string(value);
    return stored(of, top);
  }
  bool string_part(std::string_view part);

  PANDO_PER_VALUE bool integer(std::int64_t value, std::string_view token) {
    frame& top = *top_;
    if (top.elements) element();
    auto const& of = *of_;
    if (of.what != schema::kind::integer || !store_integer(of, at_, value)) [[unlikely]]
      return other_number(token);
    return stored(of, top);
  }
  PANDO_PER_VALUE bool number(double value, std::string_view token) {
    frame& top = *top_;
    if (top.elements) element();
    auto const& of = *of_;
    if (of.what != schema::kind::floating || !put_number(value, token)) [[unlikely]]
      return other_number(token);
    return stored(of, top);
  }
  bool other_integer(std::string_view token) {
    if (top_->elements) element();
    return other_number(token);
  }
  PANDO_PER_VALUE bool boolean(bool value) {
    frame& top = *top_;
    if (top.elements) element();
    auto const& of = *of_;
    if (of.what != schema::kind::boolean) return other_boolean(value);
    std::memcpy(at_, &value, sizeof value);
    return stored(of, top);
  }
  bool null();
  bool begin_object();
  bool end_object();
  bool begin_array();
  bool end_array();

 private:
  /// What stands open, from the whole to where the parser is.
  enum class role : std::uint8_t {
    whole,
    fields,       ///< a structure
    entries,      ///< a map
    items,        ///< a list, a fixed list
    alternatives, ///< a variant's {"type", "value"}
    members,      ///< a set; `extra` is the element being filled
    wrapper,      ///< an optional with rules: closed by the end of its value
    wire,         ///< a converted value; `extra` is what travelled
    ignored,      ///< nobody wants what is inside
  };

  /// Without initial values: most of them are never reached, and `push` sets each.
  struct frame {
    role as;
    bool completes; ///< the end of a value in here is more than its being stored
    bool elements;  ///< each value in here is an element
    bool is_live;   ///< `extra` holds a value
    std::uint32_t chosen; ///< a variant's alternative, counted from 1
    std::size_t next;  ///< how many elements; the field expected next; a variant's state
    std::size_t count; ///< how many `fields`; how many elements a list has, filled or not
    schema::type const* of;
    void* object;
    /// A structure: where its fields are, as `addresses` tells. A list: its first element.
    void* extra;
    schema::field const* fields;
    std::uint64_t seen; ///< a bit for each field
    char const* key; ///< of a map's entry; of a variant, the end of the key of a late value
    std::size_t key_size;
    std::size_t faults; ///< how many there were when it began
    memory_stack::mark mark;
  };

  /// The key is that of the field with that index.
  bool known_key(frame& top, std::size_t index) {
    of_ = top.fields[index].of;
    at_ = static_cast<void**>(top.extra)[index];
    top.next = index + 1;
    auto const bit = std::uint64_t{1} << index;
    if ((top.seen & bit) != 0) [[unlikely]] return repeated_key(bit);
    top.seen |= bit;
    return true;
  }
  void put_string(std::string_view value) {
    auto& to = *static_cast<std::string*>(at_);
    if (value.size() > to.capacity()) return renew(to, value);
    to.clear(); // appending is less work than assigning
    to.append(value.data(), value.size());
  }
  /// Finds where the next element of a container goes.
  PANDO_PER_VALUE void element() {
    frame& top = *top_;
    if (top.next >= top.count) return next_element();
    of_ = top.of->element;
    at_ = static_cast<char*>(top.extra) + top.next * of_->size;
    ++top.next;
  }
  /// A value was put where it belongs.
  bool stored(schema::type const& of, frame const& top) {
    if (of.rules.empty() && !top.completes) [[likely]] return true;
    return complete(true);
  }
  bool stored() { return stored(*of_, *top_); }
  bool failed() { return complete(false); }

  static void renew(std::string& to, std::string_view value);
  bool put_number(double value, std::string_view token) noexcept;
  bool other_key(std::string_view name);
  [[gnu::cold]] bool repeated_key(std::uint64_t bit);
  [[gnu::cold]] bool unknown_key(std::string_view name);
  bool map_key(std::string_view name, bool is_plain);
  bool variant_key(std::string_view name, bool is_plain);
  bool choose(frame& variant);
  bool read_late_value();
  bool last_part(std::string_view value);
  bool other_string(std::string_view value);
  bool text_value(std::string_view value);
  bool other_number(std::string_view token);
  bool other_boolean(bool value);
  [[gnu::cold]] bool mismatch(std::string_view given);
  void next_element();
  void resolve();
  bool complete(bool good);
  bool close();

  frame& push(role as, schema::type const& of, void* object);
  void set_up(frame& made, role as, schema::type const& of, void* object) noexcept;
  void pop() noexcept;
  void grow();

  [[gnu::cold]] bool fault(std::string_view rule, std::string message);
  [[gnu::cold]] bool fault_at(std::string path, std::string_view rule, std::string message);
  bool going_on() const noexcept { return faults_.list.size() < violations::limit; }
  bool in_secret() const noexcept;
  std::string path_before(frame const* end) const;
  std::string path() const override { return path_before(top_ + 1); }
  bool parse(char const* from);
  void syntax_fault(std::size_t offset, int what);

  static constexpr std::size_t inline_frames = 40;

  schema::type const* of_; ///< of the value that comes next
  void* at_;               ///< where it goes
  frame* top_;
  bool in_parts_ = false;  ///< a string or key with escapes has begun
  bool is_direct_ = false; ///< its parts go straight to their place
  bool is_utf8_;           ///< the whole text is
  std::string_view text_;
  violations& faults_;
  json::decode_options options_;
  std::size_t told_ = 0; ///< faults found, kept or not
  std::size_t before_;   ///< how many the list had
  std::string parts_;
  std::string name_; ///< the name of a variant's alternative
  frame* begin_;
  frame* end_;
  sequence<frame> more_;
  memory_stack memory_;
  frame inline_[inline_frames];
};

} // namespace pando::detail
