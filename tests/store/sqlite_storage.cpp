// The storage in a SQLite file: what every engine does, and what is SQLite's own.
#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <pando/store/detail/process_identity.hpp>
#include <support/process.hpp>
#include <support/scratch.hpp>
#include <support/sqlite_disk.hpp>
#include <support/sqlite_rows.hpp>
#include <support/storage_conformance.hpp>

BOOST_AUTO_TEST_SUITE(sqlite_files)

using namespace storage_conformance;
using store::storage_fault;

namespace {

class sqlite_place final : public place {
 public:
  std::unique_ptr<store::storage> handle() override { return store::make_sqlite_storage(path); }

 private:
  support::scratch_folder folder_{};

 public:
  std::string const path = folder_.path() + "/fleet.db";
  std::string const log = folder_.path() + "/log";
};

bool const is_tested = add<sqlite_place>("sqlite_storage");

/// One of those, with a loop that ends after its handles.
struct alone {
  boost::asio::io_context io{1};
  sqlite_place here{};

  template <class Body>
  void show(Body body) {
    run(io, std::move(body));
  }
  support::process start(std::vector<std::string> more, std::string const& log) {
    more.insert(more.begin(), {support::program("fleet"), here.path});
    return {more, log, {}, log + ".errors"};
  }
};

/// What opening it ends in.
task<std::optional<storage_fault>> opening(std::string path) {
  auto const one = store::make_sqlite_storage(std::move(path));
  co_return co_await fault_of(one->open());
}

/// How often a thread of this process has gone to sleep.
long sleeps() {
  struct ::rusage found {};
  ::getrusage(RUSAGE_SELF, &found);
  return found.ru_nvcsw;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(storage, alone)

BOOST_AUTO_TEST_CASE(what_a_killed_process_owned_is_free_at_once) {
  auto killed = start({"hold"}, here.log);
  BOOST_REQUIRE_MESSAGE(killed.writes("holds 1"), killed.written_errors());
  show([&]() -> task<void> {
    auto const b = co_await opened(here);
    auto const other = co_await come(*b, "b:1");
    auto held_off = co_await acquire(*b, other.incarnation, 7);
    BOOST_TEST(held_off.empty());
    killed.signal(SIGSTOP); // it may go on: its lease is its own
    held_off = co_await acquire(*b, other.incarnation, 7);
    BOOST_TEST(held_off.empty());
    auto fleet = co_await b->look(always);
    BOOST_TEST(fleet.runners.size() == 2);
    killed.signal(SIGKILL);
    BOOST_TEST(killed.wait() == 128 + SIGKILL);
    fleet = co_await b->look(always);
    BOOST_TEST(fleet.runners.size() == 1);
    BOOST_TEST(fleet.owners.empty());
    auto const got = co_await acquire(*b, other.incarnation, 7);
    BOOST_REQUIRE(got.size() == 1);
    BOOST_TEST(got[0].epoch == 2u);
    owner const by{b.get(), other, got[0]};
    auto const all = co_await take(by);
    BOOST_REQUIRE(all.all.size() == 1);
    BOOST_TEST(all.all[0].was_taken_by_another);
  });
}

BOOST_AUTO_TEST_CASE(a_zombie_is_gone_too_and_starts_again_at_once) {
  auto killed = start({"hold"}, here.log);
  BOOST_REQUIRE_MESSAGE(killed.writes("holds 1"), killed.written_errors());
  killed.signal(SIGKILL);
  ::siginfo_t ended{};
  BOOST_REQUIRE(::waitid(P_PID, static_cast<::id_t>(killed.id()), &ended, WEXITED | WNOWAIT) == 0);
  auto again = start({"hold"}, here.log + "2");
  BOOST_REQUIRE_MESSAGE(again.writes("holds 1"), again.written_errors());
}

BOOST_AUTO_TEST_CASE(processes_that_answer_the_same_keys_are_told_the_same) {
  std::map<std::string, std::string> told;
  std::size_t stored = 0;
  show([&]() -> task<void> {
    auto const a = co_await opened(here);
    co_await own(*a, "a:1");
    auto one = start({"race", "1000"}, here.log + "1");
    auto other = start({"race", "2000"}, here.log + "2");
    BOOST_TEST(one.wait() == 0, one.written_errors());
    BOOST_TEST(other.wait() == 0, other.written_errors());
    for (auto const* const by : {&one, &other}) {
      std::istringstream in(by->written());
      for (std::string key, answer, whose; in >> key >> answer >> whose;) {
        stored += whose == "mine" ? 1 : 0;
        BOOST_TEST(told.emplace(key, answer).first->second == answer);
      }
    }
  });
  BOOST_TEST(told.size() == 40);
  BOOST_TEST(stored == 40);
}

BOOST_AUTO_TEST_CASE(another_process_is_heard_while_open_and_costs_little) {
  show([&]() -> task<void> {
    heard told;
    auto const b = here.handle();
    b->on_wake(told.listener());
    co_await b->open();
    co_await pause(milliseconds(50));
    told.all.clear();
    auto const before = sleeps();
    co_await pause(milliseconds(1000));
    auto const since = sleeps() - before;
    BOOST_TEST(told.all.empty()); // nothing has changed
    BOOST_TEST(since > 20);
    BOOST_TEST(since < 1000); // fifty looks, to the worker and back
    auto other = start({"hold"}, here.log);
    bool const is_told = co_await told.hears(store::wake::messages);
    BOOST_TEST(is_told);
    BOOST_TEST(other.writes("holds 1"), other.written_errors());
  });
}

BOOST_AUTO_TEST_CASE(leases_of_another_start_of_the_machine_have_ended) {
  show([&]() -> task<void> {
    {
      auto const a = co_await opened(here);
      auto const one = co_await own(*a, "a:1");
      co_await store_one(*a, save(text(1, "x"), one.by()));
      co_await a->close();
    }
    pando::sqlite::database(here.path).run("UPDATE pando_about SET value = 'another' "
                                           "WHERE name = 'boot'");
    auto const b = co_await opened(here);
    auto const fleet = co_await b->look(always);
    BOOST_TEST(fleet.runners.empty());
    BOOST_TEST(fleet.owners.empty());
    auto const next = co_await own(*b, "b:1");
    BOOST_TEST(next.lease.epoch == 2u);
    BOOST_TEST(next.life.incarnation == 2u);
    auto const got = co_await take_ids(next);
    BOOST_TEST(got == ids{1}, boost::test_tools::per_element());
    auto const c = co_await opened(here); // the second one ends nothing
    auto const seen = co_await c->look(always);
    BOOST_TEST(seen.runners.size() == 1);
  });
}

BOOST_AUTO_TEST_CASE(tables_of_a_newer_program_are_refused_and_left_alone) {
  show([&]() -> task<void> {
    {
      auto const a = co_await opened(here);
      co_await own(*a, "a:1");
      co_await a->close();
    }
    pando::sqlite::database(here.path).run("UPDATE pando_about SET value = 4 "
                                           "WHERE name = 'version'");
    auto const fault = co_await opening(here.path);
    BOOST_TEST((fault == storage_fault::incompatible));
    pando::sqlite::database file(here.path);
    auto row = file.prepare("SELECT count(*) FROM pando_runners");
    row.step();
    BOOST_TEST(row.integer(0) == 1);
  });
}

BOOST_AUTO_TEST_CASE(tables_of_the_first_version_get_what_they_lack) {
  show([&]() -> task<void> {
    {
      auto const a = co_await opened(here);
      co_await store_one(*a, save(text(1, "x")));
      co_await a->close();
    }
    pando::sqlite::database(here.path).execute(
        "DROP TABLE pando_chunks; DROP INDEX pando_failed; "
        "UPDATE pando_about SET value = 1 WHERE name = 'version'");
    auto const b = co_await opened(here);
    auto const one = co_await own(*b, "b:1");
    co_await store_one(*b, chunk_of(one, 1, 0, "of an old message"));
    auto const found = co_await chunks_in(*b, 1);
    BOOST_TEST(found == "0:of an old message ");
    co_await store_one(*b, answer(one, 1, "no", store::answer_kind::failure));
    auto const failed = co_await listed(*b, only(store::message_state::failed));
    BOOST_TEST(failed == "failed 1");
  });
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used_are_told_by_what_they_are) {
  show([&]() -> task<void> {
    std::ofstream(here.log) << std::string(5000, 'x');
    auto fault = co_await opening(here.log);
    BOOST_TEST((fault == storage_fault::incompatible));
    fault = co_await opening("/nowhere/at/all.db");
    BOOST_TEST((fault == storage_fault::refused));
    fault = co_await opening(":memory:");
    BOOST_TEST((fault == storage_fault::refused));
    auto const one = here.handle();
    auto const before = co_await fault_of(one->count());
    BOOST_TEST((before == storage_fault::unavailable));
    co_await one->open();
    auto const counts = co_await one->count();
    BOOST_TEST(counts.waiting == 0u);
    co_await one->close();
    auto const after = co_await fault_of(one->count());
    BOOST_TEST((after == storage_fault::unavailable));
    co_await one->close();
    BOOST_TEST(one->describe().find(here.path) != std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(a_file_that_was_removed_or_replaced_is_used_no_more) {
  show([&]() -> task<void> {
    for (bool const is_replaced : {false, true}) {
      sqlite_place mine;
      auto const old = store::make_sqlite_storage(mine.path);
      co_await old->open();
      co_await old->declare_group("default", 4);
      store::runner_entry const who{"a:1", 1};
      auto const life = co_await old->enlist(who);
      for (std::string const more : {"", "-wal", "-shm"})
        (void)::unlink((mine.path + more).c_str());
      std::unique_ptr<store::storage> other;
      if (is_replaced) {
        other = store::make_sqlite_storage(mine.path);
        co_await other->open();
      }
      std::string told;
      try {
        (void)co_await old->renew(life.incarnation, std::chrono::seconds(3));
      } catch (store::storage_error const& error) {
        told = error.what();
        BOOST_TEST((error.fault() == storage_fault::unavailable));
      }
      BOOST_TEST(told == "sqlite: " + mine.path +
                             " was removed or replaced while it was open; put the file that is "
                             "meant there, and start this program again");
      auto const counting = co_await fault_of(old->count()); // and whatever else is asked
      BOOST_TEST((counting == storage_fault::unavailable));
      if (other) {
        auto const counts = co_await other->count();
        BOOST_TEST(counts.waiting == 0u);
        co_await other->close();
      }
      co_await old->close();
    }
  });
}

BOOST_AUTO_TEST_CASE(it_shares_a_file_with_other_tables) {
  {
    pando::sqlite::database mine(here.path);
    mine.execute("CREATE TABLE shop(id INTEGER PRIMARY KEY); INSERT INTO shop VALUES(7);"
                 "PRAGMA user_version=42; PRAGMA application_id=77");
  }
  show([&]() -> task<void> {
    auto const a = co_await opened(here);
    co_await own(*a, "a:1");
    co_await a->close();
  });
  pando::sqlite::database mine(here.path);
  for (auto const& [text, expected] :
       {std::pair("PRAGMA user_version", 42), std::pair("PRAGMA application_id", 77),
        std::pair("SELECT id FROM shop", 7),
        std::pair("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
                  " AND name NOT LIKE 'pando\\_%' ESCAPE '\\'",
                  1)}) {
    auto row = mine.prepare(text);
    BOOST_REQUIRE(row.step());
    BOOST_TEST(row.integer(0) == expected, text);
  }
}

BOOST_AUTO_TEST_CASE(a_lock_held_for_too_long_is_told_and_nothing_is_stored) {
  show([&]() -> task<void> {
    store::sqlite_storage_options options;
    options.database.busy_timeout = milliseconds(50);
    auto const a = store::make_sqlite_storage(here.path, options);
    co_await a->open();
    pando::sqlite::database other(here.path);
    auto held = std::make_unique<pando::sqlite::transaction>(other);
    operations all{save(text(1, "x"))};
    auto const fault = co_await fault_of(a->apply(all));
    BOOST_TEST((fault == storage_fault::unavailable));
    BOOST_TEST(name_of(all[0].outcome) == "none");
    held.reset();
    co_await store_all(*a, all);
  });
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_and_nothing_is_stored) {
  support::sqlite_disk disk;
  show([&]() -> task<void> {
    store::sqlite_storage_options options;
    options.database.vfs = disk.name();
    auto const a = store::make_sqlite_storage(here.path, options);
    co_await a->open();
    disk.fail_at(1, support::sqlite_disk::fails::for_ever, SQLITE_FULL);
    operations all{save(text(1, "x")), save(text(2, "x"))};
    auto const fault = co_await fault_of(a->apply(all));
    BOOST_TEST((fault == storage_fault::refused));
    BOOST_TEST(name_of(all[0].outcome) == "none");
    disk.heal();
    auto const counts = co_await a->count();
    BOOST_TEST(counts.waiting == 0u);
    co_await store_all(*a, all);
    co_await a->close();
  });
}

BOOST_AUTO_TEST_CASE(statements_of_handlers_commit_with_answers) {
  show([&]() -> task<void> {
    auto const a = co_await opened(here);
    pando::sqlite::database apart(here.path);
    apart.execute(
        "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT, octets BLOB, number REAL)");
    auto const one = co_await own(*a, "a:1");
    co_await statements_commit_with_the_answer(*a, one);
    auto rows = apart.prepare("SELECT id, text, hex(octets), number FROM notes ORDER BY id");
    BOOST_REQUIRE(rows.step());
    BOOST_TEST(rows.integer(0) == 1);
    BOOST_TEST(rows.text(1) == "first");
    BOOST_TEST(rows.text(2) == "00FF");
    BOOST_TEST(rows.real(3) == 2.5);
    BOOST_REQUIRE(rows.step());
    BOOST_TEST(rows.integer(0) == 3);
    BOOST_TEST(rows.text(1) == "third");
    BOOST_TEST(rows.is_null(3));
    BOOST_TEST(!rows.step());
  });
}

/// What would undo everybody's transaction, end the savepoint that it is in, or never end.
BOOST_AUTO_TEST_CASE(a_statement_of_a_handler_harms_its_own_call_alone) {
  show([&]() -> task<void> {
    store::sqlite_storage_options chosen;
    chosen.database.busy_timeout = milliseconds(100); // a second is the least
    auto const a = store::make_sqlite_storage(here.path, chosen);
    co_await a->open();
    pando::sqlite::database apart(here.path);
    apart.execute("CREATE TABLE notes(id INTEGER PRIMARY KEY ON CONFLICT ROLLBACK, text TEXT);"
                  "INSERT INTO notes VALUES(1, 'first');"
                  "CREATE TRIGGER never BEFORE DELETE ON notes"
                  " BEGIN SELECT RAISE(ROLLBACK, 'notes are kept'); END;");
    auto const one = co_await own(*a, "a:1");
    std::vector<std::string> const texts{
        "INSERT OR ROLLBACK INTO notes VALUES(1, 'again')",
        "INSERT INTO notes VALUES(1, 'again')",
        "DELETE FROM notes",
        "SAVEPOINT mine",
        "RELEASE pando_call",
        "ROLLBACK TO pando_job",
        "/* /* */ RELEASE pando_call -- */", // comments do not nest here
        "/* /* */ ATTACH ':memory:' AS more -- */",
        "COMMIT",
        "PRAGMA synchronous=OFF",
        "INSERT INTO notes(text) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n)"
        " SELECT i FROM n WHERE i > 1",
        "SELECT 1; SELECT 2",
        "",
        "INSERT INTO notes VALUES(2, zeroblob(2000000000))",
    };
    co_await these_fail_alone(*a, one, texts);
    auto rows = apart.prepare("SELECT id, text FROM notes");
    BOOST_REQUIRE(rows.step());
    BOOST_TEST(rows.text(1) == "first");
    BOOST_TEST(!rows.step());
    rows.reset();
    auto const renewed = co_await a->renew(one.life.incarnation, always);
    BOOST_TEST(renewed.held.size() == 1u);
  });
}

BOOST_AUTO_TEST_CASE(a_handle_that_is_dropped_does_what_it_has_begun) {
  auto one = here.handle();
  int done = 0;
  show([&]() -> task<void> { co_await one->open(); });
  for (std::uint64_t id = 1; id <= 20; ++id)
    boost::asio::co_spawn(io, store_one(*one, save(text(id, "x"))), [&](std::exception_ptr error) {
      if (!error) ++done;
    });
  io.restart();
  while (io.poll_one() != 0 && done == 0) {
  }
  one.reset();
  show([&]() -> task<void> {
    auto const other = co_await opened(here);
    auto const counts = co_await other->count();
    BOOST_TEST(counts.waiting == 20u);
    bool const all = co_await comes_true([&] { return done == 20; });
    BOOST_TEST(all);
  });
}

BOOST_AUTO_TEST_CASE(only_what_is_sure_counts_as_a_process_that_has_ended) {
  using store::detail::has_ended;
  auto const here_is = store::detail::this_process();
  BOOST_REQUIRE(here_is.started != 0);
  BOOST_TEST(!here_is.space.empty());
  BOOST_TEST(!has_ended(here_is, here_is));
  auto other = here_is;
  --other.started; // its id was used again, by us
  BOOST_TEST(has_ended(other, here_is));
  other.space = "pid:[1]"; // of another container: the id says nothing
  BOOST_TEST(!has_ended(other, here_is));
  other = here_is;
  other.started = 0;
  BOOST_TEST(!has_ended(other, here_is));
  auto const child = ::fork();
  if (child == 0) ::_exit(0);
  ::siginfo_t ended{};
  BOOST_REQUIRE(::waitid(P_PID, static_cast<::id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
  other = here_is;
  other.id = child;
  BOOST_TEST(has_ended(other, here_is)); // a zombie
  BOOST_TEST(::waitpid(child, nullptr, 0) == child);
  BOOST_TEST(has_ended(other, here_is)); // nobody
  other.id = ::getppid();                // somebody else now, and no later than this one
  other.started = here_is.started + 1;
  BOOST_TEST(has_ended(other, here_is));
  BOOST_TEST(store::detail::boot_id().size() == 36);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
#endif
