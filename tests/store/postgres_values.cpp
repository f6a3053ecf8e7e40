// PostgreSQL: every type there and back, and what cannot be read or written.
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <store/with_postgres.hpp>

#if PANDO_HAS_POSTGRES

BOOST_AUTO_TEST_SUITE(postgres_values)

using namespace with_postgres;

BOOST_AUTO_TEST_CASE(integers_come_back_as_they_went) {
  with_pool({}, [](pool& all) -> task<void> {
    for (auto const value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{4711},
                             (std::numeric_limits<std::int64_t>::min)(),
                             (std::numeric_limits<std::int64_t>::max)()}) {
      auto const rows = co_await all.query("select $1::bigint", value);
      BOOST_TEST(rows.front().get<std::int64_t>(0) == value);
    }
    auto const small = co_await all.query("select $1::bigint::int4, $2::bigint::int2", -70000, -3);
    BOOST_TEST(small.front().get<int>(0) == -70000);
    BOOST_TEST(small.front().get<std::int16_t>(1) == -3);
    BOOST_TEST(small.front().get<std::int64_t>(1) == -3);
  });
}

BOOST_AUTO_TEST_CASE(text_comes_back_as_it_went) {
  with_pool({}, [](pool& all) -> task<void> {
    std::string const texts[]{"", "hello", "Grüße, 世界", "a'b\"c\\d\n\t;--", std::string(1 << 20, 'x')};
    for (auto const& text : texts) {
      auto const rows = co_await all.query("select $1::text, $1::varchar", text);
      BOOST_TEST((rows.front().get<std::string_view>(0) == text));
      BOOST_TEST((rows.front().get<std::string>(1) == text));
    }
    auto const json = co_await all.query("select $1::jsonb, $1::json", R"({"a": 1})");
    BOOST_TEST(json.front().get<std::string_view>(0) == R"({"a": 1})");
    BOOST_TEST(json.front().get<std::string_view>(1) == R"({"a": 1})");
    auto const uuid = co_await all.query("select $1::uuid::text, $1::uuid",
                                         "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    BOOST_TEST(uuid.front().get<std::string_view>(0) == "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    BOOST_TEST(uuid.front().get<std::span<std::byte const>>(1).size() == 16u);
  });
}

BOOST_AUTO_TEST_CASE(bytes_with_zeros_and_a_megabyte_come_back) {
  with_pool({}, [](pool& all) -> task<void> {
    pando::bytes every;
    for (int i = 0; i < 512; ++i) every.value_.push_back(static_cast<std::byte>(i));
    pando::bytes big;
    big.value_.resize(1 << 20);
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<std::byte>(i * 7);
    pando::bytes const none;
    for (pando::bytes const* const one : {&std::as_const(every), &std::as_const(big), &none}) {
      auto const rows = co_await all.query("select $1::bytea, length($1::bytea)", *one);
      BOOST_TEST((rows.front().get<pando::bytes>(0) == *one));
      BOOST_TEST(rows.front().get<std::size_t>(1) == one->size());
    }
  });
}

BOOST_AUTO_TEST_CASE(flags_numbers_and_times_come_back) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const flags = co_await all.query("select $1::bool, $2::bool", true, false);
    BOOST_TEST(flags.front().get<bool>(0));
    BOOST_TEST(!flags.front().get<bool>(1));
    for (double const value : {0.0, -1.5, 1e300, 0.1, HUGE_VAL}) {
      auto const rows = co_await all.query("select $1::float8", value);
      BOOST_TEST(rows.front().get<double>(0) == value);
    }
    auto const half = co_await all.query("select 0.5::float4");
    BOOST_TEST(half.front().get<double>(0) == 0.5);
    using when = std::chrono::sys_time<std::chrono::microseconds>;
    for (when const time : {when(0us), when(951782400s + 123456us), when(-1us), when(4102444800s)}) {
      auto const rows = co_await all.query(
          "select $1::timestamptz, (extract(epoch from $1::timestamptz) * 1000000)::bigint", time);
      BOOST_TEST((rows.front().get<when>(0) == time));
      BOOST_TEST(rows.front().get<std::int64_t>(1) == time.time_since_epoch().count());
    }
  });
}

BOOST_AUTO_TEST_CASE(nulls_are_optionals) {
  with_pool({}, [](pool& all) -> task<void> {
    std::optional<std::int64_t> const none;
    std::optional<std::string> const text("t");
    auto const rows = co_await all.query("select $1::bigint, $2::text, $3::bytea, $4::text", none,
                                         text, std::optional<pando::bytes>(), nullptr);
    auto const first = rows.front();
    BOOST_TEST(!first.get<std::optional<std::int64_t>>(0).has_value());
    BOOST_TEST((first.get<std::optional<std::string>>(1) == "t"));
    BOOST_TEST(first.is_null(2));
    BOOST_TEST(!first.get<std::optional<std::string_view>>(3).has_value());
    BOOST_CHECK_EXCEPTION(first.get<std::int64_t>(0), error, [](error const& why) {
      return why.kind() == fault::unusable &&
             std::string(why.what()) == "postgres: column 0 (int8) is null; ask for a std::optional";
    });
  });
}

