// SQLite's statements: what is bound comes back, what does not fit is told, prepared once.
#include <boost/test/unit_test.hpp>

#include <array>
#include <limits>
#include <optional>

#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <sqlite3.h>

#include <support/sqlite_rows.hpp>

BOOST_AUTO_TEST_SUITE(sqlite_values)

using namespace pando::sqlite;
using support::error_of;

namespace {

template <class Statement>
concept binds_dying_text = requires(Statement one) { one.bind(1, std::string("dies")); };
static_assert(!binds_dying_text<statement>);

struct memory {
  database file{std::string(in_memory)};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_statements, memory)

BOOST_AUTO_TEST_CASE(every_type_comes_back) {
  std::array<std::byte, 3> const octets{std::byte{0}, std::byte{255}, std::byte{7}};
  std::string const text("with \0 inside, ü", 17);
  auto one = file.prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 AS last");
  one.bind(1, std::numeric_limits<std::int64_t>::min()).bind(2, 1.5).bind(3, text).bind(4, octets);
  one.bind(5, nullptr).bind(6, std::string_view{}).bind(7, std::span<std::byte const>{});
  BOOST_REQUIRE(one.step());
  BOOST_TEST(one.columns() == 7);
  BOOST_TEST(one.name(6) == "last");
  BOOST_TEST(one.integer(0) == std::numeric_limits<std::int64_t>::min());
  BOOST_TEST(one.real(1) == 1.5);
  BOOST_TEST(one.text(2) == text);
  BOOST_TEST(std::ranges::equal(one.blob(3), octets));
  BOOST_TEST(one.is_null(4));
  BOOST_TEST(!one.is_null(5));
  BOOST_TEST(one.text(5) == "");
  BOOST_TEST(one.blob(6).empty());
  BOOST_TEST(!one.step());
}

BOOST_AUTO_TEST_CASE(small_integers_truth_and_options_are_bound_too) {
  auto one = file.prepare("SELECT ?, ?, ?, ?");
  one.bind(1, true).bind(2, std::uint16_t(65535)).bind(3, std::optional<int>());
  one.bind(4, std::optional<std::string_view>("text"));
  BOOST_REQUIRE(one.step());
  BOOST_TEST(one.integer(0) == 1);
  BOOST_TEST(one.integer(1) == 65535);
  BOOST_TEST(one.is_null(2));
  BOOST_TEST(one.text(3) == "text");
}

BOOST_AUTO_TEST_CASE(a_copied_text_may_die) {
  auto one = file.prepare("SELECT ?");
  {
    std::string const dies(100, 'd');
    one.bind_copy(1, dies);
  }
  BOOST_REQUIRE(one.step());
  BOOST_TEST(one.text(0) == std::string(100, 'd'));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_told) {
  auto one = file.prepare("SELECT 1, 'text', null");
  auto const early = error_of([&] { one.integer(0); });
  BOOST_REQUIRE(early);
  BOOST_REQUIRE(one.step());
  auto const text = error_of([&] { one.text(0); });
  BOOST_REQUIRE(text);
  BOOST_TEST((text->kind() == fault::unusable));
  BOOST_TEST(text->what() ==
             std::string("sqlite: column 0 is an integer, not a text, in: SELECT 1, 'text', null"));
  BOOST_TEST(one.real(0) == 1.0);
  BOOST_TEST(error_of([&] { one.integer(1); }).has_value());
  BOOST_TEST(error_of([&] { one.blob(2); }).has_value());
  BOOST_TEST(error_of([&] { one.is_null(3); }).has_value());
  BOOST_TEST(error_of([&] { one.integer(-1); }).has_value());
  auto const big = error_of([&] { file.run("SELECT ?", std::uint64_t(1) << 63); });
  BOOST_REQUIRE(big);
  BOOST_TEST((big->kind() == fault::unusable));
  auto const range = error_of([&] { file.run("SELECT ?", 1, 2); });
  BOOST_REQUIRE(range);
  BOOST_TEST(range->code() == SQLITE_RANGE);
}

BOOST_AUTO_TEST_CASE(texts_that_are_no_statement_are_told) {
  auto const wrong = error_of([&] { file.prepare("SELEKT 1"); });
  BOOST_REQUIRE(wrong);
  BOOST_TEST((wrong->kind() == fault::statement));
  BOOST_TEST(std::string(wrong->what()).find("SELEKT") != std::string::npos);
  BOOST_TEST(error_of([&] { file.prepare(""); }).has_value());
  BOOST_TEST(error_of([&] { file.prepare("SELECT 1; SELECT 2"); }).has_value());
  BOOST_TEST(!error_of([&] { file.prepare("SELECT 1 ; \n"); }).has_value());
  // A word in double quotes is a name, and never silently a text.
  BOOST_TEST(error_of([&] { file.prepare("SELECT \"nothing\""); }).has_value());
}

BOOST_AUTO_TEST_CASE(a_statement_is_prepared_once_and_comes_back_clean) {
  ::sqlite3_stmt* first = nullptr;
  {
    auto one = file.prepare("SELECT ?");
    first = one.handle();
    one.bind(1, 5);
    BOOST_TEST(one.step());
  }
  auto again = file.prepare("SELECT ?");
  BOOST_TEST(again.handle() == first);
  BOOST_REQUIRE(again.step());
  BOOST_TEST(again.is_null(0)); // nothing is left of the binding
  auto beside = file.prepare("SELECT ?");
  BOOST_TEST(beside.handle() != first);
  beside.bind(1, 6);
  BOOST_REQUIRE(beside.step());
  BOOST_TEST(beside.integer(0) == 6);
}

BOOST_AUTO_TEST_CASE(as_many_statements_are_kept_as_may_those_used_last) {
  database small{std::string(in_memory), {.statements = 2}};
  auto const handle_of = [&](std::string_view text) { return small.prepare(text).handle(); };
  auto const count = [&] {
    int all = 0;
    for (auto* one = ::sqlite3_next_stmt(small.handle(), nullptr); one != nullptr;
         one = ::sqlite3_next_stmt(small.handle(), one))
      ++all;
    return all;
  };
  auto* const first = handle_of("SELECT 1");
  handle_of("SELECT 2");
  BOOST_TEST(handle_of("SELECT 1") == first);
  handle_of("SELECT 3");
  BOOST_TEST(count() == 2);
  BOOST_TEST(handle_of("SELECT 1") == first);
}

BOOST_AUTO_TEST_CASE(a_statement_runs_again_with_other_values) {
  support::make_table(file);
  auto one = file.prepare("INSERT INTO numbers(n) VALUES(?)");
  for (int i = 0; i < 3; ++i) BOOST_TEST(one.bind(1, i).run() == 1);
  auto const twice = error_of([&] { one.bind(1, 1).run(); });
  BOOST_REQUIRE(twice);
  BOOST_TEST((twice->kind() == fault::constraint));
  BOOST_TEST(twice->code() == SQLITE_CONSTRAINT_PRIMARYKEY);
  BOOST_TEST(one.bind(1, 4).run() == 1);
  BOOST_TEST(file.run("DELETE FROM numbers WHERE n < 2") == 2);
  BOOST_TEST(file.run("DELETE FROM numbers WHERE n < 2") == 0);
  BOOST_TEST(file.run("CREATE TABLE other(a)") == 0);
  auto rows = file.prepare("SELECT n FROM numbers ORDER BY n");
  BOOST_TEST(rows.step());
  rows.reset();
  BOOST_REQUIRE(rows.step());
  BOOST_TEST(rows.integer(0) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
#endif
