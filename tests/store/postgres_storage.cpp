// The storage in PostgreSQL: its tables, what many do at once, and a server that dies or hangs.
#include <csignal>

#include <algorithm>
#include <set>

#include <store/with_postgres.hpp>
#include <support/storage_conformance.hpp>

#if PANDO_HAS_POSTGRES

BOOST_AUTO_TEST_SUITE(postgres_storage_engine)

using namespace with_postgres;
using namespace pando::store;

namespace {

using action = message_operation::action;
using outcome = storage_outcome;

postgres_storage_options in_schema(std::string const& schema) {
  postgres_storage_options chosen;
  chosen.connection = server()->connection();
  chosen.schema = schema;
  return chosen;
}

/// A test's body with a storage in a schema of its own, which is closed after it.
void with_storage(postgres_storage_options chosen,
                  std::function<task<void>(storage&)> const& body) {
  boost::asio::io_context loop;
  auto const all = make_postgres_storage(std::move(chosen));
  run(loop, [](storage& it, std::function<task<void>(storage&)> const& test) -> task<void> {
    std::exception_ptr failed;
    try {
      co_await it.open();
      co_await test(it);
    } catch (...) {
      failed = std::current_exception();
    }
    co_await it.close();
    if (failed) std::rethrow_exception(failed);
  }(*all, body));
}

template <class Result>
task<std::optional<storage_error>> fault_of(task<Result> work) {
  try {
    co_await std::move(work);
  } catch (storage_error const& why) {
    co_return why;
  }
  co_return std::nullopt;
}

message a_message(std::uint64_t id, std::string const& instance = "one") {
  message made;
  made.id = id;
  made.group = "default";
  made.shard = 7;
  made.entity = "Counter";
  made.instance = instance;
  made.rpc = "Add";
  made.payload = "payload of " + std::to_string(id);
  made.payload_hash = 5;
  return made;
}

message_operation saved(std::uint64_t id, std::optional<std::string> key = std::nullopt) {
  message_operation made;
  made.what_to_do = action::save;
  made.what = a_message(id);
  made.what.key = std::move(key);
  return made;
}

message_operation ended(std::uint64_t id, fence const& by, std::string const& payload = "end") {
  message_operation made;
  made.what_to_do = action::answer;
  made.what.group = "default";
  made.what.shard = 7;
  made.end = {id, answer_kind::result, payload};
  made.by = by;
  return made;
}

message_operation saved_and_ended(std::uint64_t id, fence const& by,
                                  std::optional<std::string> key = std::nullopt,
                                  std::string const& payload = "end") {
  auto made = saved(id, std::move(key));
  made.what_to_do = action::save_answered;
  made.end = {0, answer_kind::result, payload};
  made.by = by;
  return made;
}

/// A runner that owns shard 7 of the group `default`.
struct owner {
  enlistment life{};
  std::vector<shard_lease> held{};
  fence by() const { return {life.incarnation, held.empty() ? 0 : held.front().epoch}; }
};

task<owner> an_owner(storage& of, std::string address = "here:1",
                     std::chrono::milliseconds ttl = 60s) {
  owner made;
  runner_entry const who{address, 1};
  made.life = co_await of.enlist(who);
  std::vector<shard_key> const wanted{{"default", 7}};
  made.held = co_await of.acquire(made.life.incarnation, wanted, ttl);
  co_return made;
}

task<std::vector<message_operation>> applied(storage& of, std::vector<message_operation> all) {
  co_await of.apply(all);
  co_return all;
}

/// A schema of its own, of which nobody but its server's disk is left.
class schema_place final : public storage_conformance::place {
 public:
  std::string missing() const override { return server() == nullptr ? "no PostgreSQL" : ""; }
  std::unique_ptr<storage> handle() override {
    auto chosen = in_schema(schema_);
    chosen.timeout = 30s; // a busy machine is no fault of what is shown
    return make_postgres_storage(std::move(chosen));
  }

 private:
  static int next() {
    static int last = 0;
    return ++last;
  }
  std::string schema_ = "conformance_" + std::to_string(next());
};

bool const is_tested = storage_conformance::add<schema_place>("postgres_storage");

} // namespace

BOOST_AUTO_TEST_CASE(ten_open_an_empty_database_at_once) {
  if (server() == nullptr) return;
  for (std::string const schema : {"ten at once", "ten \"again\""}) {
    boost::asio::io_context loop;
    std::vector<std::unique_ptr<storage>> all;
    int opened = 0;
    for (int i = 0; i < 10; ++i) all.push_back(make_postgres_storage(in_schema(schema)));
    for (auto const& one : all)
      beside(loop.get_executor(), [](storage& it, int& count) -> task<void> {
        co_await it.open();
        ++count;
      }(*one, opened));
    run(loop, [](auto& them, int const& count) -> task<void> {
      BOOST_TEST(co_await comes_true([&] { return count == 10; }));
      std::set<std::uint64_t> lives;
      std::set<std::uint16_t> machines;
      for (auto const& one : them) {
        runner_entry const who{"runner " + std::to_string(lives.size()), 1};
        auto const life = co_await one->enlist(who);
        lives.insert(life.incarnation);
        machines.insert(life.machine);
      }
      BOOST_TEST(lives.size() == 10u);
      BOOST_TEST(machines.size() == 10u);
      for (auto const& one : them) co_await one->close();
    }(all, opened));
  }
}

