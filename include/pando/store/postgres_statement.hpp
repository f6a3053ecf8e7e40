// A statement with its parameters, and several that commit together.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pando/config.hpp>
#include <pando/contract/bytes.hpp>
#include <pando/store/detail/libpq.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

namespace detail {
/// Microseconds from 1970 to 2000, where PostgreSQL's time begins.
inline constexpr std::int64_t microseconds_to_2000 = 946'684'800'000'000;
} // namespace detail

/// A statement of SQL with `$1`, `$2` … and what they stand for. Parameters are copied.
/// Integers go as bigint, `bool`, `double`, bytes (bytea), `sys_time` (timestamptz) as what they
/// are, each in binary; text goes untyped, so that the statement decides (`$1::jsonb`, `$2::uuid`);
/// ranges of integers, texts or bytes as arrays, for `unnest($1::bigint[])`, of integers and octets
/// also with nulls among them; nullptr and an empty optional as null. *Limit*: 65,535 parameters,
/// 1 GiB each, by the protocol.
class statement {
 public:
  template <class... Parameters>
  /// *Throws* std::invalid_argument for a zero octet in a text, and over the limits.
  explicit statement(std::string text, Parameters const&... all) : text_(std::move(text)) {
    check_text();
    values_.reserve(sizeof...(all));
    (add(all), ...);
  }

  std::string const& text() const noexcept { return text_; }
  /// How long the server may take from when it is sent, the pool's `query_timeout` otherwise; nor
  /// does it wait longer than that for a connection.
  statement&& within(std::chrono::milliseconds time) && {
    within_ = time;
    return std::move(*this);
  }
  std::chrono::milliseconds allowed() const noexcept { return within_; }

  template <std::integral Integer>
    requires(!std::same_as<Integer, bool> && !std::same_as<Integer, char>)
  void add(Integer value) {
    add_integer(static_cast<std::int64_t>(value));
  }
  template <std::same_as<bool> Flag>
  void add(Flag value) {
    add_flag(value);
  }
  template <std::floating_point Number>
  void add(Number value) {
    add_number(static_cast<double>(value));
  }
  void add(std::nullptr_t) { add_null(0); }
  void add(std::string_view text) { add_octets(0, false, text); }
  void add(std::string const& text) { add(std::string_view(text)); }
  void add(char const* text) { add(std::string_view(text)); }
  void add(std::span<std::byte const> octets);
  void add(bytes const& octets) { add(std::span<std::byte const>(octets.value_)); }
  void add(std::vector<std::byte> const& octets) { add(std::span<std::byte const>(octets)); }
  void add(std::chrono::sys_time<std::chrono::microseconds> when);
  void add(std::span<std::int64_t const> list);
  void add(std::vector<std::int64_t> const& list) { add(std::span<std::int64_t const>(list)); }
  void add(std::vector<std::string> const& list);
  void add(std::vector<bytes> const& list);
  void add(std::vector<std::optional<std::int64_t>> const& list);
  /// What the spans see is copied.
  void add(std::vector<std::optional<std::span<std::byte const>>> const& list);
  template <class Value>
  void add(std::optional<Value> const& value) {
    if (value) add(*value);
    else add_null(oid_of<Value>());
  }

  /// One parameter: where its octets are.
  struct parameter {
    std::uint32_t oid; ///< the type, 0: the statement decides
    std::uint32_t size;
    std::size_t at;
    bool is_null;
    bool is_binary;
  };
  std::vector<parameter> const& values() const noexcept { return values_; }
  char const* octets() const noexcept { return octets_.data(); }

 private:
  template <class Value>
  static constexpr std::uint32_t oid_of() {
    if constexpr (std::same_as<Value, bool>) return 16;
    else if constexpr (std::integral<Value>) return 20;
    else if constexpr (std::floating_point<Value>) return 701;
    else if constexpr (std::same_as<Value, bytes> ||
                       std::convertible_to<Value, std::span<std::byte const>>)
      return 17;
    else return 0;
  }
  void add_integer(std::int64_t value);
  void add_flag(bool value);
  void add_number(double value);
  void add_null(std::uint32_t oid);
  void add_octets(std::uint32_t oid, bool is_binary, std::string_view octets);
  void begin_array(std::uint32_t oid, std::uint32_t element, std::size_t count,
                   bool has_nulls = false);
  void put(std::uint64_t value, int octets);
  void push(parameter one);
  void check_text() const;
  void end_value();

  std::string text_;
  std::string octets_; ///< of all values, each ended by a zero, which text needs
  std::vector<parameter> values_;
  std::chrono::milliseconds within_{0};
};

/// How a transaction sees others. *Source*: PostgreSQL, "Transaction Isolation".
enum class isolation : std::uint8_t { read_committed, repeatable_read, serializable };

/// Statements that commit together, in one round trip, or not at all.
class batch {
 public:
  explicit batch(isolation level = isolation::read_committed) : level_(level) {}

  template <class... Parameters>
  void add(std::string text, Parameters const&... all) {
    statements_.emplace_back(std::move(text), all...);
  }
  void add(statement one) { statements_.push_back(std::move(one)); }

  /// How long the server may take for all of it; the pool's `query_timeout` otherwise.
  void within(std::chrono::milliseconds time) noexcept { within_ = time; }
  std::chrono::milliseconds allowed() const noexcept { return within_; }
  isolation level() const noexcept { return level_; }
  std::size_t size() const noexcept { return statements_.size(); }
  std::vector<statement>& statements() noexcept { return statements_; }

 private:
  std::vector<statement> statements_;
  std::chrono::milliseconds within_{0};
  isolation level_;
};

} // namespace pando::postgres

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_statement.ipp>
#endif
#endif
