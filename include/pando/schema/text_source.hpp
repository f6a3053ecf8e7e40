// A value filled from pieces of text: path segments, query, environment, command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/detail/faults.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/type_of.hpp>
#include <pando/schema/violation.hpp>

namespace pando::schema {

/// How the names of fields are compared: as they stand, or with `-` and `_` and letters of either
/// case alike, as command lines and environments write them.
enum class naming : std::uint8_t { exact, loose };

/// Fills the fields of a structure one text at a time and tells the faults that JSON would have. A
/// nested field is named `a.b`, an entry of a map `a.key`. A list or set takes one element each
/// time it is named. Booleans are true/false, yes/no, on/off, 1/0. What has no text of its own
/// (lists of structures, variants …) is read as JSON. *Thread*: one at a time.
class text_source {
 public:
  /// Takes a default-constructed structure and where faults go; both must outlive the source.
  text_source(type const& of, void* object, violations& faults,
              naming names = naming::exact) noexcept;
  template <class Object>
  text_source(Object& object, violations& faults, naming names = naming::exact) noexcept
      : text_source(type_of<Object>(), &object, faults, names) {}

  /// Fills the field of that dotted name. False: there was a fault, an unknown name included.
  bool set(std::string_view name, std::string_view text);
  /// Fills the field of the structure itself at that index.
  bool set_field(std::size_t index, std::string_view text);

  /// A bit for each field of the structure itself that something was given for; what
  /// `json::decode_options::present` takes.
  std::uint64_t present() const noexcept { return whole_.seen; }

  /// Lists and sets of the structure that were not named are empty, not missing: a query has no
  /// other way to say so. Their rules are checked by `finish`.
  void leave_lists_empty();
  /// Tells missing fields, checks what could not be checked before, and gives whether the whole was
  /// without fault. Of a structure that is missing, the fields it requires are told.
  bool finish();
  /// As `finish`, but what is missing comes from elsewhere: from a body, say.
  bool finish_part();

 private:
  /// A structure that some name led into.
  struct part {
    type const* of;
    void* object;
    std::uint64_t seen;
    std::string path;
  };
  /// What is checked at the end: rules of what grows, and how long it got.
  struct open_value {
    type const* of;
    void* object;
    std::string path;
    std::size_t given;
    bool is_good;
  };
  bool set_within(part& owner, std::string_view name, std::string_view text);
  bool fill(part& owner, std::size_t index, std::string_view rest, std::string_view text);
  bool give(type const& of, void* at, std::string_view text, detail::place const& where);
  bool give_plainly(type const& of, void* at, std::string_view text, detail::place const& where);
  bool give_element(type const& of, void* at, std::string_view text, detail::place const& where);
  bool give_converted(type const& of, void* at, std::string_view text,
                      detail::place const& where);
  bool give_scalar(type const& of, void* at, std::string_view text, detail::place const& where);
  bool give_within(type const& of, void* at, std::string_view rest, std::string_view text,
                   detail::place const& where);
  open_value& opened(type const& of, void* at, detail::place const& where);
  part& part_at(type const& of, void* at, detail::place const& where);
  std::size_t find(type const& of, std::string_view name) const noexcept;
  bool fault(detail::place const& where, std::string_view rule, std::string message);

  violations& faults_;
  naming names_;
  bool is_good_ = true;
  std::size_t secret_ = 0; ///< how many secrets the text now given stands in
  part whole_;
  pando::detail::sequence<pando::detail::owner<part>> parts_; ///< they stay where they are
  pando::detail::sequence<open_value> open_;
};

} // namespace pando::schema

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/text_source.ipp>
#endif