BOOST_AUTO_TEST_CASE(tables_of_a_newer_version_are_refused) {
  if (server() == nullptr) return;
  with_storage(in_schema("newer"), [](storage&) -> task<void> { co_return; });
  with_pool({}, [](pool& all) -> task<void> {
    co_await all.query("update newer.pando_schema set version = version + 1");
  });
  boost::asio::io_context loop;
  auto const late = make_postgres_storage(in_schema("newer"));
  run(loop, [](storage& it) -> task<void> {
    auto const why = co_await fault_of(it.open());
    BOOST_TEST((why && why->fault() == storage_fault::incompatible));
    BOOST_TEST((why && std::string(why->what()).find("of version 4, and this program knows 3") !=
                           std::string::npos));
    co_await it.close();
  }(*late));
}

BOOST_AUTO_TEST_CASE(it_says_where_it_is_and_no_password) {
  if (server() == nullptr) return;
  with_storage(in_schema("described"), [](storage& it) -> task<void> {
    auto const text = it.describe();
    BOOST_TEST(text.starts_with("postgres "));
    BOOST_TEST(text.find("dbname=postgres") != std::string::npos);
    BOOST_TEST(text.find("schema=described") != std::string::npos);
    BOOST_TEST(text.find("secret") == std::string::npos);
    co_return;
  });
}

BOOST_AUTO_TEST_CASE(a_user_without_tables_or_rights_is_told_what_to_do) {
  if (server() == nullptr) return;
  auto chosen = in_schema("forbidden");
  with_pool({}, [](pool& all) -> task<void> {
    co_await all.query("drop role if exists guest");
    co_await all.query("create role guest login password 'guest'");
  });
  chosen.connection = server()->connection("guest", "guest");
  boost::asio::io_context loop;
  auto const guest = make_postgres_storage(chosen);
  run(loop, [](storage& it) -> task<void> {
    auto const early = co_await fault_of(it.count());
    BOOST_TEST((early && early->fault() == storage_fault::unavailable));
    auto const why = co_await fault_of(it.open());
    BOOST_TEST((why && why->fault() == storage_fault::refused));
    BOOST_TEST((why && std::string(why->what()).find("42501") != std::string::npos));
    std::string const place = "; the storage is postgres ";
    BOOST_TEST((why && std::string(why->what()).find(place) != std::string::npos));
    BOOST_TEST((why && std::string(why->what()).find("dbname=postgres") != std::string::npos));
    co_await it.close();
    auto const closed = co_await fault_of(it.count());
    BOOST_TEST((closed && closed->fault() == storage_fault::unavailable));
  }(*guest));
}

BOOST_AUTO_TEST_CASE(operations_on_one_message_see_one_another_within_a_batch) {
  if (server() == nullptr) return;
  with_storage(in_schema("within"), [](storage& it) -> task<void> {
    auto const me = co_await an_owner(it);
    auto other = saved(4, "k");
    other.what.payload_hash = 6;
    std::vector<message_operation> all{saved(1, "k"),
                                       saved(2, "k"),
                                       other,
                                       ended(1, me.by(), "first"),
                                       ended(1, me.by(), "second"),
                                       saved(3, "k"),
                                       saved_and_ended(5, me.by(), "k"),
                                       saved(1, "k"),
                                       saved(6),
                                       saved(6)};
    auto const done = co_await applied(it, all);
    BOOST_TEST((done[0].outcome == outcome::stored));
    BOOST_TEST((done[1].outcome == outcome::duplicate));
    BOOST_TEST(done[1].found_id == 1u);
    BOOST_TEST(!done[1].found.has_value());
    BOOST_TEST((done[2].outcome == outcome::conflict));
    BOOST_TEST((done[3].outcome == outcome::stored));
    BOOST_TEST((done[4].outcome == outcome::answered));
    BOOST_TEST((done[4].found && done[4].found->payload == "first"));
    BOOST_TEST((done[5].outcome == outcome::duplicate));
    BOOST_TEST((done[5].found && done[5].found->payload == "first"));
    BOOST_TEST((done[6].outcome == outcome::answered));
    BOOST_TEST((done[6].found && done[6].found->payload == "first"));
    BOOST_TEST((done[7].outcome == outcome::duplicate));
    BOOST_TEST((done[8].outcome == outcome::stored));
    BOOST_TEST((done[9].outcome == outcome::duplicate));
    BOOST_TEST(done[9].found_id == 6u);
    auto const kept = co_await it.count();
    BOOST_TEST(kept.answered == 1u);
    BOOST_TEST(kept.waiting == 1u);
  });
}

