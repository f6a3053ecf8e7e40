// The suite of storages, first part: runners, groups and who owns which shard.
#pragma once

#include <algorithm>
#include <set>

#include <support/storage_actors.hpp>

namespace storage_conformance {

inline task<store::runner_row> row_of(store::storage& in, std::string const& address) {
  auto const fleet = co_await in.look(always);
  for (auto const& one : fleet.runners)
    if (one.address == address) co_return one;
  BOOST_ERROR("there is no runner " << address);
  co_return store::runner_row{};
}

inline task<void> a_runner_comes_and_is_seen(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const empty = co_await b->look(always);
  BOOST_TEST(empty.runners.empty());
  BOOST_TEST(empty.owners.empty());
  auto const one = co_await come(*a, "host:1", 2.5);
  auto const other = co_await come(*b, "/run/shop.sock", 0);
  BOOST_TEST(one.incarnation != 0u);
  BOOST_TEST(other.incarnation > one.incarnation);
  BOOST_TEST(one.machine != other.machine);
  co_await here.pass(milliseconds(50));
  auto fleet = co_await a->look(always);
  BOOST_REQUIRE(fleet.runners.size() == 2);
  std::ranges::sort(fleet.runners, {}, &store::runner_row::incarnation);
  auto const& first = fleet.runners[0];
  BOOST_TEST(first.address == "host:1");
  BOOST_TEST(first.incarnation == one.incarnation);
  BOOST_TEST(first.machine == one.machine);
  BOOST_TEST(first.weight == 2.5);
  BOOST_TEST(first.is_healthy);
  BOOST_TEST(first.age.count() >= 50);
  BOOST_TEST(first.age.count() < 20'000);
  BOOST_TEST(first.uptime.count() >= 50);
  BOOST_TEST(fleet.runners[1].address == "/run/shop.sock");
  BOOST_TEST(fleet.runners[1].weight == 0);
  auto const said = co_await a->renew(one.incarnation, always);
  BOOST_TEST(said.is_enlisted);
  BOOST_TEST(said.held.empty());
  auto const again = co_await row_of(*b, "host:1");
  BOOST_TEST(again.age < again.uptime);
  BOOST_TEST(again.uptime.count() >= 50);
}

inline task<void> a_runner_of_the_same_address_is_replaced(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const old = co_await own(*a, "a:1", 7, here.brief());
  auto const made = co_await come(*b, "a:1");
  BOOST_TEST(made.incarnation > old.life.incarnation);
  auto const seen = co_await row_of(*a, "a:1");
  BOOST_TEST(seen.incarnation == made.incarnation);
  auto const said = co_await a->renew(old.life.incarnation, always);
  BOOST_TEST(!said.is_enlisted);
  BOOST_TEST(said.held.empty());
  auto const nothing = co_await acquire(*a, old.life.incarnation, 8);
  BOOST_TEST(nothing.empty());
  // What it owned stays its until that ends: it may still answer what it has begun.
  auto const held_off = co_await acquire(*b, made.incarnation, 7);
  BOOST_TEST(held_off.empty());
  co_await store_one(*a, save_answered(old, text(1, "x"), "by the old one"));
  co_await here.pass(here.brief());
  auto const got = co_await acquire(*b, made.incarnation, 7);
  BOOST_REQUIRE(got.size() == 1);
  BOOST_TEST(got[0].epoch > old.lease.epoch);
  auto const late = co_await apply(*a, save_answered(old, text(2, "x"), "too late"));
  BOOST_TEST(name_of(late.outcome) == "fenced");
}

inline task<void> a_runner_goes_and_its_leases_with_it(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const other = co_await own(*b, "b:1", 8);
  co_await a->withdraw(one.life.incarnation);
  auto const fleet = co_await b->look(always);
  BOOST_REQUIRE(fleet.runners.size() == 1);
  BOOST_TEST(fleet.runners[0].address == "b:1");
  BOOST_REQUIRE(fleet.owners.size() == 1);
  BOOST_TEST(fleet.owners[0].shard == 8u);
  auto const said = co_await a->renew(one.life.incarnation, always);
  BOOST_TEST(!said.is_enlisted);
  auto const nothing = co_await acquire(*a, one.life.incarnation, 9);
  BOOST_TEST(nothing.empty());
  auto const late = co_await apply(*a, save_answered(one, text(1, "x"), "too late"));
  BOOST_TEST(name_of(late.outcome) == "fenced");
  auto const got = co_await acquire(*b, other.life.incarnation, 7);
  BOOST_REQUIRE(got.size() == 1);
  BOOST_TEST(got[0].epoch > one.lease.epoch);
  co_await a->withdraw(one.life.incarnation); // again: nothing
  co_await a->withdraw(123'456'789);
  auto const back = co_await come(*a, "a:1");
  BOOST_TEST(back.incarnation > other.life.incarnation);
}

inline task<void> machine_numbers_are_unique_and_1024(place& here) {
  auto const a = co_await opened(here);
  std::set<std::uint16_t> machines;
  for (int i = 0; i < 1024;) { // 64 at once: all of them would keep a busy server from the last
    std::vector<task<void>> some;
    for (int const until = i + 64; i < until; ++i) some.push_back(come_and_note(*a, i, machines));
    co_await at_once(std::move(some));
  }
  BOOST_TEST(machines.size() == 1024);
  BOOST_TEST(*machines.rbegin() == 1023);
  store::runner_entry const more{"one:more", 1};
  auto const fault = co_await fault_of(a->enlist(more));
  BOOST_TEST((fault == store::storage_fault::refused));
  auto const again = co_await come(*a, "runner:5"); // in its own place
  BOOST_TEST(again.machine < 1024);
  auto const gone = co_await row_of(*a, "runner:77");
  co_await a->withdraw(gone.incarnation);
  auto const last = co_await come(*a, "one:more");
  BOOST_TEST(last.machine == gone.machine);
}

inline task<void> runners_without_a_sign_of_life_are_left_out(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const silent = co_await come(*a, "a:1");
  auto const other = co_await come(*b, "b:1");
  co_await here.pass(here.brief());
  co_await b->renew(other.incarnation, always);
  auto fleet = co_await b->look(here.brief() / 2);
  for (int tries = 0; tries < 20 && fleet.runners.empty(); ++tries) { // on a busy machine
    co_await b->renew(other.incarnation, always);
    fleet = co_await b->look(here.brief() / 2);
  }
  BOOST_REQUIRE(fleet.runners.size() == 1);
  BOOST_TEST(fleet.runners[0].incarnation == other.incarnation);
  auto const back = co_await come(*a, "a:1");
  BOOST_TEST(back.incarnation > silent.incarnation);
  BOOST_TEST(back.machine != other.machine);
  auto const seen = co_await b->look(always);
  BOOST_TEST(seen.runners.size() == 2);
}

inline task<void> the_last_healthy_runner_stays_so(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await come(*a, "a:1");
  auto const other = co_await come(*a, "b:1");
  bool const none = co_await a->mark("nobody:1", false, always);
  BOOST_TEST(!none);
  bool const first = co_await a->mark("a:1", false, always);
  BOOST_TEST(first);
  auto seen = co_await row_of(*a, "a:1");
  BOOST_TEST(!seen.is_healthy);
  bool const last = co_await a->mark("b:1", false, always);
  BOOST_TEST(!last);
  seen = co_await row_of(*a, "b:1");
  BOOST_TEST(seen.is_healthy);
  bool const better = co_await a->mark("a:1", true, always);
  BOOST_TEST(better);
  seen = co_await row_of(*a, "a:1");
  BOOST_TEST(seen.is_healthy);
  // A healthy one that is silent does not count.
  co_await here.pass(here.brief());
  co_await a->renew(one.incarnation, always);
  bool const only = co_await a->mark("a:1", false, here.brief() / 2);
  BOOST_TEST(!only);
  bool const silent = co_await a->mark("b:1", false, here.brief() / 2);
  BOOST_TEST(silent);
  auto const back = co_await come(*a, "b:1"); // a new life is healthy
  BOOST_TEST(back.incarnation > other.incarnation);
  seen = co_await row_of(*a, "b:1");
  BOOST_TEST(seen.is_healthy);
}

inline task<void> a_runner_that_steps_down_is_healthy_no_more(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await b->step_down(123'456'789); // nobody
  auto seen = co_await row_of(*b, "a:1");
  BOOST_TEST(seen.is_healthy);
  co_await a->step_down(one.life.incarnation); // the last one too
  seen = co_await row_of(*b, "a:1");
  BOOST_TEST(!seen.is_healthy);
  auto const held = co_await a->renew(one.life.incarnation, always); // what it has stays its
  BOOST_TEST(held.is_enlisted);
  BOOST_TEST(held.held.size() == 1);
  auto const back = co_await come(*a, "a:1"); // a new life of that address
  co_await b->step_down(one.life.incarnation);
  seen = co_await row_of(*b, "a:1");
  BOOST_TEST(seen.incarnation == back.incarnation);
  BOOST_TEST(seen.is_healthy);
}

inline task<void> a_group_keeps_its_number_of_shards_while_in_use(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  using fault = store::storage_fault;
  co_await a->declare_group(group, 300);
  co_await b->declare_group(group, 300);
  co_await b->declare_group(group, 200); // nobody uses it yet
  auto const one = co_await own(*a, "a:1");
  auto refused = co_await fault_of(b->declare_group(group, 300));
  BOOST_TEST((refused == fault::incompatible));
  co_await b->declare_group(group, 200);
  co_await b->declare_group("other", 50); // new
  co_await store_one(*a, save(text(1, "x")));
  co_await a->withdraw(one.life.incarnation);
  refused = co_await fault_of(b->declare_group(group, 300));
  BOOST_TEST((refused == fault::incompatible));
  co_await b->declare_group("other", 60); // its messages do not concern another group
  auto const next = co_await own(*b, "b:1");
  co_await store_one(*b, answer(next, 1, "done"));
  co_await b->withdraw(next.life.incarnation);
  co_await b->declare_group(group, 300);
}

inline task<void> a_shard_has_one_owner(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await come(*a, "a:1");
  auto const other = co_await come(*b, "b:1");
  keys const wanted{{group, 1}, {group, 2}, {"cron", 1}};
  auto const got = co_await a->acquire(one.incarnation, wanted, always);
  BOOST_TEST(got.size() == 3);
  keys const more{{group, 2}, {group, 3}, {"cron", 1}};
  auto const rest = co_await b->acquire(other.incarnation, more, always);
  BOOST_REQUIRE(rest.size() == 1);
  BOOST_TEST(rest[0].group == group);
  BOOST_TEST(rest[0].shard == 3u);
  BOOST_TEST(rest[0].epoch > 0u);
  auto again = co_await a->acquire(one.incarnation, wanted, always); // twice: the same epochs
  auto before = got;
  std::ranges::sort(again);
  std::ranges::sort(before);
  BOOST_TEST((again == before));
  keys const twice{{group, 4}, {group, 4}};
  auto const single = co_await b->acquire(other.incarnation, twice, always);
  BOOST_TEST(single.size() == 1);
  keys const none{};
  auto const nothing = co_await b->acquire(other.incarnation, none, always);
  BOOST_TEST(nothing.empty());
  auto const strange = co_await acquire(*b, 987'654'321, 5);
  BOOST_TEST(strange.empty());
  auto const fleet = co_await b->look(always);
  BOOST_TEST(fleet.owners.size() == 5);
  for (auto const& row : fleet.owners) {
    BOOST_TEST(row.left.count() > 0);
    BOOST_TEST(row.left <= always);
    bool const is_ones = row.group == "cron" || row.shard < 3;
    BOOST_TEST(row.incarnation == (is_ones ? one.incarnation : other.incarnation));
  }
}

inline task<void> the_epoch_grows_at_every_change_of_owner(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const other = co_await come(*b, "b:1");
  auto const held = one.held();
  co_await a->release(one.life.incarnation, held);
  auto got = co_await acquire(*b, other.incarnation, 7);
  BOOST_REQUIRE(got.size() == 1);
  auto const second = got[0].epoch;
  BOOST_TEST(second > one.lease.epoch);
  // What was given back already is not given back again for its next owner.
  co_await a->release(one.life.incarnation, held);
  co_await a->release(one.life.incarnation, got);
  leases const stale{{group, 7, one.lease.epoch}};
  co_await b->release(other.incarnation, stale);
  auto const held_off = co_await acquire(*a, one.life.incarnation, 7);
  BOOST_TEST(held_off.empty());
  co_await b->release(other.incarnation, got);
  got = co_await acquire(*b, other.incarnation, 7); // also from nobody, to the same one
  BOOST_REQUIRE(got.size() == 1);
  BOOST_TEST(got[0].epoch > second);
  auto const fleet = co_await a->look(always);
  BOOST_REQUIRE(fleet.owners.size() == 1);
  BOOST_TEST(fleet.owners[0].epoch == got[0].epoch);
}

inline task<void> leases_are_renewed_all_at_once(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1", 7, here.brief());
  auto const other = co_await come(*b, "b:1");
  keys const more{{group, 8}, {"cron", 9}};
  auto const rest = co_await a->acquire(one.life.incarnation, more, here.brief());
  BOOST_TEST(rest.size() == 2);
  auto const said = co_await a->renew(one.life.incarnation, always);
  BOOST_TEST(said.is_enlisted);
  BOOST_TEST(said.held.size() == 3);
  BOOST_TEST(std::ranges::count(said.held, one.lease) == 1);
  co_await here.pass(here.brief());
  auto const held_off = co_await acquire(*b, other.incarnation, 7);
  BOOST_TEST(held_off.empty());
  auto const fleet = co_await b->look(always);
  BOOST_TEST(fleet.owners.size() == 3);
}

inline task<void> a_lease_that_has_ended_stays_lost(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1", 7, here.brief());
  auto const kept = co_await acquire(*a, one.life.incarnation, 8);
  BOOST_REQUIRE(kept.size() == 1);
  co_await here.pass(here.brief());
  auto const fleet = co_await a->look(always);
  BOOST_REQUIRE(fleet.owners.size() == 1);
  BOOST_TEST(fleet.owners[0].shard == 8u);
  auto const said = co_await a->renew(one.life.incarnation, always);
  BOOST_TEST(said.is_enlisted);
  BOOST_REQUIRE(said.held.size() == 1);
  BOOST_TEST((said.held[0] == kept[0]));
  auto const late = co_await apply(*a, save_answered(one, text(1, "x"), "too late"));
  BOOST_TEST(name_of(late.outcome) == "fenced");
  auto const got = co_await acquire(*a, one.life.incarnation, 7);
  BOOST_REQUIRE(got.size() == 1);
  BOOST_TEST(got[0].epoch > one.lease.epoch);
}

inline task<void> what_is_owned_already_lasts_from_now(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1", 7, here.brief());
  auto const again = co_await acquire(*a, one.life.incarnation, 7);
  BOOST_TEST((again == one.held()));
  co_await here.pass(here.brief());
  co_await store_one(*a, save_answered(one, text(1, "x"), "in time"));
}

inline task<void> acquire_into(store::storage& in, std::uint64_t incarnation, keys const& wanted,
                               leases& into) {
  into = co_await in.acquire(incarnation, wanted, always);
}

inline task<void> two_that_want_all_shards_at_once_share_them(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await come(*a, "a:1");
  auto const other = co_await come(*b, "b:1");
  keys wanted;
  for (std::uint32_t i = 0; i < 300; ++i) wanted.push_back({group, i});
  keys backwards(wanted.rbegin(), wanted.rend());
  leases got, rest;
  std::vector<task<void>> both;
  both.push_back(acquire_into(*a, one.incarnation, wanted, got));
  both.push_back(acquire_into(*b, other.incarnation, backwards, rest));
  co_await at_once(std::move(both));
  std::set<std::uint32_t> owned;
  for (auto const& one_of : got) owned.insert(one_of.shard);
  for (auto const& one_of : rest) owned.insert(one_of.shard);
  BOOST_TEST(got.size() + rest.size() == 300);
  BOOST_TEST(owned.size() == 300);
}

inline task<void> a_runner_that_is_killed_loses_its_shards_in_time(place& here) {
  auto const b = co_await opened(here);
  auto const other = co_await come(*b, "b:1");
  std::uint64_t epoch = 0;
  {
    auto a = co_await opened(here);
    auto const one = co_await own(*a, "a:1", 7, here.brief());
    epoch = one.lease.epoch;
    a.reset(); // without `close`
  }
  auto const held_off = co_await acquire(*b, other.incarnation, 7);
  BOOST_TEST(held_off.empty());
  co_await here.pass(here.brief());
  auto const got = co_await acquire(*b, other.incarnation, 7);
  BOOST_REQUIRE(got.size() == 1);
  BOOST_TEST(got[0].epoch > epoch);
}

} // namespace storage_conformance
