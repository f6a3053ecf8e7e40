// Opening SQLite databases, and what is said where they cannot be opened.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <pando/store/detail/sqlite_connection.hpp>
#include <support/scratch.hpp>
#include <support/sqlite_rows.hpp>

BOOST_AUTO_TEST_SUITE(sqlite_databases)

using namespace pando::sqlite;
using support::error_of;

namespace {

std::string said_when_opened(std::string const& path, database_options options = {}) {
  auto const said = error_of([&] { database file(path, options); });
  return said ? said->what() : "";
}
bool says(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
std::string text_of(database& in, std::string_view query) {
  auto rows = in.prepare(query);
  BOOST_REQUIRE(rows.step());
  return rows.columns() == 0 ? "" : std::string(rows.text(0));
}
std::int64_t integer_of(database& in, std::string_view query) {
  auto rows = in.prepare(query);
  BOOST_REQUIRE(rows.step());
  return rows.integer(0);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_new_file_has_a_log_is_durable_and_checks_keys) {
  support::scratch_folder const folder;
  database file(folder.path() + "/new.db");
  BOOST_TEST(text_of(file, "PRAGMA journal_mode") == "wal");
  BOOST_TEST(integer_of(file, "PRAGMA synchronous") == 2);
  BOOST_TEST(integer_of(file, "PRAGMA foreign_keys") == 1);
  database less(folder.path() + "/new.db",
                {.durable = durability::normal, .foreign_keys = false});
  BOOST_TEST(integer_of(less, "PRAGMA synchronous") == 1);
  BOOST_TEST(integer_of(less, "PRAGMA foreign_keys") == 0);
}

BOOST_AUTO_TEST_CASE(what_was_committed_is_there_when_opened_again) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/kept.db";
  {
    database file(path);
    file.execute("CREATE TABLE t(a); PRAGMA user_version=7; PRAGMA application_id=42");
    BOOST_TEST(file.run("INSERT INTO t VALUES(?)", 1) == 1);
    BOOST_TEST(file.last_row_id() == 1);
  }
  database file(path, {.must_exist = true});
  BOOST_TEST(integer_of(file, "SELECT count(*) FROM t") == 1);
  BOOST_TEST(integer_of(file, "PRAGMA user_version") == 7);
  BOOST_TEST(integer_of(file, "PRAGMA application_id") == 42);
}

BOOST_AUTO_TEST_CASE(a_database_in_memory_is_its_connections_own) {
  database one{std::string(in_memory)};
  database other{std::string(in_memory)};
  one.execute("CREATE TABLE t(a)");
  auto const said = error_of([&] { other.run("INSERT INTO t VALUES(1)"); });
  BOOST_REQUIRE(said);
  BOOST_TEST((said->kind() == fault::statement));
  BOOST_TEST(says(said->what(), "no such table: t"));
}

BOOST_AUTO_TEST_CASE(a_place_where_no_file_can_be_is_told) {
  support::scratch_folder const folder;
  auto const missing = said_when_opened(folder.path() + "/none/file.db");
  BOOST_TEST(says(missing, folder.path() + "/none/ does not exist; make it first"), missing);
  auto const itself = said_when_opened(folder.path());
  BOOST_TEST(says(itself, "it is a folder, not a file"), itself);
  auto const absent = said_when_opened(folder.path() + "/a.db", {.must_exist = true});
  BOOST_TEST(says(absent, "there is no such file"), absent);
  BOOST_TEST(!std::filesystem::exists(folder.path() + "/a.db"));
  auto const empty = said_when_opened("");
  BOOST_TEST(says(empty, "the path is empty"), empty);
  std::ofstream(folder.path() + "/plain") << "text";
  auto const below = said_when_opened(folder.path() + "/plain/file.db");
  BOOST_TEST(says(below, "cannot open"), below);
}

BOOST_AUTO_TEST_CASE(another_kind_of_file_is_told_and_left_as_it_is) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/letter.txt";
  std::string const text(5000, 'a');
  std::ofstream(path) << text;
  auto const said = error_of([&] { database file(path); });
  BOOST_REQUIRE(said);
  BOOST_TEST((said->kind() == fault::not_a_database));
  BOOST_TEST(said->code() == SQLITE_NOTADB);
  BOOST_TEST(says(said->what(), path), said->what());
  BOOST_TEST(says(said->what(), "no SQLite database"), said->what());
  BOOST_TEST(std::filesystem::file_size(path) == text.size());
}