BOOST_AUTO_TEST_CASE(a_look_sees_what_was_before_it_and_not_what_comes_after) {
  if (server() == nullptr) return;
  with_storage(in_schema("looked"), [](storage& it) -> task<void> {
    auto const me = co_await an_owner(it);
    auto look = saved(9, "k");
    look.what_to_do = action::find;
    auto by_id = saved(1);
    by_id.what_to_do = action::find;
    auto other = look;
    other.what.payload_hash = 6;
    std::vector<message_operation> const all{look,  saved(1, "k"), look, ended(1, me.by(), "end"),
                                             by_id, other,         look, saved(9)};
    auto const done = co_await applied(it, all);
    BOOST_TEST((done[0].outcome == outcome::unknown));
    BOOST_TEST((done[1].outcome == outcome::stored));
    BOOST_TEST((done[2].outcome == outcome::duplicate));
    BOOST_TEST(done[2].found_id == 1u);
    BOOST_TEST((done[3].outcome == outcome::stored));
    BOOST_TEST((done[4].outcome == outcome::duplicate));
    BOOST_TEST((done[4].found && done[4].found->payload == "end"));
    BOOST_TEST((done[5].outcome == outcome::conflict));
    BOOST_TEST((done[6].outcome == outcome::duplicate));
    BOOST_TEST((done[6].found && done[6].found->payload == "end"));
    BOOST_TEST((done[7].outcome == outcome::stored));
  });
}

BOOST_AUTO_TEST_CASE(order_is_kept_where_a_key_leads_to_a_message_that_is_answered_by_its_id) {
  if (server() == nullptr) return;
  with_storage(in_schema("ordered"), [](storage& it) -> task<void> {
    auto const me = co_await an_owner(it);
    std::vector<message_operation> const batch_1{saved(1, "a"), saved(2, "b"), saved(3, "c")};
    auto const before = co_await applied(it, batch_1);
    BOOST_TEST((before[2].outcome == outcome::stored));
    message_operation interrupt;
    interrupt.what_to_do = action::interrupt;
    interrupt.end.id = 3;
    std::vector<message_operation> const batch_2{ended(1, me.by(), "by id"),
                                                 saved_and_ended(11, me.by(), "a", "by key"),
                                                 saved_and_ended(12, me.by(), "b", "by key"),
                                                 ended(2, me.by(), "by id"),
                                                 saved_and_ended(13, me.by(), "c", "by key"),
                                                 interrupt};
    auto const done = co_await applied(it, batch_2);
    BOOST_TEST((done[0].outcome == outcome::stored));
    BOOST_TEST((done[1].outcome == outcome::answered));
    BOOST_TEST((done[1].found && done[1].found->payload == "by id"));
    BOOST_TEST(done[1].found_id == 1u);
    BOOST_TEST((done[2].outcome == outcome::stored));
    BOOST_TEST(done[2].found_id == 2u);
    BOOST_TEST((done[3].outcome == outcome::answered));
    BOOST_TEST((done[3].found && done[3].found->payload == "by key"));
    BOOST_TEST((done[4].outcome == outcome::stored));
    BOOST_TEST((done[5].outcome == outcome::answered));
  });
}

