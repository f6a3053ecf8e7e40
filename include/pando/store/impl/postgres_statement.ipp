// Parameters in the protocol's binary formats. Source: PostgreSQL, src/backend/utils/adt, *recv.
#pragma once

#include <bit>
#include <limits>
#include <stdexcept>

#include <pando/store/postgres_statement.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

PANDO_INLINE void statement::put(std::uint64_t value, int octets) {
  for (int left = octets; left-- > 0;) octets_.push_back(static_cast<char>(value >> (8 * left)));
}

/// libpq would send what is before the zero, and refuse a statement with too many parameters only
/// when others are on their way already.
PANDO_INLINE void statement::check_text() const {
  if (text_.find('\0') != text_.npos)
    throw std::invalid_argument("postgres: a statement holds a zero octet");
}

PANDO_INLINE void statement::push(parameter one) {
  if (values_.size() == 65'535)
    throw std::invalid_argument("postgres: a statement has at most 65535 parameters; give lists, "
                                "as in unnest($1::bigint[])");
  values_.push_back(one);
}

PANDO_INLINE void statement::end_value() {
  parameter& last = values_.back();
  auto const size = octets_.size() - last.at;
  if (size > std::size_t{1} << 30)
    throw std::invalid_argument("postgres: a parameter has " + std::to_string(size) +
                                " bytes; the most is 1 GiB");
  last.size = static_cast<std::uint32_t>(size);
  octets_.push_back('\0');
}

PANDO_INLINE void statement::add_integer(std::int64_t number) {
  push({20, 0, octets_.size(), false, true});
  put(static_cast<std::uint64_t>(number), 8);
  end_value();
}

PANDO_INLINE void statement::add_flag(bool flag) {
  push({16, 0, octets_.size(), false, true});
  put(flag ? 1 : 0, 1);
  end_value();
}

PANDO_INLINE void statement::add_number(double number) {
  push({701, 0, octets_.size(), false, true});
  put(std::bit_cast<std::uint64_t>(number), 8);
  end_value();
}

PANDO_INLINE void statement::add_null(std::uint32_t oid) { push({oid, 0, 0, true, true}); }

PANDO_INLINE void statement::add_octets(std::uint32_t oid, bool is_binary,
                                        std::string_view octets) {
  // Text ends at a zero octet there, so the rest would be lost without a word.
  if (!is_binary && octets.find('\0') != octets.npos)
    throw std::invalid_argument("postgres: a text holds a zero octet, which PostgreSQL's text "
                                "cannot: store it as bytes (bytea)");
  push({oid, 0, octets_.size(), false, is_binary});
  octets_.append(octets);
  end_value();
}

PANDO_INLINE void statement::add(std::span<std::byte const> octets) {
  add_octets(17, true, {reinterpret_cast<char const*>(octets.data()), octets.size()});
}

PANDO_INLINE void statement::add(std::chrono::sys_time<std::chrono::microseconds> when) {
  push({1184, 0, octets_.size(), false, true});
  put(static_cast<std::uint64_t>(when.time_since_epoch().count() - detail::microseconds_to_2000),
      8);
  end_value();
}

PANDO_INLINE void statement::begin_array(std::uint32_t oid, std::uint32_t element,
                                         std::size_t count, bool has_nulls) {
  push({oid, 0, octets_.size(), false, true});
  put(count == 0 ? 0 : 1, 4); // dimensions
  put(has_nulls ? 1 : 0, 4);
  put(element, 4);
  if (count == 0) return;
  put(count, 4);
  put(1, 4); // the first one's number
}

PANDO_INLINE void statement::add(std::span<std::int64_t const> list) {
  begin_array(1016, 20, list.size());
  for (auto const one : list) {
    put(8, 4);
    put(static_cast<std::uint64_t>(one), 8);
  }
  end_value();
}

PANDO_INLINE void statement::add(std::vector<std::string> const& list) {
  begin_array(1009, 25, list.size());
  for (auto const& one : list) {
    put(one.size(), 4);
    octets_.append(one);
  }
  end_value();
}

PANDO_INLINE void statement::add(std::vector<bytes> const& list) {
  begin_array(1001, 17, list.size());
  for (auto const& one : list) {
    put(one.size(), 4);
    octets_.append(one.as_text());
  }
  end_value();
}

PANDO_INLINE void statement::add(std::vector<std::optional<std::int64_t>> const& list) {
  begin_array(1016, 20, list.size(), true);
  for (auto const& one : list) {
    put(one ? 8 : 0xffff'ffff, 4); // -1: null
    if (one) put(static_cast<std::uint64_t>(*one), 8);
  }
  end_value();
}

PANDO_INLINE void
statement::add(std::vector<std::optional<std::span<std::byte const>>> const& list) {
  begin_array(1001, 17, list.size(), true);
  for (auto const& one : list) {
    put(one ? one->size() : 0xffff'ffff, 4);
    if (one) octets_.append(reinterpret_cast<char const*>(one->data()), one->size());
  }
  end_value();
}

} // namespace pando::postgres

#endif
