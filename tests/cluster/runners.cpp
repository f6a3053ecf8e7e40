// Real processes of one app as a fleet: on SQLite and on PostgreSQL, killed, stopped, paused.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/postgres.hpp>
#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <sqlite3.h>
#endif

#include "cluster/processes.hpp"
#include "cluster/tally.hpp"
#include "support/comes_true.hpp"
#include "support/postgres_server.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(runners)

using namespace std::chrono_literals;
using namespace fleet_of_processes;
using support::comes_true;

namespace {

void spread_and_survive(processes& all, std::chrono::milliseconds failover) {
  auto a = all.runner();
  auto b = all.start({"--runner", "127.0.0.1:0", "--runner-json"}); // each calls in its own way
  auto const client = all.client();
  BOOST_TEST(comes_true([&] { return are_spread(all, client, {a.id(), b.id()}); }));
  BOOST_TEST(all.ask(client, {"add", "t1", "--amount", "5"}) == "5");
  BOOST_TEST(all.ask(a, {"add", "t1", "--amount", "5"}) == "10");
  BOOST_TEST(all.ask(b, {"add", "t1", "--amount", "5"}) == "15");
  // The handler sees who came by the door, not the runner that sent the call on.
  BOOST_TEST(all.ask(client, {"who", "t1"}).find("\"cli uid") == 0U);

  auto const lost = ids_of(all, client, a.id());
  BOOST_REQUIRE(!lost.empty());
  a.process->signal(SIGKILL);
  a.process->wait();
  auto const killed_at = std::chrono::steady_clock::now();
  BOOST_TEST(all.where(client, lost.front()) == b.id());
  auto const took = ms_since(killed_at);
  BOOST_TEST_MESSAGE("from kill -9 to the first answer: " << took << " ms");
  BOOST_TEST(took <= failover.count());
  for (int const process : all.where(client, lost)) BOOST_TEST(process == b.id());

  // Another comes and takes its share, under load, and goes again: no call fails.
  load calls(client.socket, 24);
  auto c = all.runner();
  BOOST_TEST(comes_true([&] { return are_spread(all, client, {b.id(), c.id()}); }));
  auto const before = calls.answered.load();
  BOOST_TEST(comes_true([&] { return calls.answered > before + 50; }));
  b.process->signal(SIGTERM);
  BOOST_TEST(b.process->wait(5s) == 0);
  BOOST_TEST(all.where(client, "t1") == c.id());
  calls.stop();
  for (auto const& sentence : calls.failures) BOOST_TEST(sentence == "");
  c.process->signal(SIGTERM);
  BOOST_TEST(c.process->wait(5s) == 0);
  client.process->signal(SIGTERM);
  BOOST_TEST(client.process->wait(5s) == 0);
}

/// The words after `part` in each line that has it, to the next space.
std::vector<std::string> words_after(std::string const& text, std::string const& part) {
  std::vector<std::string> found;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) {
    auto const from = at + part.size();
    found.push_back(text.substr(from, text.find_first_of(" \n", from) - from));
  }
  return found;
}

/// The lines of errors, without those of leases that have ended: ten processes under a sanitizer
/// may be too much for a machine to renew them in time.
std::string errors_in(std::string const& log) {
  std::string found;
  std::istringstream in(log);
  auto const is_late = [](std::string const& line) {
    for (auto const* const part : {"its leases have ended", "its lease has ended",
                                   "shards lost before they were renewed"})
      if (line.find(part) != line.npos) return true;
    return false;
  };
  for (std::string line; std::getline(in, line);)
    if (line.find(" error ") != line.npos && !is_late(line)) found += line + '\n';
  return found;
}

/// Who is stopped in order gives its shards away at once, under load: nobody waits for the end of
/// its lease, which is long here, and no call fails.
void stop_in_order(processes& all) {
  auto const start = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--lease-ms", "15000"});
    return all.start(flags);
  };
  auto const a = start({"--runner", "127.0.0.1:0"});
  auto const b = start({"--runner", "127.0.0.1:0"});
  auto const client = start({"--client-only"});
  BOOST_TEST(comes_true([&] { return are_spread(all, client, {a.id(), b.id()}); }));
  auto const its = ids_of(all, client, b.id());
  BOOST_REQUIRE(!its.empty());
  load calls(client.socket, 24);
  BOOST_TEST(comes_true([&] { return calls.answered > 50; }));
  auto const stopped_at = std::chrono::steady_clock::now();
  b.process->signal(SIGTERM);
  BOOST_TEST(comes_true([&] { return all.where(client, its.front()) == a.id(); }));
  auto const took = ms_since(stopped_at);
  BOOST_TEST_MESSAGE("from SIGTERM to an answer elsewhere: " << took << " ms");
  BOOST_TEST(took <= 3000); // 1 s, and what a busy machine takes; its lease has 9.7 s at least
  BOOST_TEST(b.process->wait(10s) == 0);
  for (int const process : all.where(client, its)) BOOST_TEST(process == a.id());
  auto const before = calls.answered.load();
  BOOST_TEST(comes_true([&] { return calls.answered > before + 50; }));
  calls.stop();
  for (auto const& sentence : calls.failures) BOOST_TEST(sentence == "");
}