BOOST_AUTO_TEST_CASE(texts_may_hold_any_octets_and_keys_be_long) {
  if (server() == nullptr) return;
  with_storage(in_schema("octets"), [](storage& it) -> task<void> {
    auto const me = co_await an_owner(it);
    std::string const odd("\0\xff'\"\\\n$1", 8);
    auto one = saved(1, odd + std::string(100'000, 'k'));
    one.what.instance = odd;
    one.what.payload = odd + std::string(100'000, 'p');
    one.what.context = odd;
    one.what.deliver_at = storage_time(1ms);
    auto same = one;
    same.what.id = 2;
    auto other = one;
    other.what.id = 3;
    other.what.key->back() = 'K';
    std::vector<message_operation> const batch_3{one, same, other};
    auto const done = co_await applied(it, batch_3);
    BOOST_TEST((done[0].outcome == outcome::stored));
    BOOST_TEST((done[1].outcome == outcome::duplicate));
    BOOST_TEST((done[2].outcome == outcome::stored));
    auto const taken = co_await it.take(me.life.incarnation, me.held, 10);
    BOOST_TEST_REQUIRE(taken.all.size() == 2u);
    auto const& back = taken.all.front().what;
    BOOST_TEST((back.instance == odd && back.context == odd && back.key == one.what.key));
    BOOST_TEST((back.payload == one.what.payload && back.deliver_at == one.what.deliver_at));
    std::string const name("cron\0daily", 10);
    shard_key const shard{"default", 7};
    auto const by = me.by();
    BOOST_TEST(co_await it.set_value(name, odd, shard, by));
    auto const value = co_await it.value(name);
    BOOST_TEST((value == odd));
  });
}

BOOST_AUTO_TEST_CASE(a_full_batch_is_one_transaction_and_more_is_refused) {
  if (server() == nullptr) return;
  with_storage(in_schema("full"), [](storage& it) -> task<void> {
    auto const me = co_await an_owner(it);
    std::vector<message_operation> all;
    for (std::uint64_t i = 0; i < 4096; ++i)
      all.push_back(i % 2 == 0 ? saved(i, "key " + std::to_string(i / 3)) : saved(i));
    auto const done = co_await applied(it, all);
    auto const stored = std::count_if(
        done.begin(), done.end(), [](auto const& one) { return one.outcome == outcome::stored; });
    std::set<std::string> keys;
    for (auto const& one : all)
      if (one.what.key) keys.insert(*one.what.key);
    BOOST_TEST(static_cast<std::size_t>(stored) == 2048 + keys.size());
    all.push_back(saved(5000));
    BOOST_CHECK_THROW(co_await it.apply(all), std::invalid_argument);
    std::size_t taken = 0;
    for (bool is_more = true; is_more;) {
      auto const some = co_await it.take(me.life.incarnation, me.held, 1000);
      taken += some.all.size();
      is_more = some.is_more;
      BOOST_TEST(std::is_sorted(some.all.begin(), some.all.end(), [](auto& left, auto& right) {
        return left.what.id < right.what.id;
      }));
    }
    BOOST_TEST(taken == static_cast<std::size_t>(stored));
  });
}

BOOST_AUTO_TEST_CASE(many_save_the_same_keys_at_once_and_each_key_is_stored_once) {
  if (server() == nullptr) return;
  auto const chosen = in_schema("same_keys");
  with_storage(chosen, [](storage& it) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const me = co_await an_owner(it);
    std::size_t over = 0;
    std::vector<std::vector<message_operation>> all(40);
    for (std::uint64_t n = 0; n < all.size(); ++n) {
      for (std::uint64_t k = 0; k < 50; ++k) {
        auto const id = 1000 * n + k + 1;
        auto const key = std::to_string(n % 2 == 0 ? k : 49 - k); // from both ends
        all[n].push_back(n % 3 == 0 ? saved_and_ended(id, me.by(), key, std::to_string(id))
                                    : saved(id, key));
      }
      beside(home, [](storage& to, auto& mine, std::size_t& done) -> task<void> {
        co_await to.apply(mine);
        ++done;
      }(it, all[n], over));
    }
    BOOST_TEST(co_await comes_true([&] { return over == all.size(); }));
    std::map<std::string, std::set<std::uint64_t>> ids;
    std::map<std::string, std::set<std::string>> ends;
    int unexpected = 0;
    for (auto const& some : all)
      for (auto const& one : some) {
        auto const key = *one.what.key;
        bool const is_new = one.outcome == outcome::stored && one.found_id == 0;
        ids[key].insert(is_new ? one.what.id : one.found_id);
        if (one.found) ends[key].insert(one.found->payload);
        unexpected += one.outcome == outcome::stored || one.outcome == outcome::duplicate ||
                              one.outcome == outcome::answered
                          ? 0
                          : 1;
      }
    BOOST_TEST(unexpected == 0);
    BOOST_TEST(ids.size() == 50u);
    for (auto const& [key, of] : ids) BOOST_TEST(of.size() == 1u);
    for (auto const& [key, of] : ends) BOOST_TEST(of.size() == 1u); // never changed
    auto const kept = co_await it.count();
    BOOST_TEST(kept.waiting == 0u);
    BOOST_TEST(kept.answered == 50u);
  });
}

BOOST_AUTO_TEST_CASE(a_takeover_beside_a_fenced_write_lets_exactly_one_win) {
  if (server() == nullptr) return;
  auto const chosen = in_schema("takeover");
  with_storage(chosen, [&chosen](storage& first) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const other = make_postgres_storage(chosen);
    storage& second = *other;
    co_await second.open();
    int early = 0;
    int late = 0;
    for (std::uint64_t round = 1; round <= 30; ++round) {
      auto const old = co_await an_owner(first, "old", 20ms);
      auto const by = old.by();
      std::vector<message_operation> const batch_4{saved(round)};
      auto const made = co_await applied(first, batch_4);
      BOOST_TEST((made[0].outcome == outcome::stored));
      // One writes again and again until it owns it no longer; the other takes it as soon as it
      // can.
      bool is_over = false;
      std::uint64_t writes = 0;
      beside(home,
             [](storage& to, fence mine, std::uint64_t n, std::uint64_t& count,
                bool& done) -> task<void> {
               for (;;) {
                 auto one = saved_and_ended(n * 1'000'000 + count + 1, mine, std::nullopt, "old");
                 std::vector<message_operation> const batch_5{one};
                 auto const all = co_await applied(to, batch_5);
                 if (all[0].outcome == outcome::fenced) break;
                 ++count;
               }
               done = true;
             }(first, by, round, writes, is_over));
      runner_entry const who{"new", 1};
      auto const life = co_await second.enlist(who);
      std::vector<shard_key> const wanted{{"default", 7}};
      std::vector<shard_lease> got;
      while (got.empty()) got = co_await second.acquire(life.incarnation, wanted, 60s);
      BOOST_TEST(got[0].epoch == by.epoch + 1);
      fence const mine{life.incarnation, got[0].epoch};
      std::vector<message_operation> const batch_6{ended(round, mine, "new")};
      auto const ends = co_await applied(second, batch_6);
      BOOST_TEST((ends[0].outcome == outcome::stored));
      std::vector<message_operation> const batch_7{ended(round, by, "old")};
      auto const lost = co_await applied(first, batch_7);
      BOOST_TEST((lost[0].outcome == outcome::fenced));
      BOOST_TEST(co_await comes_true([&] { return is_over; }));
      (writes == 0 ? early : late) += 1;
      co_await second.withdraw(life.incarnation);
    }
    BOOST_TEST(early + late == 30);
    co_await second.close();
  });
}

BOOST_AUTO_TEST_CASE(a_takeover_waits_for_a_fenced_write_that_is_not_committed_yet) {
  if (server() == nullptr) return;
  auto const chosen = in_schema("in_flight");
  with_storage(chosen, [&chosen](storage& it) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const old = co_await an_owner(it, "old", 30s);
    options through;
    through.connection = chosen.connection;
    pool aside(home, through);
    // A lock in the way of the write, after it has locked its fence.
    co_await aside.query("insert into in_flight.pando_values values ('name', 'before')");
    bool is_free = false;
    beside(home, [](pool& over, bool& done) -> task<void> {
      batch work;
      work.add("select 1 from in_flight.pando_values where name = 'name' for update");
      work.add("select pg_sleep(2.5)");
      co_await over.transaction(std::move(work));
      done = true;
    }(aside, is_free));
    pool watcher(home, through);
    auto const sleeps = [](pool& over) -> task<bool> {
      auto const rows = co_await over.query("select count(*) from pg_stat_activity where state = "
                                            "'active' and query = 'select pg_sleep(2.5)'");
      co_return rows.front().get<int>(0) != 0;
    };
    bool is_locked = false;
    while (!is_locked) is_locked = co_await sleeps(watcher);
    auto const renewed = co_await it.renew(old.life.incarnation, 1s);
    BOOST_TEST(renewed.held.size() == 1U);
    auto const waits = [](pool& over, std::string part) -> task<bool> {
      auto const rows = co_await over.query(
          "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like $1",
          "%" + part + "%");
      co_return rows.front().get<int>(0) != 0;
    };
    bool is_written = false;
    bool is_over = false;
    beside(home, [](storage& to, fence by, bool& written, bool& done) -> task<void> {
      shard_key const shard{"default", 7};
      written = co_await to.set_value("name", "old's", shard, by);
      done = true;
    }(it, old.by(), is_written, is_over));
    bool was_seen = false;
    while (!was_seen && !is_over) was_seen = co_await waits(watcher, "pando_values (name");
    BOOST_TEST(was_seen);
    runner_entry const who{"new", 1};
    auto const life = co_await it.enlist(who);
    std::vector<shard_key> const wanted{{"default", 7}};
    std::vector<shard_lease> got;
    while (got.empty()) got = co_await it.acquire(life.incarnation, wanted, 60s);
    // Not before the write was committed: the server knows, whoever's answer comes first.
    auto const value = co_await it.value("name");
    BOOST_TEST((value == "old's"));
    BOOST_TEST(co_await comes_true([&] { return is_free && is_over; }));
    BOOST_TEST(is_written);
    co_await aside.close();
    co_await watcher.close();
  });
}

