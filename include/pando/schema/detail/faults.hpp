// The faults that every reader of values finds in the same way, and the sentences they are told in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/violation.hpp>

namespace pando::detail {

/// Where a reader stands; asked only when there is a fault to tell.
struct place {
  virtual std::string path() const = 0;

 protected:
  ~place() = default;
};

/// A place whose path is known.
struct known_place final : place {
  explicit known_place(std::string const& path) noexcept : path_(path) {}
  std::string path() const override { return path_; }

 private:
  std::string const& path_;
};

/// Longer paths are cut: a fault must not cost more than what was sent.
inline constexpr std::size_t longest_path = 512;

/// Appends a step of a JSON pointer, cut at `longest_path`.
void add_step(std::string& path, std::string_view step);

/// "a whole number from 0 to 255": what a value of the type would be, after "must be".
std::string expected(schema::type const& type);

/// A name for a sentence: in quotes, cut when long, without control characters.
std::string quoted(std::string_view name);

/// `; did you mean "…"?` or nothing.
std::string suggestion(schema::type const& structure, std::string_view name);

/// Checks the rules of a decoded value. Gives how many are broken.
std::size_t check_rules(schema::type const& type, void const* value, place const& at,
                        violations& faults);

/// Tells each required field that `seen` has no bit for; with `leaves`, of a structure among them
/// the fields that it requires in turn. Gives how many.
std::size_t report_missing(schema::type const& structure, std::uint64_t seen, place const& at,
                           violations& faults, bool leaves = false);

/// Puts an enumerator, text scalar, octets or string where it belongs, from its text. False: `rule`
/// and `message` say why not; with `hint`, also what may have been meant.
bool store_text(schema::type const& type, void* at, std::string_view text, bool hint,
                std::string_view& rule, std::string& message);

/// A whole number, as the token of a JSON number says it, put into an integer of the type. False:
/// it is no whole number or out of range; `rule` says which.
bool store_whole(schema::type const& type, void* at, std::string_view token,
                 std::string_view& rule) noexcept;

/// The nearest number to a JSON token of the type's width. False: too large.
bool store_number(schema::type const& type, void* at, std::string_view token) noexcept;

/// Puts an integer into `at` when the type holds it.
bool store_integer(schema::type const& type, void* at, std::int64_t value) noexcept;
bool store_integer(schema::type const& type, void* at, std::uint64_t value) noexcept;

/// The enumerator of that name, or null.
schema::enumerator const* find_enumerator(schema::type const& type, std::string_view name) noexcept;

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/faults.ipp>
#endif
