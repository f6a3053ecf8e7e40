// A disk that fails at every call in turn: nobody is told of what is not stored, and nothing that
// was acknowledged is lost, not even with the power.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>

#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <support/scratch.hpp>
#include <support/sqlite_disk.hpp>
#include <support/sqlite_rows.hpp>

BOOST_AUTO_TEST_SUITE(sqlite_faults)

using namespace pando::sqlite;
using pando::task;
using numbers = std::set<std::int64_t>;

namespace {

struct outcome {
  numbers acknowledged{};
  numbers unknown{}; ///< failed, and may be stored
  int failed = 0;
  bool opened = false;
};

/// Gives up at the third failure: a disk that failed once fails no coroutine so often.
task<void> write_all(worker& in, std::int64_t first, outcome& seen) {
  int failures = 0;
  for (std::int64_t number = first; number < first + 20 && failures < 3; ++number) {
    try {
      co_await in.write(support::store(number));
      seen.acknowledged.insert(number);
    } catch (error const& said) {
      ++seen.failed;
      ++failures;
      if (said.is_outcome_unknown()) seen.unknown.insert(number);
    }
  }
}

/// Opens, writes 160 rows by 8 coroutines, closes; the log is written back into the file often.
outcome work_on(std::string const& path, database_options const& options) {
  outcome seen;
  support::loop loop;
  try {
    worker one(path, options, {.readers = 0, .on_open = [](database& in) {
                                 support::make_table(in);
                                 in.execute("PRAGMA wal_autocheckpoint=3");
                               }});
    seen.opened = true;
    for (int i = 0; i < 8; ++i) loop.add(write_all(one, i * 20, seen));
    loop.run();
  } catch (error const&) { // it could not be opened
  }
  return seen;
}

// Under AddressSanitizer an exception takes a hundred times as long.
#if defined(__SANITIZE_ADDRESS__)
constexpr int each_up_to = 16;
constexpr int then_every = 12;
#else
constexpr int each_up_to = 100;
constexpr int then_every = 3;
#endif

/// Fails at the first call, the second … (later not at each), until one goes through without
/// reaching its fault.
template <class Check>
void at_every_call(support::sqlite_disk::fails how, int code, Check check) {
  int nth = 1;
  int reached = 0;
  int with_failures = 0;
  for (; nth <= 1000; nth += nth < each_up_to ? 1 : then_every) {
    support::scratch_folder const folder;
    auto const path = folder.path() + "/faulty.db";
    support::sqlite_disk disk;
    disk.fail_at(nth, how, code);
    auto const seen = work_on(path, {.vfs = disk.name()});
    if (disk.calls() < nth) break;
    disk.heal();
    ++reached;
    with_failures += seen.failed != 0;
    if (seen.opened && how == support::sqlite_disk::fails::once)
      BOOST_TEST(seen.acknowledged.size() + std::size_t(seen.failed) == 160u);
    BOOST_TEST_CONTEXT("fault at call " << nth) {
      check(seen, support::numbers_in(path, {.vfs = disk.name()}));
    }
  }
  BOOST_TEST_MESSAGE(reached << " calls failed, " << with_failures << " of them failed jobs");
  BOOST_TEST(nth > 200);
  BOOST_TEST(nth < 1000);
  BOOST_TEST(with_failures > reached / 5);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_disk_that_fails_once_leaves_exactly_what_was_acknowledged) {
  for (int const code : {SQLITE_FULL, SQLITE_IOERR_WRITE})
    at_every_call(support::sqlite_disk::fails::once, code,
                  [](outcome const& seen, numbers const& found) {
                    BOOST_TEST(found == seen.acknowledged, boost::test_tools::per_element());
                  });
}

BOOST_AUTO_TEST_CASE(a_disk_that_fails_for_ever_loses_nothing_acknowledged) {
  at_every_call(support::sqlite_disk::fails::for_ever, SQLITE_IOERR_WRITE,
                [](outcome const& seen, numbers const& found) {
                  BOOST_TEST(std::ranges::includes(found, seen.acknowledged));
                  // What else is there was told to be unknown.
                  numbers known = seen.acknowledged;
                  known.insert(seen.unknown.begin(), seen.unknown.end());
                  BOOST_TEST(std::ranges::includes(known, found));
                });
}

BOOST_AUTO_TEST_CASE(a_full_disk_fails_every_job_of_the_batch_and_then_goes_on) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/full.db";
  support::sqlite_disk disk;
  support::loop loop;
  worker one(path, {.vfs = disk.name()}, {.readers = 0, .on_open = support::make_table});
  outcome full;
  outcome later;
  disk.fail_at(1, support::sqlite_disk::fails::for_ever, SQLITE_FULL);
  for (int i = 0; i < 8; ++i) loop.add(write_all(one, i * 20, full));
  loop.run();
  BOOST_TEST(full.failed == 24);
  BOOST_TEST(full.unknown.empty());
  disk.heal();
  for (int i = 0; i < 8; ++i) loop.add(write_all(one, i * 20, later));
  loop.run();
  BOOST_TEST(later.acknowledged.size() == 160);
}

BOOST_AUTO_TEST_CASE(a_loss_of_power_takes_nothing_acknowledged) {
  for (auto const durable : {durability::full, durability::normal}) {
    support::scratch_folder const folder;
    auto const path = folder.path() + "/power.db";
    support::sqlite_disk disk;
    disk.keep_synced();
    support::loop loop;
    worker one(path, {.durable = durable, .vfs = disk.name()},
               {.readers = 0, .on_open = support::make_table});
    std::size_t lost = 0;
    for (int round = 0; round < 10; ++round) {
      outcome seen;
      loop.add(write_all(one, round * 20, seen));
      loop.run();
      BOOST_TEST(seen.acknowledged.size() == 20);
      auto const after = folder.path() + "/after" + std::to_string(round);
      std::filesystem::create_directory(after);
      disk.lose_power(after);
      auto const found = support::numbers_in(after + "/power.db");
      for (auto const number : seen.acknowledged) lost += !found.contains(number);
    }
    // The other way round it shows that this disk does lose what was not synced.
    if (durable == durability::full)
      BOOST_TEST(lost == 0);
    else
      BOOST_TEST(lost != 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
#endif