/// What is to be carried out at a time is so then: not before it, and hardly later.
void remind_in_time(processes& all) {
  auto const a = all.runner();
  auto const b = all.runner();
  auto const client = all.client();
  BOOST_TEST(comes_true([&] { return are_spread(all, client, {a.id(), b.id()}); }));
  std::vector<std::int64_t> late;
  BOOST_TEST(all.with(client, [&](pando::socket::link& link) -> pando::task<void> {
    for (auto const& id : some_ids(10)) {
      auto const one = link.client<tally::Tally>(id).within(20s);
      tally::Reminder const in{std::chrono::system_clock::now() + 300ms};
      std::int64_t const by = co_await one.call<"Remind">(in);
      late.push_back(by);
    }
  }));
  BOOST_REQUIRE(late.size() == 10U);
  std::sort(late.begin(), late.end());
  BOOST_TEST_MESSAGE("carried out after the time they were due, in microseconds: " << late[0]
                     << " to " << late[9] << ", median " << late[5]);
  BOOST_TEST(late[0] >= 0);
  BOOST_TEST(late[5] <= 500'000); // 50 ms, and what a busy machine takes
}

/// A group that is in use has one number of shards, in runners and in clients; who has another one
/// is told what to do, and nobody else minds.
void have_one_number_of_shards(processes& all) {
  auto const first = all.start({"--runner", "127.0.0.1:0", "--shards", "12"});
  auto const second = all.start({"--runner", "127.0.0.1:0", "--shards", "12", "--weight", "3"});
  auto const count = [&](processes::one const& by, std::string const& of) {
    auto const listed = support::run({support::program("tally"), "--socket", by.socket, "cluster",
                                      "shards", "--group", "default", "--state", of, "--json"},
                                     all.folder() + "/listed").written;
    return words_after(listed, "\"shard\":").size();
  };
  // Shares are as the weights: 3 and 9, with a tenth of room.
  BOOST_TEST(comes_true([&] {
    auto const its = count(second, "here");
    return its >= 8 && its <= 10 && count(first, "here") == 12 - its;
  }));
  BOOST_TEST(all.ask(first, {"add", "t1", "--amount", "5"}) == "5");
  for (auto flags : {std::vector<std::string>{"--runner", "127.0.0.1:0", "--shards", "13"},
                     std::vector<std::string>{"--client-only"}}) {
    auto const other = all.start(flags, false);
    BOOST_TEST(other.process->wait(10s) == 1);
    auto const said = other.process->written();
    BOOST_TEST(said.find("tally: cannot serve: ") != said.npos, said);
    BOOST_TEST(said.find("the group \"default\" ") != said.npos, said);
    for (auto const* const part : {" 12 ", flags.size() == 1 ? " 300" : " 13",
                                   "be answered first"})
      BOOST_TEST(said.find(part) != said.npos, said);
  }
  BOOST_TEST(all.ask(second, {"add", "t1", "--amount", "5"}) == "10");
  BOOST_TEST(errors_in(first.process->written()) == "");
  for (auto const* const one : {&first, &second}) {
    one->process->signal(SIGTERM);
    BOOST_TEST(one->process->wait(10s) == 0);
  }
  auto const later = all.start({"--runner", "127.0.0.1:0", "--shards", "13"});
  BOOST_TEST(comes_true([&] { return count(later, "here") == 13; }));
}

/// Every runner is restarted, one is killed and one comes, under load: every persisted call is
/// answered, once and for all.
void pay_through_it_all(processes& all, bool can_pause) {
  std::vector<processes::one> fleet;
  for (int i = 0; i < 3; ++i) fleet.push_back(all.runner());
  auto const client = all.client();
  payments load(client.socket, 16);
  auto const goes_on = [&](char const* when) {
    auto const before = load.answered.load();
    BOOST_TEST(comes_true([&] { return load.answered > before + 64; }), when);
  };
  goes_on("at first");
  for (auto& one : fleet) { // a rolling restart
    one.process->signal(SIGTERM);
    BOOST_TEST(one.process->wait(10s) == 0);
    one = all.runner();
    goes_on("after a restart");
  }
  fleet[0].process->signal(SIGKILL);
  fleet[0].process->wait();
  goes_on("after kill -9");
  if (can_pause) {
    fleet[1].process->signal(SIGSTOP); // past its lease
    std::this_thread::sleep_for(4s);
    goes_on("while one is stopped");
    fleet[1].process->signal(SIGCONT);
    goes_on("after it was continued");
  }
  load.stop();
  for (auto const& sentence : load.failures) BOOST_TEST(sentence == "");
  BOOST_TEST_MESSAGE(load.receipts.size() << " persisted calls answered");
  says_the_same(all, client, load);
}

/// A runner that sleeps past its lease finds its shards with another, and does no harm.
template <class Pause>
void paused(processes& all, Pause const& pause) {
  auto const a = all.runner();
  auto const b = all.runner();
  auto const client = all.client();
  BOOST_TEST(comes_true([&] { return are_spread(all, client, {a.id(), b.id()}); }));
  auto const its = ids_of(all, client, a.id());
  BOOST_REQUIRE(!its.empty());
  for (auto const& id : its) all.ask(client, {"add", id, "--amount", "1"});
  pause(*a.process);
  BOOST_TEST(comes_true([&] { return all.where(client, its[0]) == b.id(); }));
  BOOST_TEST(all.ask(client, {"add", its[0], "--amount", "3"}) == "3"); // a new instance
  a.process->signal(SIGCONT);
  BOOST_TEST(a.process->writes("its leases have ended"), a.process->written());
  // It comes back for its share, which begins anew: what it had in memory is of an epoch that
  // ended.
  BOOST_TEST(comes_true([&] { return are_spread(all, client, {a.id(), b.id()}); }));
  for (auto const& id : its) BOOST_TEST(all.ask(client, {"add", id, "--amount", "0"}) == "0");
}

/// The times of runs of the cron job that came to their end.
std::vector<std::string> completed_in(std::string const& log) {
  std::vector<std::string> found;
  std::istringstream in(log);
  for (std::string line; std::getline(in, line);)
    if (line.find(" is done after ") != line.npos)
      for (auto& time : words_after(line, "info cron tick: the run of ")) found.push_back(time);
  return found;
}

/// The singleton and the cron job of two processes go on when their owner is killed: every second
/// is run to its end once, or is one of those in which nobody owned the job.
void watch_and_tick(processes& all, std::chrono::milliseconds failover) {
  auto a = all.runner();
  auto b = all.runner();
  auto const begins = "singleton watch begins on ";
  auto const has = [](processes::one const& which, std::string const& part) {
    return which.process->written().find(part) != std::string::npos;
  };
  BOOST_TEST(comes_true([&] { return has(a, begins) || has(b, begins); }));
  auto const completed_by = [](processes::one const& which) {
    return completed_in(which.process->written());
  };
  BOOST_TEST(comes_true([&] { return completed_by(a).size() + completed_by(b).size() != 0; }));
  std::this_thread::sleep_for(1s); // it is where it belongs
  auto const last_begun = [&](processes::one const& which) {
    return words_after(which.process->written(), begins).size() >
           words_after(which.process->written(), "singleton watch has ended on ").size();
  };
  BOOST_TEST(last_begun(a) != last_begun(b));
  auto& owner = last_begun(a) ? a : b;
  auto& other = last_begun(a) ? b : a;
  auto const before = words_after(other.process->written(), begins).size();
  owner.process->signal(SIGKILL);
  owner.process->wait();
  auto const killed_at = std::chrono::steady_clock::now();
  BOOST_TEST(
      comes_true([&] { return words_after(other.process->written(), begins).size() > before; }));
  auto const took = ms_since(killed_at);
  BOOST_TEST_MESSAGE("from kill -9 to the singleton elsewhere: " << took << " ms");
  BOOST_TEST(took <= failover.count());
  auto const ticks = completed_by(other).size();
  BOOST_TEST(comes_true([&] { return completed_by(other).size() >= ticks + 4; }));
  other.process->signal(SIGTERM);
  BOOST_TEST(other.process->wait(5s) == 0);
  std::map<std::string, int> completed;
  for (auto const* const which : {&a, &b})
    for (auto const& time : completed_by(*which)) ++completed[time];
  BOOST_TEST(completed.size() >= 4U);
  for (auto const& [time, count] : completed) BOOST_TEST(count == 1, time << ": " << count);
}

/// The owner of a persisted stream is killed in the middle of it: its reader, in another process,
/// has each item once, and in its place.
void read_on(processes& all) {
  auto a = all.runner();
  auto b = all.runner();
  auto const reader = all.client();
  BOOST_TEST(comes_true([&] { return are_spread(all, reader, {a.id(), b.id()}); }));
  auto const of_a = ids_of(all, reader, a.id());
  BOOST_REQUIRE(!of_a.empty());
  auto const id = of_a.front();
  std::vector<int> got;
  std::string failed;
  BOOST_TEST(all.with(reader, [&](pando::socket::link& link) -> pando::task<void> {
    auto const tally = link.client<tally::Tally>(id).within(60s);
    tally::Range const in{0, 500};
    auto items = tally.stream<"Count">(in);
    try {
      while (auto const item = co_await items.next()) {
        got.push_back(*item);
        if (got.size() == 100) a.process->signal(SIGKILL);
      }
    } catch (std::exception const& error) {
      failed = error.what();
    }
  }));
  a.process->wait();
  BOOST_TEST(failed == "");
  std::vector<int> expected;
  for (int i = 0; i < 500; ++i) expected.push_back(i);
  BOOST_TEST(got == expected, boost::test_tools::per_element());
  BOOST_TEST(all.where(reader, id) == b.id());
}

/// What entities of a killed runner hold outside is acquired by the next one, by itself.
void hold_on(processes& all, std::chrono::milliseconds failover) {
  all.set({{"TALLY_FOLDER", all.folder()}});
  auto a = all.runner();
  auto b = all.runner();
  auto const client = all.client();
  BOOST_TEST(comes_true([&] { return are_spread(all, client, {a.id(), b.id()}); }));
  auto const ids = ids_of(all, client, a.id());
  BOOST_REQUIRE(!ids.empty());
  auto const path_of = [&](std::string const& id) { return all.folder() + "/room-" + id; };
  auto const are_held_by = [&](int process) {
    return std::all_of(ids.begin(), ids.end(), [&](std::string const& id) {
      int holder = 0;
      std::ifstream(path_of(id)) >> holder;
      return holder == process;
    });
  };
  BOOST_TEST(all.with(client, [&](pando::socket::link& link) -> pando::task<void> {
    for (auto const& id : ids) {
      auto const space = link.client<tally::Space>(id).within(20s);
      int const holder = co_await space.call<"Hold">();
      BOOST_TEST(holder == a.id());
    }
  }));
  BOOST_TEST(are_held_by(a.id()));
  a.process->signal(SIGKILL);
  a.process->wait();
  auto const killed_at = std::chrono::steady_clock::now();
  BOOST_TEST(comes_true([&] { return are_held_by(b.id()); }));
  auto const took = ms_since(killed_at);
  BOOST_TEST_MESSAGE("from kill -9 to all of it held elsewhere: " << took << " ms");
  BOOST_TEST(took <= failover.count());
  BOOST_TEST(all.with(client, [&](pando::socket::link& link) -> pando::task<void> {
    for (auto const& id : ids) {
      auto const space = link.client<tally::Space>(id).within(20s);
      co_await space.call<"Close">();
    }
  }));
  for (auto const& id : ids) BOOST_TEST(!std::filesystem::exists(path_of(id)));
  b.process->signal(SIGTERM);
  BOOST_TEST(b.process->wait(10s) == 0);
}

/// Ten that make the tables, enlist and share out the shards all at the same time.
void begin_at_once(processes& all) {
  std::vector<processes::one> ten;
  for (int i = 0; i < 10; ++i) ten.push_back(all.start({"--runner", "127.0.0.1:0"}, false));
  std::set<int> processes_of_ten;
  for (auto const& one : ten) {
    BOOST_REQUIRE_MESSAGE(one.process->writes("info socket"), one.process->written());
    processes_of_ten.insert(one.id());
  }
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back("t" + std::to_string(i));
  // Each has a share once they have balanced, and all agree on whose is which.
  BOOST_TEST(comes_true([&] {
    auto const owners = all.where(ten.front(), ids);
    return std::set<int>(owners.begin(), owners.end()) == processes_of_ten;
  }));
  BOOST_TEST(all.where(ten.front(), ids) == all.where(ten.back(), ids),
             boost::test_tools::per_element());
  for (auto const& one : ten) one.process->signal(SIGTERM);
  for (auto const& one : ten) {
    BOOST_TEST(one.process->wait(10s) == 0);
    BOOST_TEST(errors_in(one.process->written()) == "", one.process->written());
  }
}

#if PANDO_HAS_SQLITE
/// Whether nobody holds the lock of that file, for a second.
bool can_be_written(std::string const& file) {
  ::sqlite3* it = nullptr;
  BOOST_REQUIRE(::sqlite3_open(file.c_str(), &it) == SQLITE_OK);
  ::sqlite3_busy_timeout(it, 1'000);
  bool const is_so =
      ::sqlite3_exec(it, "BEGIN IMMEDIATE; ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
  ::sqlite3_close(it);
  return is_so;
}
#endif

} // namespace

#if PANDO_HAS_SQLITE
BOOST_AUTO_TEST_CASE(on_sqlite) {
  processes all;
  spread_and_survive(all, 1500ms); // the storage sees that a process of its machine is gone
}

BOOST_AUTO_TEST_CASE(ten_at_once_on_sqlite) {
  processes all;
  begin_at_once(all);
}

BOOST_AUTO_TEST_CASE(stopped_in_order_on_sqlite) {
  processes all;
  stop_in_order(all);
}

BOOST_AUTO_TEST_CASE(reminders_on_sqlite) {
  processes all;
  remind_in_time(all);
}

BOOST_AUTO_TEST_CASE(one_number_of_shards_on_sqlite) {
  processes all;
  have_one_number_of_shards(all);
}

/// A runner that is stopped while it has no transaction open: its lease ends like any other's. (One
/// that is stopped inside a transaction keeps the file's lock, and everybody waits for it.)
BOOST_AUTO_TEST_CASE(paused_on_sqlite) {
  processes all;
  paused(all, [&](support::process const& which) {
    bool const is_fine = comes_true([&] {
      which.signal(SIGSTOP);
      if (can_be_written(all.store())) return true;
      which.signal(SIGCONT);
      return false;
    });
    BOOST_REQUIRE(is_fine);
  });
}

BOOST_AUTO_TEST_CASE(singletons_and_cron_jobs_on_sqlite) {
  processes all;
  watch_and_tick(all, 1500ms);
}

BOOST_AUTO_TEST_CASE(persisted_calls_on_sqlite) {
  processes all;
  pay_through_it_all(all, false); // one that is paused may hold the file's lock
}

BOOST_AUTO_TEST_CASE(persisted_streams_on_sqlite) {
  processes all;
  read_on(all);
}

BOOST_AUTO_TEST_CASE(resources_on_sqlite) {
  processes all;
  hold_on(all, 3000ms);
}

/// Where nobody says where they are kept it is a file in the folder that the program runs in; in
/// memory they are only where that is asked for, and then the app says so.
void pay_twice_and_again(bool is_in_memory) {
  support::scratch_folder folder;
  auto const socket = folder.path() + "/alone.sock";
  std::string const run = "cd " + folder.path() + " && exec " + support::program("tally");
  std::string const serve = run + " serve --socket " + socket;
  std::string const pay = run + " --socket " + socket + " tally pay x --order o1 --ms 0 --json";
  std::vector<std::string> said;
  for (int life = 0; life < 2; ++life) {
    auto const words = is_in_memory ? serve + " --store memory" : serve;
    support::process alone(std::vector<std::string>{"/bin/sh", "-c", words},
                           folder.path() + "/alone" + std::to_string(life) + ".log");
    BOOST_REQUIRE_MESSAGE(alone.writes("info socket"), alone.written());
    auto const warning = "persisted calls are kept in memory, and end with this process";
    BOOST_TEST((alone.written().find(warning) != std::string::npos) == is_in_memory);
    for (int i = 0; i < 2; ++i) {
      auto const got = support::run(std::vector<std::string>{"/bin/sh", "-c", pay},
                                    folder.path() + "/said");
      BOOST_TEST(got.code == 0, got.written);
      said.push_back(got.written);
    }
    alone.signal(SIGTERM);
    BOOST_TEST(alone.wait(5s) == 0);
  }
  BOOST_TEST(said[1] == said[0]);
  BOOST_TEST(said[3] == said[2]);
  BOOST_TEST((said[2] == said[0]) == !is_in_memory);
  auto const file = folder.path() + "/tally.pando.db";
  BOOST_TEST(std::filesystem::exists(file) == !is_in_memory);
  using std::filesystem::perms; // what is in it is nobody else's
  if (!is_in_memory)
    BOOST_TEST((std::filesystem::status(file).permissions() ==
                (perms::owner_read | perms::owner_write)));
}
BOOST_AUTO_TEST_CASE(persisted_calls_of_who_is_told_no_store) { pay_twice_and_again(false); }
BOOST_AUTO_TEST_CASE(persisted_calls_in_memory) { pay_twice_and_again(true); }

/// A runner may be known by another address than the one it listens at, or be handed its socket.
BOOST_AUTO_TEST_CASE(where_they_listen_and_where_they_are_reached) {
  processes all;
  auto const a = all.start({"--runner", "localhost:0", "--runner-listen", "127.0.0.1:0"});
  auto app = pando::app(tally::tallies).named("tally");
  app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
  int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  auto* const at = reinterpret_cast<sockaddr*>(&where);
  BOOST_REQUIRE(::bind(socket, at, size) == 0);
  BOOST_REQUIRE(::listen(socket, 16) == 0);
  BOOST_REQUIRE(::getsockname(socket, at, &size) == 0);
  pando::serve_options options;
  options.no_socket = true;
  options.threads = 2;
  auto const store = all.store();
  options.store = store;
  options.runner = "127.0.0.1:0";
  options.runner_socket = socket;
  boost::asio::io_context home(1);
  boost::asio::co_spawn(home, app.serve(options), [&](std::exception_ptr error) {
    home.stop();
    if (error) std::rethrow_exception(error);
  });
  home.run();
  auto const keeps = boost::asio::make_work_guard(home);
  home.restart();
  std::thread loop([&] { home.run(); });
  BOOST_TEST(comes_true([&] { return are_spread(all, a, {a.id(), ::getpid()}); }));
  auto const listed = support::run({support::program("tally"), "--socket", a.socket, "cluster",
                                    "runners", "--json"}, all.folder() + "/listed").written;
  auto const known = words_after(listed, "\"address\":\"localhost:");
  BOOST_REQUIRE_MESSAGE(known.size() == 1U, listed);
  auto const port_of_a = known[0].substr(0, known[0].find('"'));
  BOOST_TEST(a.process->written().find("listens at 127.0.0.1:" + port_of_a + "\n") !=
             std::string::npos, a.process->written());
  BOOST_TEST(listed.find("\"127.0.0.1:" + std::to_string(ntohs(where.sin_port)) + "\"") !=
             listed.npos, listed);
  boost::asio::post(home, [&] {
    boost::asio::co_spawn(home, app.stop(), [&](std::exception_ptr) { home.stop(); });
  });
  loop.join();
  BOOST_TEST(::fcntl(socket, F_GETFD) == -1); // it was closed
  BOOST_TEST(comes_true([&] { return are_spread(all, a, {a.id()}); }));
}

BOOST_AUTO_TEST_CASE(beside_their_sockets) {
  processes all;
  auto const a = all.beside_its_socket();
  auto const b = all.beside_its_socket();
  BOOST_TEST(comes_true([&] { return are_spread(all, a, {a.id(), b.id()}); }));
  BOOST_TEST(are_spread(all, b, {a.id(), b.id()}));
}

/// Several threads of an app, a loop that is not the app's, and calls after the end.
BOOST_AUTO_TEST_CASE(from_threads_and_other_loops) {
  processes all;
  auto const a = all.start({"--runner", "127.0.0.1:0", "--threads", "2"});
  auto const b = all.start({"--runner", "127.0.0.1:0", "--threads", "2"});
  BOOST_TEST(comes_true([&] { return are_spread(all, a, {a.id(), b.id()}); }));
  auto app = pando::app(tally::tallies).named("tally");
  app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
  boost::asio::io_context home(1);
  auto const run = [](boost::asio::io_context& loop, auto body) {
    std::exception_ptr failed;
    boost::asio::co_spawn(loop, std::move(body), [&](std::exception_ptr error) {
      failed = error;
      loop.stop();
    });
    loop.restart();
    loop.run();
    if (failed) std::rethrow_exception(failed);
  };
  auto const store = all.store();
  run(home, [&]() -> pando::task<void> {
    pando::serve_options options;
    options.no_socket = true;
    options.store = store;
    options.client_only = true;
    options.threads = 2;
    co_await app.serve(options);
  });
  auto const keeps = boost::asio::make_work_guard(home);
  home.restart();
  std::thread loop([&] { home.run(); });
  auto const kept = app.client<tally::Tally>("kept");
  std::vector<std::thread> others;
  std::atomic<int> failures{0};
  for (int t = 0; t < 3; ++t)
    others.emplace_back([&, t] {
      for (int round = 0; round < 3; ++round) { // a loop for each round, which ends before the app
        boost::asio::io_context own(1);
        try {
          run(own, [&]() -> pando::task<void> {
            for (int i = 0; i < 20; ++i) {
              auto const one = app.client<tally::Tally>("o" + std::to_string(t * 20 + i));
              std::int64_t const sum = co_await one.call<"Add">(1);
              if (sum != round + 1) ++failures;
            }
            co_await kept.call<"Add">(1);
            auto items = kept.stream<"Numbers">(0, 500);
            int count = 0;
            while (co_await items.next()) ++count;
            if (count != 500) ++failures;
            auto const order = std::to_string(t) + "-" + std::to_string(round);
            tally::Paid const paid = co_await kept.call<"Pay">(order, 0);
            if (paid.order != order) ++failures;
            try { // it is not waited for, and goes on when this loop has ended
              co_await kept.within(std::chrono::milliseconds(20)).call<"Pay">(order + "-late", 300);
              ++failures;
            } catch (pando::deadline_exceeded const&) {
            }
            co_await kept.discard<"Pay">(order + "-unseen", 0);
          });
        } catch (std::exception const& error) {
          ++failures;
        }
      }
    });
  for (auto& one : others) one.join();
  BOOST_TEST(failures == 0);
  std::int64_t sum = 0;
  boost::asio::io_context own(1);
  run(own, [&]() -> pando::task<void> {
    std::int64_t const got = co_await kept.call<"Add">(0);
    sum = got;
    for (auto const* const order : {"0-0-late", "2-2-late"}) {
      tally::Paid const paid = co_await kept.call<"Pay">(order, 300);
      BOOST_TEST(paid.order == order);
    }
  });
  BOOST_TEST(sum == 9);
  boost::asio::post(home, [&] {
    boost::asio::co_spawn(home, app.stop(), [&](std::exception_ptr) { home.stop(); });
  });
  loop.join();
  bool is_refused = false;
  run(own, [&]() -> pando::task<void> {
    try {
      co_await kept.call<"Add">(1);
    } catch (pando::runner_unavailable const&) {
      is_refused = true;
    }
  });
  BOOST_TEST(is_refused);
}

BOOST_AUTO_TEST_CASE(what_does_not_go_together) {
  processes all;
  auto const says = [&](std::vector<std::string> flags, std::string const& sentence,
                        int code = 2) {
    auto const one = all.start(flags, false);
    BOOST_TEST(one.process->wait(5s) == code);
    auto const said = one.process->written();
    BOOST_TEST(said.find(sentence) != std::string::npos, said);
  };
  says({"--client-only", "--runner", "127.0.0.1:0"}, "hosts no entities, so it has no --runner");
  says({"--no-socket"}, "--store without a Unix socket needs --runner HOST:PORT");
  says({"--runner", "127.0.0.1"}, "127.0.0.1");
  says({"--runner", "0.0.0.0:7001"}, "--runner HOST:PORT --runner-listen 0.0.0.0:7001");
  says({"--runner", "127.0.0.1:0", "--runner-listen", "0.0.0.0:0"}, "cookie", 1);
  says({"--runner-listen", "127.0.0.1:0"}, "--runner-listen needs --runner HOST:PORT");
  says({"--runner", "/tmp/x.sock", "--runner-listen", "127.0.0.1:0"}, "is reached where it listens");
  says({"--client-only", "--runner-listen", "127.0.0.1:0"}, "hosts no entities");
  says({"--store", "mysql://x/y"}, "there is no such engine");
  says({"--store", "/nowhere/at/all.db"}, "/nowhere/at/all.db", 1);
  says({"--weight", "-1"}, "--weight takes a number, at least 0", 2);
  says({"--weight", "1e999"}, "--weight", 2);
  says({"--shards", "0"}, "at least 1, at most 10000, of each group, the same in all processes", 2);
  says({"--shards", "10001"}, "at most 10000", 2);
  says({"--lease-ms", "999"}, "--lease-ms takes an integer from 0 up, at least 1000", 2);
  says({"--lease-ms", "soon"}, "--lease-ms takes an integer", 2);
  says({"--margin-ms", "0"}, "--margin-ms takes an integer from 0 up, at least 1", 2);
  says({"--retention-s", "59"}, "--retention-s takes an integer from 0 up, at least 60", 2);
  says({"--retention-s", "-1"}, "--retention-s takes an integer from 0", 2);
  says({"--margin-ms", "3000"}, "longer than 1000 ms from one renewal to the next and the margin of "
                                "3000 ms together");
  says({"--margin-ms", "4294967295"}, "would end before it is renewed");
  auto const help = support::run({support::program("tally"), "serve", "--help"},
                                 all.folder() + "/help").written;
  for (auto const* const part :
       {"--weight <number>", "at least 0, 2 has twice the shards of 1; default 1", "--shards <integer>",
        "the same in all processes of the app; default 300", "default 3000", "default 604800"})
    BOOST_TEST(help.find(part) != help.npos, help);
}

/// What a program that calls `serve` gives is looked at before anything is opened.
BOOST_AUTO_TEST_CASE(options_of_serve_that_make_no_sense) {
  processes all;
  auto app = pando::app(tally::tallies).named("tally");
  auto const refused = [&](auto const& change) {
    pando::serve_options options;
    options.no_socket = true;
    options.store = all.store();
    options.runner = "127.0.0.1:0";
    change(options);
    std::string said;
    boost::asio::io_context loop(1);
    boost::asio::co_spawn(loop, app.serve(options), [&](std::exception_ptr error) {
      try {
        if (error) std::rethrow_exception(error);
      } catch (std::invalid_argument const& wrong) {
        said = wrong.what();
      }
      loop.stop();
    });
    loop.run();
    BOOST_TEST(!std::filesystem::exists(all.store()));
    return said;
  };
  using options = pando::serve_options;
  auto const weight = "pando: a runner's weight must be 0 or a positive number: 2 has twice the "
                      "shards of 1";
  for (double const wrong : {-1.0, std::nan(""), HUGE_VAL})
    BOOST_TEST(refused([&](options& it) { it.weight = wrong; }) == weight);
  BOOST_TEST(refused([](options& it) { it.shards = 0; }) ==
             "pando: a group has 1 to 10000 shards, not 0");
  BOOST_TEST(refused([](options& it) { it.shards = 10'001; }) ==
             "pando: a group has 1 to 10000 shards, not 10001");
  BOOST_TEST(refused([](options& it) { it.lease_ms = 0; }) ==
             "pando: lease_ms must be at least 1000, not 0");
  BOOST_TEST(refused([](options& it) { it.margin_ms = 0; }) == "pando: margin_ms must be above 0");
  BOOST_TEST(refused([](options& it) { it.margin_ms = 2'000; }) ==
             "pando: a lease of 3000 ms would end before it is renewed: it must be longer than "
             "1000 ms from one renewal to the next and the margin of 2000 ms together");
  BOOST_TEST(refused([](options& it) { it.renewal_ms = 2'700; }) ==
             "pando: a lease of 3000 ms would end before it is renewed: it must be longer than "
             "2700 ms from one renewal to the next and the margin of 300 ms together");
  BOOST_TEST(refused([](options& it) { it.retention_s = 0; })
                 .starts_with("pando: retention_s must be at least 60, not 0: "));
}
#endif

#if PANDO_HAS_POSTGRES
BOOST_AUTO_TEST_CASE(on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  spread_and_survive(all, 4000ms);
  paused(all, [](support::process const& which) { which.signal(SIGSTOP); });
}

BOOST_AUTO_TEST_CASE(stopped_in_order_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  stop_in_order(all);
}

BOOST_AUTO_TEST_CASE(reminders_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  remind_in_time(all);
}

BOOST_AUTO_TEST_CASE(one_number_of_shards_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  have_one_number_of_shards(all);
}

BOOST_AUTO_TEST_CASE(singletons_and_cron_jobs_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  watch_and_tick(all, 6000ms); // 3 s of a lease, and what a busy machine takes
}

BOOST_AUTO_TEST_CASE(ten_at_once_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  begin_at_once(all);
}

BOOST_AUTO_TEST_CASE(persisted_calls_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  pay_through_it_all(all, true);
}

BOOST_AUTO_TEST_CASE(persisted_streams_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  read_on(all);
}

BOOST_AUTO_TEST_CASE(resources_on_postgres) {
  if (support::postgres_programs().empty()) return support::skip("no PostgreSQL server");
  support::postgres_server server;
  processes all(server.url());
  hold_on(all, 8000ms); // 3 s of a lease, and what a busy machine takes
}
#endif

BOOST_AUTO_TEST_SUITE_END()
