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

/// Whether two texts of one length are equal; for names, which are short.
inline bool same_text(char const* left, char const* right, std::size_t size) noexcept {
  auto const differ = [&](auto word, std::size_t at) {
    auto other = word;
    std::memcpy(&word, left + at, sizeof word);
    std::memcpy(&other, right + at, sizeof other);
    return word ^ other;
  };
  if (size > 16) return std::memcmp(left, right, size) == 0;
  if (size >= 8) return (differ(std::uint64_t{}, 0) | differ(std::uint64_t{}, size - 8)) == 0;
  if (size >= 4) return (differ(std::uint32_t{}, 0) | differ(std::uint32_t{}, size - 4)) == 0;
  for (std::size_t i = 0; i < size; ++i)
    if (left[i] != right[i]) return false;
  return true;
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

  bool key(std::string_view name) {
    frame& top = *top_;
    if (top.ahead == top.last || in_parts_) [[unlikely]] return other_key(name);
    auto const& field = *top.ahead;
    if (field.name.size() != name.size() ||
        !same_text(field.name.data(), name.data(), name.size())) [[unlikely]]
      return other_key(name);
    return known_key(top);
  }
  bool key_part(std::string_view part);

  bool string(std::string_view value) {
    if (in_parts_) [[unlikely]] return last_part(value);
    if (top_->elements) element();
    if (of_->what != schema::kind::string) return other_string(value);
    put_string(value);
    return stored();
  }
  bool string_part(std::string_view part);

  bool integer(std::int64_t value, std::string_view token) {
    if (top_->elements) element();
    if (of_->what != schema::kind::integer || !store_integer(*of_, at_, value)) [[unlikely]]
      return other_number(token);
    return stored();
  }
  bool number(double value, std::string_view token) {
    if (top_->elements) element();
    if (of_->what != schema::kind::floating || !put_number(value, token)) [[unlikely]]
      return other_number(token);
    return stored();
  }
  bool other_integer(std::string_view token) {
    if (top_->elements) element();
    return other_number(token);
  }
  bool boolean(bool value) {
    if (top_->elements) element();
    if (of_->what != schema::kind::boolean) return other_boolean(value);
    std::memcpy(at_, &value, sizeof value);
    return stored();
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
    std::uint32_t next;   ///< how many elements; a variant's state
    std::uint32_t spare;  ///< how many elements stand ready to be filled, from `extra` on
    std::uint32_t chosen; ///< a variant's alternative, counted from 1
    schema::type const* of;
    void* object;
    void* extra; ///< a structure: where the field ahead is, an element of `addresses`' array
    schema::field const* ahead; ///< the field expected next
    schema::field const* last;  ///< the end of the fields
    std::uint64_t bit;          ///< of the field ahead, in `seen`
    std::uint64_t seen;
    char const* key; ///< of a map's entry; of a variant, the end of the key of a late value
    std::size_t key_size;
    std::size_t faults; ///< how many there were when it began
    memory_stack::mark mark;
  };

  /// The key is that of the field ahead.
  bool known_key(frame& top) {
    auto* const address = static_cast<void**>(top.extra);
    auto const bit = top.bit;
    of_ = top.ahead->of;
    at_ = *address;
    ++top.ahead;
    top.extra = address + 1;
    top.bit = bit << 1;
    if ((top.seen & bit) != 0) [[unlikely]] return repeated_key(bit);
    top.seen |= bit;
    return true;
  }
  void put_string(std::string_view value) {
    auto& to = *static_cast<std::string*>(at_);
    to.clear(); // appending is less work than assigning
    to.append(value.data(), value.size());
  }
  /// Finds where the next element of a container goes.
  void element() {
    frame& top = *top_;
    if (top.spare == 0) return next_element();
    of_ = top.of->element;
    at_ = top.extra;
    --top.spare;
    ++top.next;
    top.extra = static_cast<char*>(at_) + of_->size;
  }
  /// A value was put where it belongs.
  bool stored() {
    if (of_->rules.empty() && !top_->completes) [[likely]] return true;
    return complete(true);
  }
  bool failed() { return complete(false); }

  bool put_number(double value, std::string_view token) noexcept;
  bool other_key(std::string_view name);
  bool repeated_key(std::uint64_t bit);
  bool unknown_key(std::string_view name);
  bool map_key(std::string_view name, bool is_plain);
  bool variant_key(std::string_view name, bool is_plain);
  bool choose(frame& variant);
  bool read_late_value();
  bool last_part(std::string_view value);
  bool other_string(std::string_view value);
  bool text_value(std::string_view value);
  bool other_number(std::string_view token);
  bool other_boolean(bool value);
  bool mismatch(std::string_view given);
  void next_element();
  void resolve();
  bool complete(bool good);
  bool close();

  frame& push(role as, schema::type const& of, void* object);
  void set_up(frame& made, role as, schema::type const& of, void* object) noexcept;
  void pop() noexcept;
  void grow();

  bool fault(std::string_view rule, std::string message);
  bool fault_at(std::string path, std::string_view rule, std::string message);
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
  std::string_view text_;
  violations& faults_;
  json::decode_options options_;
  std::size_t told_ = 0; ///< faults found, kept or not
  std::size_t before_;   ///< how many the list had
  std::string parts_;
  std::string name_; ///< the name of a variant's alternative
  frame* begin_;
  frame* end_;
  std::unique_ptr<frame[]> more_;
  memory_stack memory_;
  frame inline_[inline_frames];
};

} // namespace pando::detail
