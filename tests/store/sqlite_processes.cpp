// SQLite files under real processes: killed in the midst of writing, and two at once on one file.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>

#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <support/comes_true.hpp>
#include <support/process.hpp>
#include <support/scratch.hpp>
#include <support/sqlite_rows.hpp>

BOOST_AUTO_TEST_SUITE(sqlite_processes)

using namespace pando::sqlite;
using numbers = std::set<std::int64_t>;

namespace {

support::process start(std::string const& path, std::int64_t first, int count,
                       std::string const& log, int busy_ms = 10'000) {
  return {{support::program("numbers"), path, std::to_string(first), std::to_string(count),
           std::to_string(busy_ms)},
          log,
          {},
          log + ".errors"};
}

/// The whole lines it wrote: each a number that was acknowledged.
numbers acknowledged(support::process const& by) {
  numbers all;
  auto const text = by.written();
  std::istringstream in(text.substr(0, text.rfind('\n') + 1));
  for (std::int64_t one = 0; in >> one;) all.insert(one);
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_killed_process_has_stored_what_it_acknowledged) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/killed.db";
  numbers expected;
  for (int round = 0; round < 5; ++round) {
    auto writer = start(path, round * 16'000'000, 1'000'000,
                        folder.path() + "/log" + std::to_string(round));
    auto const enough = 50u + 100u * static_cast<unsigned>(round);
    BOOST_TEST(support::comes_true([&] { return acknowledged(writer).size() > enough; }));
    writer.signal(SIGKILL);
    BOOST_TEST(writer.wait() == 128 + SIGKILL);
    expected.merge(acknowledged(writer));
    auto const found = support::numbers_in(path);
    BOOST_TEST(std::ranges::includes(found, expected));
    // No more than the batch that was not acknowledged yet, and the lines not written any more.
    BOOST_TEST(found.size() <= expected.size() + 32u * static_cast<unsigned>(round + 1));
  }
}

BOOST_AUTO_TEST_CASE(two_processes_write_one_file) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/both.db";
  auto one = start(path, 0, 20, folder.path() + "/one");
  auto other = start(path, 1'000'000, 20, folder.path() + "/other");
  BOOST_TEST(one.wait() == 0, one.written_errors());
  BOOST_TEST(other.wait() == 0, other.written_errors());
  BOOST_TEST(support::numbers_in(path).size() == 2u * 16 * 20);
}

BOOST_AUTO_TEST_CASE(a_process_that_waits_too_long_for_another_says_so) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/held.db";
  database holder(path);
  support::make_table(holder);
  transaction const held(holder);
  auto waits = start(path, 0, 1, folder.path() + "/waits", 50);
  BOOST_TEST(waits.wait() == 1);
  auto const said = waits.written_errors();
  BOOST_TEST(said.find("another process or connection held the lock") != said.npos, said);
}

BOOST_AUTO_TEST_SUITE_END()
#endif