BOOST_AUTO_TEST_CASE(network_file_systems_are_known_by_their_numbers) {
  BOOST_TEST(detail::network_file_system(0x6969) == "NFS");
  BOOST_TEST(detail::network_file_system(0x517b) == "SMB");
  BOOST_TEST(detail::network_file_system(0xff534d42) == "SMB");
  // A long of 32 bits has this number below zero.
  BOOST_TEST(detail::network_file_system(static_cast<std::int32_t>(0xfe534d42)) == "SMB");
  BOOST_TEST(detail::network_file_system(0xef53) == "");     // ext4
  BOOST_TEST(detail::network_file_system(0x01021994) == ""); // tmpfs
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_told) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/hurt.db";
  {
    database file(path);
    support::make_table(file);
    for (int i = 0; i < 500; ++i) support::store(i)(file);
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(8192, 'z');
  }
  auto const said = error_of([&] {
    database file(path);
    support::count_of(file);
  });
  BOOST_REQUIRE(said);
  BOOST_TEST((said->kind() == fault::corrupt));
  BOOST_TEST(says(said->what(), "restore a backup"), said->what());
}

BOOST_AUTO_TEST_CASE(a_connection_that_only_reads_does_not_write) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/read.db";
  database writer(path);
  support::make_table(writer);
  support::store(1)(writer);
  database reader(path, {.read_only = true});
  BOOST_TEST(support::count_of(reader) == 1);
  auto const said = error_of([&] { support::store(2)(reader); });
  BOOST_REQUIRE(said);
  BOOST_TEST((said->kind() == fault::read_only));
  BOOST_TEST(!said->is_retryable());
}

BOOST_AUTO_TEST_CASE(a_lock_of_another_is_waited_for_and_then_told) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/busy.db";
  database one(path);
  database other(path, {.busy_timeout = std::chrono::milliseconds(60)});
  support::make_table(one);
  transaction const held(one);
  auto const began = std::chrono::steady_clock::now();
  auto const said = error_of([&] { transaction const waits(other); });
  auto const waited = std::chrono::steady_clock::now() - began;
  BOOST_REQUIRE(said);
  BOOST_TEST((said->kind() == fault::busy));
  BOOST_TEST(said->is_retryable());
  BOOST_TEST(says(said->what(), "busy_timeout"), said->what());
  BOOST_TEST((waited >= std::chrono::milliseconds(60)));
  BOOST_TEST((waited < std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(a_transaction_undoes_itself_unless_committed) {
  database file{std::string(in_memory)};
  support::make_table(file);
  {
    transaction undone(file);
    support::store(1)(file);
    BOOST_TEST(file.is_in_transaction());
  }
  BOOST_TEST(!file.is_in_transaction());
  BOOST_TEST(support::count_of(file) == 0);
  transaction kept(file);
  support::store(2)(file);
  kept.commit();
  BOOST_TEST(!file.is_in_transaction());
  BOOST_TEST(support::count_of(file) == 1);
}

BOOST_AUTO_TEST_CASE(a_savepoint_undoes_only_its_part) {
  database file{std::string(in_memory)};
  support::make_table(file);
  transaction all(file);
  support::store(1)(file);
  {
    savepoint undone(file);
    support::store(2)(file);
    {
      savepoint inner(file);
      support::store(3)(file);
      inner.keep();
    }
    BOOST_TEST(support::count_of(file) == 3);
  }
  BOOST_TEST(support::count_of(file) == 1);
  {
    savepoint kept(file);
    support::store(4)(file);
    { savepoint undone(file); support::store(5)(file); }
    kept.keep();
  }
  all.commit();
  BOOST_TEST(support::count_of(file) == 2);
}

BOOST_AUTO_TEST_CASE(a_commit_that_breaks_a_key_is_undone) {
  database file{std::string(in_memory)};
  file.execute("CREATE TABLE a(id INTEGER PRIMARY KEY);"
               "CREATE TABLE b(a REFERENCES a DEFERRABLE INITIALLY DEFERRED)");
  {
    transaction all(file);
    file.run("INSERT INTO b VALUES(9)");
    auto const said = error_of([&] { all.commit(); });
    BOOST_REQUIRE(said);
    BOOST_TEST((said->kind() == fault::constraint));
    BOOST_TEST(!said->is_outcome_unknown());
  }
  BOOST_TEST(!file.is_in_transaction());
  BOOST_TEST(integer_of(file, "SELECT count(*) FROM b") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
#endif