BOOST_AUTO_TEST_CASE(lists_are_arrays) {
  with_pool({}, [](pool& all) -> task<void> {
    std::vector<std::int64_t> const numbers{3, -1, 7};
    std::vector<std::string> const texts{"a", "", "c,\"d\""};
    std::vector<pando::bytes> const octets{pando::bytes::of({"\0x", 2}), {}, pando::bytes::of("z")};
    auto const rows = co_await all.query(
        "select * from unnest($1::bigint[], $2::text[], $3::bytea[]) as t(n, t, b)", numbers, texts,
        octets);
    BOOST_TEST_REQUIRE(rows.size() == 3u);
    std::size_t at = 0;
    for (auto const row : rows) {
      BOOST_TEST(row.get<std::int64_t>(0) == numbers[at]);
      BOOST_TEST(row.get<std::string_view>(1) == texts[at]);
      BOOST_TEST((row.get<pando::bytes>(2) == octets[at]));
      ++at;
    }
    BOOST_TEST(rows.column_name(2) == "b");
    auto const nothing = co_await all.query("select * from unnest($1::bigint[])",
                                            std::vector<std::int64_t>());
    BOOST_TEST(nothing.empty());
  });
}

BOOST_AUTO_TEST_CASE(lists_may_hold_nulls) {
  with_pool({}, [](pool& all) -> task<void> {
    using octets = std::span<std::byte const>;
    std::vector<std::optional<std::int64_t>> const numbers{-1, std::nullopt, 7};
    auto const some = pando::bytes::of({"\0x", 2});
    std::vector<std::optional<octets>> const texts{std::nullopt, octets(some), octets()};
    auto const rows = co_await all.query(
        "select * from unnest($1::bigint[], $2::bytea[]) as t(n, b)", numbers, texts);
    BOOST_TEST_REQUIRE(rows.size() == 3u);
    BOOST_TEST(rows[0].get<std::int64_t>(0) == -1);
    BOOST_TEST(rows[0].is_null(1));
    BOOST_TEST(rows[1].is_null(0));
    BOOST_TEST((rows[1].get<pando::bytes>(1) == some));
    BOOST_TEST(rows[2].get<std::int64_t>(0) == 7);
    BOOST_TEST(rows[2].get<pando::bytes>(1).empty());
  });
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_told) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const rows = co_await all.query(
        "select 300::int4 as n, 1.5::numeric as price, 'x'::text as t, array[1]");
    auto const first = rows.front();
    auto const says = [](std::string text) {
      return [text](error const& why) {
        BOOST_TEST(why.what() == text);
        return why.kind() == fault::unusable && !why.is_retryable();
      };
    };
    BOOST_CHECK_EXCEPTION(first.get<std::uint8_t>(0), error,
                          says("postgres: column 0 holds 300, which does not fit the integer asked for"));
    BOOST_CHECK_EXCEPTION(
        first.get<std::string>(1), error,
        says("postgres: column 1 (price) is of the type number 1700 and cannot be read as text; cast "
             "it in the statement, such as value::text or value::bigint"));
    BOOST_CHECK_THROW(first.get<std::int64_t>(2), error);
    BOOST_CHECK_THROW(first.get<bool>(2), error);
    BOOST_CHECK_THROW(first.get<double>(0), error);
    BOOST_CHECK_THROW(first.get<pando::bytes>(2), error);
    BOOST_CHECK_THROW(first.get<std::string>(3), error);
    BOOST_CHECK_EXCEPTION(first.get<int>(4), error,
                          says("postgres: there is no row 0 with a column 4"));
    BOOST_CHECK_THROW(rows[1], error);
    BOOST_CHECK_THROW(rows.column_name(4), error);
    BOOST_CHECK_THROW(statement("select $1", std::string("a\0b", 3)), std::invalid_argument);
    BOOST_CHECK_THROW(statement(std::string("select 1\0, 2", 12)), std::invalid_argument);
    statement many("select 1");
    for (int i = 0; i < 65535; ++i) many.add(i);
    BOOST_CHECK_THROW(many.add(1), std::invalid_argument);
    BOOST_CHECK_THROW(many.add(nullptr), std::invalid_argument);
  });
}

BOOST_AUTO_TEST_CASE(affected_rows_are_counted) {
  with_pool({}, [](pool& all) -> task<void> {
    co_await all.query("drop table if exists counted");
    co_await all.query("create table counted (n bigint)");
    auto const inserted = co_await all.query("insert into counted select generate_series(1, 7)");
    BOOST_TEST(inserted.affected() == 7u);
    auto const updated = co_await all.query("update counted set n = n + 1 where n > $1", 4);
    BOOST_TEST(updated.affected() == 3u);
    auto const deleted = co_await all.query("delete from counted where n > $1 returning n", 100);
    BOOST_TEST(deleted.affected() == 0u);
    BOOST_TEST(deleted.empty());
  });
}

BOOST_AUTO_TEST_SUITE_END()
#else
BOOST_AUTO_TEST_CASE(postgres) { with_postgres::server(); }
#endif
