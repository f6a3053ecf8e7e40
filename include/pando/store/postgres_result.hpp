// What a statement gave: rows and columns, looked at where libpq has put them.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/contract/bytes.hpp>
#include <pando/store/detail/libpq.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

class result;

namespace detail {
bool is_null(::pg_result const* in, std::size_t row, std::size_t column);
std::int64_t integer_at(::pg_result const* in, std::size_t row, std::size_t column);
bool flag_at(::pg_result const* in, std::size_t row, std::size_t column);
double number_at(::pg_result const* in, std::size_t row, std::size_t column);
std::string_view text_at(::pg_result const* in, std::size_t row, std::size_t column);
std::span<std::byte const> bytes_at(::pg_result const* in, std::size_t row, std::size_t column);
std::int64_t time_at(::pg_result const* in, std::size_t row, std::size_t column);
[[noreturn]] void out_of_range(std::int64_t value, std::size_t column);

template <class Type>
inline constexpr bool is_optional = false;
template <class Type>
inline constexpr bool is_optional<std::optional<Type>> = true;
} // namespace detail

/// A row of a result; valid as long as that.
class row {
 public:
  row(::pg_result const* in, std::size_t number) noexcept : in_(in), number_(number) {}

  /// The value of a column as that type: integers (int2, int4, int8; checked to fit), bool, double,
  /// `std::string_view` or `std::string` (text and its kin, json, jsonb, enumerations),
  /// `std::span<std::byte const>` or `bytes` (bytea), `sys_time<microseconds>` (timestamptz), or an
  /// optional of one of these. Views live as long as the result. *Throws* `error` (`unusable`) for
  /// null where no optional was asked for, and for other types: cast those in the statement, such
  /// as `price::text`.
  template <class Type>
  Type get(std::size_t column) const {
    using namespace std::chrono;
    if constexpr (detail::is_optional<Type>) {
      if (is_null(column)) return std::nullopt;
      return get<typename Type::value_type>(column);
    } else if constexpr (std::same_as<Type, bool>) {
      return detail::flag_at(in_, number_, column);
    } else if constexpr (std::integral<Type>) {
      auto const value = detail::integer_at(in_, number_, column);
      if (!std::in_range<Type>(value)) detail::out_of_range(value, column);
      return static_cast<Type>(value);
    } else if constexpr (std::same_as<Type, double>) {
      return detail::number_at(in_, number_, column);
    } else if constexpr (std::same_as<Type, bytes>) {
      auto const octets = detail::bytes_at(in_, number_, column);
      return bytes(std::vector<std::byte>(octets.begin(), octets.end()));
    } else if constexpr (std::same_as<Type, std::span<std::byte const>>) {
      return detail::bytes_at(in_, number_, column);
    } else if constexpr (std::same_as<Type, sys_time<microseconds>>) {
      return Type(microseconds(detail::time_at(in_, number_, column)));
    } else {
      static_assert(std::same_as<Type, std::string> || std::same_as<Type, std::string_view>,
                    "pando: a column is read as an integer, bool, double, std::string_view, "
                    "std::string, bytes, span of bytes, sys_time<microseconds>, or an optional");
      return Type(detail::text_at(in_, number_, column));
    }
  }
  bool is_null(std::size_t column) const { return detail::is_null(in_, number_, column); }

 private:
  ::pg_result const* in_;
  std::size_t number_;
};

/// The rows a statement gave. Copies share them.
class result {
 public:
  result() = default;
  explicit result(std::shared_ptr<::pg_result> rows) noexcept : rows_(std::move(rows)) {}

  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  std::size_t columns() const noexcept;
  std::string_view column_name(std::size_t column) const;
  /// Rows that were inserted, updated, deleted or selected.
  std::size_t affected() const noexcept;
  /// *Throws* `error` (`unusable`) when there is no such row.
  row operator[](std::size_t number) const;
  row front() const { return (*this)[0]; }

  class iterator {
   public:
    iterator(::pg_result const* in, std::size_t at) noexcept : in_(in), at_(at) {}
    row operator*() const noexcept { return row(in_, at_); }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    friend bool operator==(iterator const&, iterator const&) = default;

   private:
    ::pg_result const* in_;
    std::size_t at_;
  };
  iterator begin() const noexcept { return {rows_.get(), 0}; }
  iterator end() const noexcept { return {rows_.get(), size()}; }

 private:
  std::shared_ptr<::pg_result> rows_;
};

} // namespace pando::postgres

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_result.ipp>
#endif
#endif
