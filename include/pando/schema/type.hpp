// The table of a type: what every codec, door, help text and JSON Schema is a view of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pando::schema {

/// How a value looks on the wire.
enum class kind : std::uint8_t {
  boolean,
  integer,     ///< `width` bytes, signed or not
  floating,    ///< `width` bytes, 4 or 8
  string,      ///< std::string
  enumeration, ///< by its names; `width` bytes in memory
  text,        ///< a scalar written as text: time points, durations, UUIDs
  bytes,       ///< base64 in JSON
  optional,    ///< of `element`
  list,        ///< std::vector and the like, of `element`
  fixed_list,  ///< std::array of `element`, exactly `count` of them
  set,         ///< std::set of `element`
  map,         ///< string keys, values of `element`
  variant,     ///< {"type": …, "value": …} of `alternatives`
  structure,   ///< of `fields`
  converted,   ///< `travels_as`: sent as `element`
};

struct type;

/// One field of a structure.
struct field {
  std::string_view name;
  /// `,"name":`, ready to be written; zeros follow it to a multiple of 16 bytes, so that it may be
  /// copied in blocks.
  std::string_view key;
  type const* of;
  bool required;    ///< neither optional nor defaulted
  bool has_default; ///< a `defaulted<…>`: the default-constructed value is the default
};

/// A rule stated where the value is declared.
struct rule {
  std::string_view name;
  std::string_view keyword; ///< the JSON Schema keyword it is, or empty
  std::string (*keyword_value)();
  std::string (*describe)();
  bool (*check)(void const* value);
};

/// How containers are walked and filled without knowing their type.
struct container_ops {
  std::size_t (*size)(void const* container);
  void (*clear)(void* container);
  /// Calls `visit(state, key, element)` for each until it answers false; only maps have a `key`.
  bool (*each)(void const* container, void* state,
               bool (*visit)(void* state, std::string_view key, void const* element));
  /// list, optional: a new element at the end (the address to fill). fixed_list: element `index`.
  void* (*append)(void* container, std::size_t index);
  /// set, map: takes the filled element; false when it stands there already.
  bool (*insert)(void* container, std::string_view key, void* element);
  /// contiguous elements, or null: for codecs that copy in bulk
  void const* (*data)(void const* container);
  /// list: makes it `count` default elements long.
  void (*resize)(void* container, std::size_t count);
  /// map: a new default element under `key` (the address to fill); null when the key stands there.
  void* (*place)(void* container, std::string_view key) = nullptr;
};

/// Room that every text scalar fits in.
inline constexpr std::size_t text_room = 96;

/// Text scalars.
struct text_ops {
  /// Writes at `out`, which has `text_room` bytes, and gives the place after; null when the value
  /// has no text (a time past the year 9999).
  char* (*write)(void const* value, char* out);
  /// False when it is none; `why` then completes "is not …", in static text.
  bool (*read)(void* value, std::string_view text, std::string_view& why);
  std::string_view format;  ///< JSON Schema's format: "date-time", "duration", "uuid"
  std::string_view example; ///< one accepted spelling
};

struct variant_ops {
  std::size_t (*index)(void const* variant);
  void const* (*get)(void const* variant);
  void* (*emplace)(void* variant, std::size_t index);
};

/// travels_as: `element` is the type that travels.
struct convert_ops {
  /// Sends: fills a default-constructed wire value.
  void (*to)(void const* value, void* wire);
  /// Receives: false when refused, with the sentence.
  bool (*from)(void* value, void const* wire, std::string& why);
};

/// What is done with a value whose type only its table knows.
enum class deed : std::uint8_t {
  addresses, ///< writes to `other`, an array of pointers, where the fields of a structure are
  construct, ///< default constructs one there
  destroy,
  move, ///< makes it what `other` is, which may be moved from
};

/// All deeds of a type are one function: each function of each type costs the compiler.
using act = void(deed what, void* value, void* other);

/// A value of an enumeration and its name.
struct enumerator {
  std::string_view name;
  std::int64_t value;
};

/// The table of one type. Made at compile time, one for a type, never changed.
struct type {
  kind what;
  std::uint8_t width = 0;
  bool is_signed = false;
  bool is_secret = false;   ///< never printed or logged
  bool fixed_bytes = false; ///< sent as its `size` bytes in the binary codec (little endian)
  std::uint32_t size = 0;
  std::uint32_t align = 0;
  std::string_view name{}; ///< the user's name for it, or a word for a person: "integer"
  std::span<field const> fields{};
  std::uint64_t required = 0; ///< a bit for each field that is required
  type const* element = nullptr;
  std::size_t count = 0; ///< fixed_list
  std::span<type const* const> alternatives{};
  std::span<enumerator const> enumerators{};
  std::span<rule const> rules{};
  container_ops const* items = nullptr;
  text_ops const* text = nullptr;
  variant_ops const* choice = nullptr;
  convert_ops const* convert = nullptr;
  act* life = nullptr;   ///< construct, destroy, move
  act* places = nullptr; ///< structure: addresses

  void construct(void* at) const { life(deed::construct, at, nullptr); }
  void destroy(void* at) const { life(deed::destroy, at, nullptr); }
  void move(void* to, void* from) const { life(deed::move, to, from); }
  void addresses(void* object, void** out) const { places(deed::addresses, object, out); }
};

/// The most fields a structure may have (adapted ones; automatic fields stop at 32).
inline constexpr std::size_t max_fields = 64;

} // namespace pando::schema