namespace {

/// How many backends of the server such a query finds.
task<int> backends(pool& over, std::string where) {
  auto const rows = co_await over.query("select count(*) from pg_stat_activity where backend_type "
                                        "= 'client backend' and " + where);
  co_return rows.front().get<int>(0);
}
task<bool> comes_to(pool& over, std::string where, int count) {
  for (int tries = 0; tries < 2000; ++tries) {
    int const found = co_await backends(over, where);
    if (found == count) co_return true;
    co_await sleep(5ms);
  }
  co_return false;
}

} // namespace

/// Whoever looks after a storage keeps no call waiting, however long it takes; and when he has gone
/// the server looks no longer.
BOOST_AUTO_TEST_CASE(a_listing_is_apart_from_calls_and_ends_with_who_asked) {
  if (server() == nullptr) return;
  auto chosen = in_schema("apart");
  chosen.connections = 1; // for calls
  chosen.timeout = 30s;
  auto const elsewhere = chosen.connection;
  chosen.connection += " application_name=apart";
  with_storage(chosen, [&](storage& it) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    options through;
    through.connection = elsewhere;
    pool keeper(home, through);
    pool watcher(home, through);
    message_filter any;
    any.most = 10;
    co_await it.list(any);
    co_await it.value("name");
    // Whoever reads messages waits as long as the keeper's connection is open.
    co_await keeper.query("alter table apart.pando_messages rename to messages");
    co_await keeper.query("create function apart.waits() returns boolean language plpgsql stable as "
                          "'begin perform pg_advisory_xact_lock_shared(77); return true; end'");
    co_await keeper.query("create view apart.pando_messages as select * from apart.messages "
                          "where apart.waits()");
    co_await keeper.query("select pg_advisory_lock(77)");
    std::string const its = "application_name = 'apart'";
    BOOST_TEST(co_await comes_to(watcher, its, 2)); // for calls, and for wake-ups
    bool is_listed = false;
    bool is_counted = false;
    beside(home, [](storage& at, message_filter what, bool& done) -> task<void> {
      auto const found = co_await at.list(what);
      BOOST_TEST(found.all.empty());
      done = true;
    }(it, any, is_listed));
    beside(home, [](storage& at, bool& done) -> task<void> {
      co_await at.count("");
      done = true;
    }(it, is_counted));
    std::string const waiting = "wait_event = 'advisory'";
    BOOST_TEST(co_await comes_to(watcher, waiting, 1));
    auto const value = co_await it.value("name"); // with the one connection of calls
    BOOST_TEST(!value.has_value());
    BOOST_TEST(!is_listed);
    BOOST_TEST(!is_counted);
    int const while_listing = co_await backends(watcher, its);
    BOOST_TEST(while_listing == 3);

    auto hasty = chosen;
    hasty.timeout = 1s;
    auto const other = make_postgres_storage(hasty);
    co_await other->open();
    auto const gave_up = co_await fault_of(other->list(any));
    BOOST_TEST(gave_up.has_value());
    BOOST_TEST(co_await comes_to(watcher, waiting, 1)); // the patient one's
    co_await other->close();
    BOOST_TEST(!is_listed);

    co_await keeper.close();
    BOOST_TEST(co_await comes_true([&] { return is_listed && is_counted; }));
    BOOST_TEST(co_await comes_to(watcher, its, 2));
    auto const again = co_await it.list(any);
    BOOST_TEST(again.all.empty());
    co_await watcher.close();
  });
}

