// The worker of SQLite: jobs of many coroutines in one transaction, each undone alone, bounds, stop.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/runtime/threads.hpp>
#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <support/comes_true.hpp>
#include <support/scratch.hpp>
#include <support/sqlite_rows.hpp>

BOOST_AUTO_TEST_SUITE(sqlite_worker)

using namespace pando::sqlite;
using pando::task;

namespace {

/// Awaits a job and gives the error that it ended in.
template <class Work>
task<std::optional<error>> fault_of(worker& in, Work work) {
  try {
    co_await in.write(std::move(work));
  } catch (error const& said) {
    co_return said;
  }
  co_return std::nullopt;
}

/// Keeps the writer busy until it is let go.
struct gate {
  std::promise<void> opens{};
  std::shared_future<void> opened{opens.get_future()};
  std::atomic<bool> is_reached{false};
  auto job() {
    return [this](database&) {
      is_reached = true;
      opened.wait();
    };
  }
};

struct place {
  support::scratch_folder folder{};
  std::string path = folder.path() + "/jobs.db";
  support::loop loop{};
  worker_options bounds{.on_open = support::make_table};

  /// The writer stands in this job when it returns.
  void occupy(worker& one, gate& with) {
    loop.add([](worker& in, gate& first) -> task<void> {
      auto const work = first.job();
      co_await in.write(work);
    }(one, with));
    loop.context().poll();
    BOOST_REQUIRE(support::comes_true([&] { return with.is_reached.load(); }));
  }
  /// Lets the writer go when that many jobs wait, and runs all to the end.
  void go_on(worker& one, gate& with, std::size_t waiting) {
    loop.context().poll();
    BOOST_TEST(one.waiting() == waiting);
    with.opens.set_value();
    loop.run();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_workers, place)

BOOST_AUTO_TEST_CASE(a_job_gives_its_result_where_it_is_awaited) {
  worker one(path, {}, bounds);
  auto const here = std::this_thread::get_id();
  std::thread::id there{};
  std::unique_ptr<std::string> got;
  loop.start([&]() -> task<void> {
    auto const work = [&there](database& in) {
      there = std::this_thread::get_id();
      support::store(5)(in);
      return std::make_unique<std::string>("moved");
    };
    got = co_await one.write(work);
    BOOST_TEST((std::this_thread::get_id() == here));
  });
  loop.run();
  BOOST_REQUIRE(got);
  BOOST_TEST(*got == "moved");
  BOOST_TEST((there != here));
  BOOST_TEST(support::numbers_in(path).contains(5));
}

BOOST_AUTO_TEST_CASE(jobs_that_wait_share_a_transaction) {
  worker one(path, {}, bounds);
  gate first;
  occupy(one, first);
  for (int i = 0; i < 200; ++i)
    loop.add([](worker& in, int number) -> task<void> {
      co_await in.write(support::store(number));
    }(one, i));
  go_on(one, first, 200);
  BOOST_TEST(one.counts().jobs == 201);
  BOOST_TEST(one.counts().batches == 2);
  BOOST_TEST(support::numbers_in(path).size() == 200);
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_is_undone_alone) {
  worker one(path, {}, bounds);
  gate first;
  std::set<std::int64_t> kept;
  std::set<std::string> said;
  occupy(one, first);
  for (int i = 0; i < 30; ++i)
    loop.add([](worker& in, int number, std::set<std::int64_t>& stored,
                std::set<std::string>& told) -> task<void> {
      auto const work = [number](database& db) {
        support::store(number)(db);
        if (number % 3 == 1) throw std::runtime_error("no " + std::to_string(number));
        if (number % 3 == 2) support::store(number)(db); // the key is there already
      };
      try {
        co_await in.write(work);
        stored.insert(number);
      } catch (std::exception const& fault) {
        told.insert(fault.what());
      }
    }(one, i, kept, said));
  go_on(one, first, 30);
  BOOST_TEST(one.counts().batches == 2);
  BOOST_TEST(kept.size() == 10);
  BOOST_TEST(said.contains("no 4"));
  BOOST_TEST(said.size() == 11); // ten of our own, and one text for all doubled keys
  BOOST_TEST(support::numbers_in(path) == kept, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_job_alone_that_fails_is_undone) {
  worker one(path, {}, bounds);
  loop.start([&]() -> task<void> {
    auto const work = [](database& in) {
      support::store(1)(in);
      throw std::logic_error("mine");
    };
    BOOST_CHECK_THROW(co_await one.write(work), std::logic_error);
    co_await one.write(support::store(2));
  });
  loop.run();
  BOOST_TEST(support::numbers_in(path) == std::set<std::int64_t>{2},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_job_ends_no_transaction_and_leaves_no_loose_key) {
  bounds.on_open = [](database& in) {
    support::make_table(in);
    in.execute("CREATE TABLE IF NOT EXISTS a(id INTEGER PRIMARY KEY);"
               "CREATE TABLE IF NOT EXISTS b(a REFERENCES a DEFERRABLE INITIALLY DEFERRED)");
  };
  worker one(path, {}, bounds);
  gate first;
  std::vector<std::string> said;
  occupy(one, first);
  auto const add = [&](auto work) {
    loop.add([](worker& in, auto what, std::vector<std::string>& told) -> task<void> {
      auto const fault = co_await fault_of(in, what);
      told.push_back(fault ? fault->what() : "");
    }(one, work, said));
  };
  add([](database& in) { support::store(1)(in); });
  add([](database& in) { in.execute("COMMIT"); });
  add([](database& in) { in.run("ROLLBACK"); });
  add([](database& in) { transaction const again(in); });
  add([](database& in) { in.run("INSERT INTO b VALUES(77)"); });
  add([](database& in) {
    savepoint const undone(in);
    support::store(2)(in);
  });
  go_on(one, first, 6);
  BOOST_REQUIRE(said.size() == 6);
  BOOST_TEST(said[0] == "");
  for (std::size_t i = 1; i < 4; ++i)
    BOOST_TEST(said[i].find("use sqlite::savepoint") != std::string::npos, said[i]);
  BOOST_TEST(said[4].find("FOREIGN KEY") != std::string::npos, said[4]);
  BOOST_TEST(said[5] == "");
  BOOST_TEST(support::numbers_in(path) == std::set<std::int64_t>{1},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(readers_see_what_was_acknowledged_and_nothing_less) {
  worker one(path, {}, bounds);
  gate first;
  loop.start([&]() -> task<void> {
    co_await one.write(support::store(1));
    boost::asio::co_spawn(loop.context(), one.write(first.job()), [](std::exception_ptr) {});
    co_await boost::asio::post(loop.context(), boost::asio::use_awaitable);
    co_await boost::asio::post(loop.context(), boost::asio::use_awaitable);
    BOOST_TEST(support::comes_true([&] { return first.is_reached.load(); }));
    // The writer is in a transaction of its own, and does not hold up who reads.
    auto const found = co_await one.read(support::count_of);
    BOOST_TEST(found == 1);
    first.opens.set_value();
    co_await one.write(support::store(2));
    auto const later = co_await one.read(support::count_of);
    BOOST_TEST(later == 2);
    try {
      co_await one.read(support::store(3));
      BOOST_ERROR("a reader wrote");
    } catch (error const& said) {
      BOOST_TEST((said.kind() == fault::read_only));
    }
  });
  loop.run();
}

BOOST_AUTO_TEST_CASE(without_readers_the_writer_reads_and_still_refuses_to_write) {
  worker one{std::string(in_memory), {}, bounds};
  loop.start([&]() -> task<void> {
    co_await one.write(support::store(1));
    auto const found = co_await one.read(support::count_of);
    BOOST_TEST(found == 1);
    bool is_refused = false;
    try {
      co_await one.read(support::store(2));
    } catch (error const& said) {
      is_refused = said.kind() == fault::read_only;
    }
    BOOST_TEST(is_refused);
    co_await one.write(support::store(3));
    auto const later = co_await one.read(support::count_of);
    BOOST_TEST(later == 2);
  });
  loop.run();
}

BOOST_AUTO_TEST_CASE(more_jobs_than_may_wait_are_refused) {
  bounds.queue = 3;
  worker one(path, {}, bounds);
  gate first;
  int refused = 0;
  occupy(one, first);
  for (int i = 0; i < 5; ++i)
    loop.add([](worker& in, int number, int& count) -> task<void> {
      auto const said = co_await fault_of(in, support::store(number));
      if (!said) co_return;
      ++count;
      BOOST_TEST((said->kind() == fault::overloaded));
      BOOST_TEST(said->is_retryable());
    }(one, i, refused));
  go_on(one, first, 3);
  BOOST_TEST(refused == 2);
  BOOST_TEST(support::numbers_in(path).size() == 3);
}

BOOST_AUTO_TEST_CASE(a_batch_is_no_larger_than_it_may_be) {
  bounds.batch = 10;
  worker one(path, {}, bounds);
  gate first;
  occupy(one, first);
  for (int i = 0; i < 25; ++i)
    loop.add([](worker& in, int number) -> task<void> {
      co_await in.write(support::store(number));
    }(one, i));
  go_on(one, first, 25);
  BOOST_TEST(one.counts().batches == 4); // the gate, 10, 10, 5
}

BOOST_AUTO_TEST_CASE(what_was_accepted_is_done_and_later_jobs_are_told) {
  worker one(path, {}, bounds);
  int done = 0;
  for (int i = 0; i < 50; ++i)
    loop.add([](worker& in, int number, int& count) -> task<void> {
      co_await in.write(support::store(number));
      ++count;
    }(one, i, done));
  loop.start([&]() -> task<void> {
    co_await one.stop();
    auto const said = co_await fault_of(one, support::store(100));
    BOOST_REQUIRE(said);
    BOOST_TEST((said->kind() == fault::closed));
    BOOST_TEST(!std::filesystem::exists(path + "-wal")); // closed: the log is back in the file
    co_await one.stop();                                 // again: nothing
  });
  loop.run();
  BOOST_TEST(done == 50);
  BOOST_TEST(support::numbers_in(path).size() == 50);
}

BOOST_AUTO_TEST_CASE(a_worker_that_ends_does_what_it_has) {
  auto one = std::make_unique<worker>(path, database_options{}, bounds);
  gate first;
  int done = 0;
  occupy(*one, first);
  for (int i = 0; i < 20; ++i)
    loop.add([](worker& in, int number, int& count) -> task<void> {
      co_await in.write(support::store(number));
      ++count;
    }(*one, i, done));
  loop.context().poll();
  BOOST_TEST(done == 0);
  first.opens.set_value();
  one.reset();
  BOOST_TEST(support::numbers_in(path).size() == 20);
  loop.run();
  BOOST_TEST(done == 20);
}

BOOST_AUTO_TEST_CASE(another_process_that_holds_the_lock_is_told_and_the_jobs_may_come_again) {
  worker one(path, {.busy_timeout = std::chrono::milliseconds(50)}, bounds);
  database other(path);
  auto held = std::make_unique<transaction>(other);
  loop.start([&]() -> task<void> {
    auto const said = co_await fault_of(one, support::store(1));
    BOOST_REQUIRE(said);
    BOOST_TEST((said->kind() == fault::busy));
    BOOST_TEST(said->is_retryable());
    held.reset();
    co_await one.write(support::store(1));
  });
  loop.run();
  BOOST_TEST(support::numbers_in(path).size() == 1);
}

BOOST_AUTO_TEST_CASE(what_on_open_throws_ends_the_constructor) {
  bounds.on_open = [](database& in) {
    if (in.path().ends_with("jobs.db")) throw std::runtime_error("another program's file");
  };
  BOOST_CHECK_THROW(worker(path, {}, bounds), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(many_threads_write_and_read_at_once) {
  pando::thread_group threads; // ends after the worker, whose threads bring jobs home to it
  threads.start(3);
  worker one(path, {}, {.readers = 2, .on_open = support::make_table});
  std::atomic<int> written{0};
  std::atomic<int> ended{0};
  std::atomic<bool> goes_backwards{false};
  auto const homes = threads.executors();
  for (int i = 0; i < 60; ++i) {
    auto const home = homes[static_cast<std::size_t>(i) % homes.size()];
    auto work = [](worker& in, int first, std::atomic<int>& count,
                   std::atomic<bool>& backwards) -> task<void> {
      for (int j = 0; j < 20; ++j) {
        co_await in.write(support::store(first * 20 + j));
        int const before = ++count;
        auto const found = co_await in.read(support::count_of);
        if (found < before - 60 || found < 1) backwards = true;
      }
    };
    boost::asio::co_spawn(home, work(one, i, written, goes_backwards),
                          [&](std::exception_ptr fault) {
                            if (!fault) ++ended;
                          });
  }
  BOOST_TEST(support::comes_true([&] { return ended == 60; }));
  BOOST_TEST(!goes_backwards);
  BOOST_TEST(support::numbers_in(path).size() == 1200);
  BOOST_TEST(one.counts().batches < 1200);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
#endif
