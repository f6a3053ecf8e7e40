// Reading the protocol's binary formats.
#pragma once

#include <bit>
#include <charconv>

#include <pando/store/postgres_error.hpp>
#include <pando/store/postgres_result.hpp>
#include <pando/store/postgres_statement.hpp>

#if PANDO_HAS_POSTGRES

#include <pando/store/detail/libpq_fe.hpp>

namespace pando::postgres {

namespace detail {

/// Types by their numbers. Source: PostgreSQL, src/include/catalog/pg_type.dat.
enum oid : std::uint32_t {
  oid_bool = 16,
  oid_bytea = 17,
  oid_char = 18,
  oid_name = 19,
  oid_int8 = 20,
  oid_int2 = 21,
  oid_int4 = 23,
  oid_text = 25,
  oid_oid = 26,
  oid_json = 114,
  oid_xml = 142,
  oid_float4 = 700,
  oid_float8 = 701,
  oid_unknown = 705,
  oid_bpchar = 1042,
  oid_varchar = 1043,
  oid_timestamptz = 1184,
  oid_uuid = 2950,
  oid_jsonb = 3802,
  first_user_oid = 16384,
};

[[noreturn]] inline void unusable(std::string const& what) {
  throw error(fault::unusable, "postgres: " + what);
}

inline std::string column_text(::pg_result const* in, std::size_t column) {
  char const* const name = ::PQfname(in, static_cast<int>(column));
  return "column " + std::to_string(column) +
         (name == nullptr ? std::string() : " (" + std::string(name) + ")");
}

[[noreturn]] inline void wrong_type(::pg_result const* in, std::size_t column, char const* asked) {
  auto const number = static_cast<int>(column);
  unusable(column_text(in, column) + " is of the type number " +
           std::to_string(::PQftype(in, number)) + " and cannot be read as " + asked +
           "; cast it in the statement, such as value::text or value::bigint");
}

inline void check_place(::pg_result const* in, std::size_t row, std::size_t column) {
  if (in == nullptr || row >= static_cast<std::size_t>(::PQntuples(in)) ||
      column >= static_cast<std::size_t>(::PQnfields(in)))
    unusable("there is no row " + std::to_string(row) + " with a column " +
             std::to_string(column));
}

/// The octets of a value that is not null.
inline std::string_view value_at(::pg_result const* in, std::size_t row, std::size_t column) {
  check_place(in, row, column);
  auto const r = static_cast<int>(row);
  auto const c = static_cast<int>(column);
  if (::PQgetisnull(in, r, c) != 0)
    unusable(column_text(in, column) + " is null; ask for a std::optional");
  return {::PQgetvalue(in, r, c), static_cast<std::size_t>(::PQgetlength(in, r, c))};
}

inline std::uint32_t type_at(::pg_result const* in, std::size_t column) {
  return ::PQftype(in, static_cast<int>(column));
}

inline std::uint64_t big_endian(std::string_view octets) noexcept {
  std::uint64_t value = 0;
  for (char const one : octets) value = value << 8 | static_cast<unsigned char>(one);
  return value;
}

PANDO_INLINE bool is_null(::pg_result const* in, std::size_t row, std::size_t column) {
  check_place(in, row, column);
  return ::PQgetisnull(in, static_cast<int>(row), static_cast<int>(column)) != 0;
}

PANDO_INLINE std::int64_t integer_at(::pg_result const* in, std::size_t row, std::size_t column) {
  auto const value = big_endian(value_at(in, row, column));
  switch (type_at(in, column)) {
  case oid_int8: return static_cast<std::int64_t>(value);
  case oid_int4: return static_cast<std::int32_t>(value);
  case oid_int2: return static_cast<std::int16_t>(value);
  case oid_oid: return static_cast<std::int64_t>(value);
  default: wrong_type(in, column, "an integer");
  }
}

PANDO_INLINE bool flag_at(::pg_result const* in, std::size_t row, std::size_t column) {
  auto const value = value_at(in, row, column);
  if (type_at(in, column) != oid_bool) wrong_type(in, column, "a bool");
  return value != std::string_view("\0", 1);
}

PANDO_INLINE double number_at(::pg_result const* in, std::size_t row, std::size_t column) {
  auto const value = big_endian(value_at(in, row, column));
  switch (type_at(in, column)) {
  case oid_float8: return std::bit_cast<double>(value);
  case oid_float4:
    return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(value)));
  default: wrong_type(in, column, "a double");
  }
}

PANDO_INLINE std::string_view text_at(::pg_result const* in, std::size_t row, std::size_t column) {
  auto const value = value_at(in, row, column);
  auto const type = type_at(in, column);
  switch (type) {
  case oid_jsonb: return value.substr(1); // the format's version goes first
  case oid_char:
  case oid_name:
  case oid_text:
  case oid_json:
  case oid_xml:
  case oid_unknown:
  case oid_bpchar:
  case oid_varchar: return value;
  default:
    if (type < first_user_oid) wrong_type(in, column, "text");
    return value; // enumerations
  }
}

PANDO_INLINE std::span<std::byte const> bytes_at(::pg_result const* in, std::size_t row,
                                                 std::size_t column) {
  auto const value = value_at(in, row, column);
  auto const type = type_at(in, column);
  if (type != oid_bytea && type != oid_uuid) wrong_type(in, column, "bytes");
  return {reinterpret_cast<std::byte const*>(value.data()), value.size()};
}

PANDO_INLINE std::int64_t time_at(::pg_result const* in, std::size_t row, std::size_t column) {
  auto const value = static_cast<std::int64_t>(big_endian(value_at(in, row, column)));
  if (type_at(in, column) != oid_timestamptz) wrong_type(in, column, "a sys_time");
  if (value == (std::numeric_limits<std::int64_t>::max)() ||
      value == (std::numeric_limits<std::int64_t>::min)())
    unusable(column_text(in, column) + " is infinity");
  return value + microseconds_to_2000;
}

PANDO_INLINE void out_of_range(std::int64_t value, std::size_t column) {
  unusable("column " + std::to_string(column) + " holds " + std::to_string(value) +
           ", which does not fit the integer asked for");
}

} // namespace detail

PANDO_INLINE std::size_t result::size() const noexcept {
  return rows_ == nullptr ? 0 : static_cast<std::size_t>(::PQntuples(rows_.get()));
}

PANDO_INLINE std::size_t result::columns() const noexcept {
  return rows_ == nullptr ? 0 : static_cast<std::size_t>(::PQnfields(rows_.get()));
}

PANDO_INLINE std::string_view result::column_name(std::size_t column) const {
  if (column >= columns()) detail::unusable("there is no column " + std::to_string(column));
  return ::PQfname(rows_.get(), static_cast<int>(column));
}

PANDO_INLINE std::size_t result::affected() const noexcept {
  if (rows_ == nullptr) return 0;
  std::string_view const text = ::PQcmdTuples(rows_.get());
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

PANDO_INLINE row result::operator[](std::size_t number) const {
  if (number >= size())
    detail::unusable("there is no row " + std::to_string(number) + " of " +
                     std::to_string(size()));
  return row(rows_.get(), number);
}

} // namespace pando::postgres

#endif