BOOST_AUTO_TEST_CASE(statements_of_handlers_commit_with_answers) {
  if (server() == nullptr) return support::skip("no PostgreSQL");
  with_storage(in_schema("statements"), [](storage& it) -> task<void> {
    pando::postgres::options where;
    where.connection = server()->connection();
    pando::postgres::pool apart(co_await boost::asio::this_coro::executor, where);
    co_await apart.query("CREATE TABLE notes(id integer PRIMARY KEY, text text, octets bytea, "
                         "number double precision)");
    auto const one = co_await storage_conformance::own(it, "a:1");
    co_await storage_conformance::statements_commit_with_the_answer(it, one);
    auto const rows = co_await apart.query(
        "SELECT string_agg(concat_ws(' ', id, text, octets, number), ', ' ORDER BY id) FROM notes");
    auto const found = rows.front().get<std::string>(0);
    BOOST_TEST(found == "1 first \\x00ff 2.5, 3 third");
    co_await apart.close();
  });
}

/// What takes too long, waits for a lock, or is refused for reasons of its own: others, which go
/// over the same connection, are none the worse.
BOOST_AUTO_TEST_CASE(a_statement_of_a_handler_harms_its_own_call_alone) {
  if (server() == nullptr) return support::skip("no PostgreSQL");
  auto chosen = in_schema("harmless");
  chosen.connections = 1;
  chosen.timeout = 2s;
  with_storage(chosen, [](storage& it) -> task<void> {
    pando::postgres::options where;
    where.connection = server()->connection();
    pando::postgres::pool apart(co_await boost::asio::this_coro::executor, where);
    co_await apart.query("CREATE TABLE locked(id integer PRIMARY KEY, "
                         "other integer REFERENCES locked DEFERRABLE INITIALLY DEFERRED)");
    co_await apart.query("INSERT INTO locked VALUES (1, 1)");
    pando::postgres::batch holder; // a row is locked for as long as the test takes
    holder.add("UPDATE locked SET id = 1 WHERE id = 1");
    holder.add("SELECT pg_sleep(8)");
    beside(co_await boost::asio::this_coro::executor,
           [](pando::postgres::pool& over, pando::postgres::batch all) -> task<void> {
             (void)co_await failure_of(over.transaction(std::move(all))); // the test ends first
           }(apart, std::move(holder)));
    auto const one = co_await storage_conformance::own(it, "a:1");
    std::vector<std::string> const texts{
        "SELECT pg_sleep(60)",
        "UPDATE locked SET id = 2 WHERE id = 1",
        "SELECT 1 FROM locked WHERE id = 1 FOR UPDATE NOWAIT",
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '57014'; END $$",
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '08001'; END $$",
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53400'; END $$",
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'XX000'; END $$",
        "DO $$ BEGIN COMMIT; END $$",
        "COPY locked TO STDOUT",
        "COPY locked FROM STDIN",
        "/* /* */ */ COMMIT",
        "BEGIN",
        "SAVEPOINT mine",
        "SELECT 1; SELECT 2",
        "VACUUM",
        "INSERT INTO locked VALUES (5, 6)", // refused by the COMMIT
    };
    co_await storage_conformance::these_fail_alone(it, one, texts);
    co_await apart.close();
  });
}

/// The first part of what is applied is committed before what is written with answers fails.
BOOST_AUTO_TEST_CASE(what_is_committed_is_told_also_where_the_rest_fails) {
  if (server() == nullptr) return support::skip("no PostgreSQL");
  auto const chosen = in_schema("half");
  with_storage(chosen, [&chosen](storage& it) -> task<void> {
    auto const second = make_postgres_storage(chosen);
    storage& other = *second;
    std::vector<wake> heard;
    other.on_wake([&heard](wake one) { heard.push_back(one); });
    co_await other.open();
    auto const me = co_await an_owner(it);
    BOOST_TEST(co_await comes_true([&] { return heard.size() >= 4; })); // all, and the shards
    heard.clear();
    std::vector<message_operation> all{saved(1), saved_and_ended(2, me.by())};
    all[1].with.statements.push_back({"SELECT pg_terminate_backend(pg_backend_pid())", {}});
    auto const failed = co_await fault_of(it.apply(all));
    BOOST_REQUIRE(failed);
    BOOST_TEST((failed->fault() == storage_fault::outcome_unknown));
    BOOST_TEST(co_await comes_true([&heard] {
      return std::find(heard.begin(), heard.end(), wake::messages) != heard.end();
    }));
    co_await other.close();
  });
}

BOOST_AUTO_TEST_CASE(wake_ups_reach_other_handles_and_not_ones_own) {
  if (server() == nullptr) return;
  auto const chosen = in_schema("wakes");
  with_storage(chosen, [&chosen](storage& it) -> task<void> {
    auto const second = make_postgres_storage(chosen);
    auto const third = make_postgres_storage(in_schema("wakes_of_others"));
    storage& other = *second;
    storage& stranger = *third;
    std::vector<wake> heard;
    std::vector<wake> strange;
    other.on_wake([&heard](wake one) { heard.push_back(one); });
    stranger.on_wake([&strange](wake one) { strange.push_back(one); });
    co_await other.open();
    co_await stranger.open();
    // Whoever begins to listen looks at everything.
    BOOST_TEST(co_await comes_true([&] { return heard.size() == 4 && strange.size() == 4; }));
    heard.clear();
    auto const me = co_await an_owner(it);
    auto const has = [&heard](wake which) {
      return std::find(heard.begin(), heard.end(), which) != heard.end();
    };
    BOOST_TEST(co_await comes_true([&] { return has(wake::shards); }));
    std::vector<message_operation> const batch_8{saved(1)};
    co_await applied(it, batch_8);
    BOOST_TEST(co_await comes_true([&] { return has(wake::messages); }));
    BOOST_TEST(!has(wake::answers));
    std::vector<message_operation> const batch_9{ended(1, me.by())};
    co_await applied(it, batch_9);
    BOOST_TEST(co_await comes_true([&] { return has(wake::answers); }));
    heard.clear();
    std::vector<message_operation> const batch_10{saved(2)};
    co_await applied(other, batch_10);
    std::vector<message_operation> const batch_11{saved(3)};
    co_await applied(it, batch_11);
    BOOST_TEST(co_await comes_true([&] { return has(wake::messages); }));
    BOOST_TEST(heard.size() == 1u);
    BOOST_TEST(strange.size() == 4u);
    co_await other.close();
    co_await stranger.close();
    heard.clear();
    std::vector<message_operation> const batch_12{saved(4)};
    co_await applied(it, batch_12);
    BOOST_TEST(heard.empty());
  });
}

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_when_the_server_dies) {
  if (server() == nullptr) return;
  with_storage(in_schema("killed"), [](storage& it) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    std::set<std::uint64_t> acknowledged;
    std::uint64_t last = 0;
    for (int round = 0; round < 3; ++round) {
      std::size_t over = 0;
      std::size_t failed = 0;
      bool is_back = false;
      auto const before = acknowledged.size();
      for (int worker = 0; worker < 8; ++worker)
        beside(home,
               [](storage& to, auto& kept, std::uint64_t& next, bool const& is_enough,
                  std::size_t& bad, std::size_t& done) -> task<void> {
                 while (!is_enough) {
                   std::vector<message_operation> all;
                   for (int i = 0; i < 20; ++i) all.push_back(saved(++next));
                   auto const why = co_await fault_of(to.apply(all));
                   if (why) {
                     BOOST_TEST(why->is_retryable());
                     ++bad;
                     break;
                   }
                   for (auto const& one : all)
                     if (one.outcome == outcome::stored) kept.insert(one.what.id);
                 }
                 ++done;
               }(it, acknowledged, last, is_back, failed, over));
      BOOST_TEST(co_await comes_true([&] { return acknowledged.size() > before + 1000; }));
      // Stopped first, until nobody hears of it any more: all that is under way then is unanswered.
      server()->signal(SIGSTOP);
      int quiet = 0;
      auto seen = acknowledged.size();
      std::function<bool()> const is_quiet = [&] {
        quiet = acknowledged.size() == seen ? quiet + 1 : 0;
        seen = acknowledged.size();
        return quiet == 20;
      };
      BOOST_TEST(co_await comes_true(is_quiet));
      server()->kill();
      server()->start();
      is_back = true;
      BOOST_TEST(co_await comes_true([&] { return over == 8; }));
      BOOST_TEST(failed != 0u);
    }
    std::vector<message_operation> const batch_13{saved(++last)};
    auto const after = co_await applied(it, batch_13);
    BOOST_TEST((after[0].outcome == outcome::stored));
    auto const me = co_await an_owner(it);
    std::set<std::uint64_t> there;
    for (bool is_more = true; is_more;) {
      auto const some = co_await it.take(me.life.incarnation, me.held, 4096);
      for (auto const& one : some.all) there.insert(one.what.id);
      is_more = some.is_more;
    }
    BOOST_TEST(std::includes(there.begin(), there.end(), acknowledged.begin(), acknowledged.end()));
  });
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_is_told_of_in_time_and_taken_up_again) {
  if (server() == nullptr) return;
  auto chosen = in_schema("paused");
  chosen.timeout = 500ms;
  with_storage(chosen, [](storage& it) -> task<void> {
    auto const me = co_await an_owner(it);
    std::vector<message_operation> const batch_14{saved(1)};
    co_await applied(it, batch_14);
    server()->signal(SIGSTOP);
    auto const began = std::chrono::steady_clock::now();
    std::vector<message_operation> all{saved(2)};
    auto const hung = co_await fault_of(it.apply(all));
    BOOST_TEST((hung && hung->fault() == storage_fault::outcome_unknown));
    auto const read = co_await fault_of(it.count()); // no connection by now
    BOOST_TEST((read && read->fault() == storage_fault::unavailable));
    auto const took = std::chrono::steady_clock::now() - began;
    BOOST_TEST((took >= 500ms && took < 4s));
    auto const renewing = std::chrono::steady_clock::now();
    auto const late = co_await fault_of(it.renew(me.life.incarnation, 600ms));
    BOOST_TEST((late && late->is_retryable()));
    BOOST_TEST((std::chrono::steady_clock::now() - renewing < 900ms));
    auto const again = co_await fault_of(it.renew(me.life.incarnation, 600ms));
    BOOST_TEST((again && again->fault() == storage_fault::unavailable));
    server()->signal(SIGCONT);
    bool is_back = false;
    for (int tries = 0; tries < 100 && !is_back; ++tries) {
      auto const why = co_await fault_of(it.apply(all));
      is_back = !why;
    }
    BOOST_TEST(is_back);
    // It may have happened, and then it is told so.
    BOOST_TEST((all[0].outcome == outcome::stored || all[0].outcome == outcome::duplicate));
    bool is_renewed = false;
    for (int tries = 0; tries < 100 && !is_renewed; ++tries) {
      auto const why = co_await fault_of(it.renew(me.life.incarnation, 60s));
      is_renewed = !why;
    }
    BOOST_TEST(is_renewed);
    auto const still = co_await it.renew(me.life.incarnation, 60s);
    BOOST_TEST(still.is_enlisted);
    BOOST_TEST(still.held.size() == 1u);
  });
}

BOOST_AUTO_TEST_SUITE_END()
#endif
