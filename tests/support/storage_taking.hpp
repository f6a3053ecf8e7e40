// The suite of storages, third part: requests taken and put back, interrupts, due times, wake-ups.
#pragma once

#include <algorithm>
#include <set>

#include <support/storage_actors.hpp>

namespace storage_conformance {

inline task<void> what_is_saved_is_taken_once(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*b, "b:1");
  auto full = text(9'000'000'000'000'000'001, "caf\xc3\xa9 / 1", "key \xe2\x82\xac");
  full.payload = std::string("\0\1\xff zeros\0", 10);
  full.context = std::string("\0context", 8);
  full.payload_hash = 0xffff'ffff'ffff'fffe;
  auto bare = text(2, "");
  bare.payload = bare.context = "";
  bare.payload_hash = 0;
  operations all{save(full), save(bare)};
  co_await store_all(*a, all);
  auto const got = co_await take(one);
  BOOST_REQUIRE(got.all.size() == 2);
  BOOST_TEST(!got.is_more);
  BOOST_TEST(!got.next_due.has_value());
  BOOST_TEST(got.all[0].what.id == 2u);
  BOOST_TEST(got.all[0].what.instance == "");
  BOOST_TEST(got.all[0].what.payload == "");
  BOOST_TEST(got.all[0].what.context == "");
  BOOST_TEST(!got.all[0].what.key.has_value());
  BOOST_TEST(got.all[0].what.payload_hash == 0u);
  auto const& what = got.all[1].what;
  BOOST_TEST(what.id == full.id);
  BOOST_TEST(what.group == group);
  BOOST_TEST(what.shard == 7u);
  BOOST_TEST(what.entity == "Counter");
  BOOST_TEST(what.instance == full.instance);
  BOOST_TEST(what.rpc == "Add");
  BOOST_TEST(what.payload == full.payload);
  BOOST_TEST(what.context == full.context);
  BOOST_TEST((what.key == full.key));
  BOOST_TEST(what.payload_hash == full.payload_hash);
  BOOST_TEST(!what.deliver_at.has_value());
  for (auto const& each : got.all)
    BOOST_TEST(!(each.is_interrupted || each.is_taken_before || each.was_taken_by_another));
  auto const again = co_await take_ids(one);
  BOOST_TEST(again.empty());
}

inline task<void> large_payloads_are_kept_whole(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto large = text(1, "x");
  large.payload.assign(3'000'000, '\0');
  large.payload[2'999'999] = 'z';
  co_await store_one(*a, save(large));
  auto const got = co_await take(one);
  BOOST_REQUIRE(got.all.size() == 1);
  BOOST_TEST((got.all[0].what.payload == large.payload));
  co_await store_one(*a, answer(one, 1, large.payload));
  auto const found = co_await payload_of(*a, 1);
  BOOST_TEST((found == large.payload));
}

inline task<void> the_next_owner_takes_what_has_no_answer(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all{save(text(1, "x")), save(text(2, "x")), save(text(3, "x"), one.by())};
  co_await store_all(*a, all);
  auto const got = co_await take_ids(one); // 3 it has already
  BOOST_TEST(got == (ids{1, 2}), boost::test_tools::per_element());
  co_await store_one(*a, answer(one, 1, "done"));
  co_await store_one(*a, save(text(4, "x")));
  co_await a->withdraw(one.life.incarnation);
  auto const next = co_await own(*b, "b:1");
  auto const rest = co_await take(next);
  BOOST_TEST(ids_of(rest) == (ids{2, 3, 4}), boost::test_tools::per_element());
  for (auto const& each : rest.all) {
    BOOST_TEST(!each.is_taken_before);
    BOOST_TEST(each.was_taken_by_another == (each.what.id != 4));
  }
  // The same life in a new epoch is another owner too.
  auto const held = next.held();
  co_await b->release(next.life.incarnation, held);
  auto again = next;
  auto const got_again = co_await acquire(*b, next.life.incarnation, 7);
  BOOST_REQUIRE(got_again.size() == 1);
  again.lease = got_again[0];
  auto const nothing = co_await take_ids(next);
  BOOST_TEST(nothing.empty());
  auto const once_more = co_await take_ids(again);
  BOOST_TEST(once_more.size() == 3);
}

inline task<void> leases_that_are_not_held_give_nothing(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1", 7, here.brief());
  auto const other = co_await own(*a, "b:1", 8);
  operations all{save(text(1, "x")), save(text(2, "y", {}, 8)), save(text(3, "z", {}, 9))};
  co_await store_all(*a, all);
  leases wrong{{group, 7, one.lease.epoch + 1}, other.lease, {group, 9, 0}, {group, 9, 1}};
  auto got = co_await a->take(one.life.incarnation, wrong, 100);
  BOOST_TEST(got.all.empty());
  got = co_await a->take(987'654'321, wrong, 100);
  BOOST_TEST(got.all.empty());
  leases const none{};
  got = co_await a->take(one.life.incarnation, none, 100);
  BOOST_TEST(got.all.empty());
  BOOST_TEST(!got.is_more);
  co_await here.pass(here.brief());
  auto const late = co_await take_ids(one);
  BOOST_TEST(late.empty());
  auto const mine = co_await take_ids(other); // of the shard that is asked about, and no other
  BOOST_TEST(mine == ids{2}, boost::test_tools::per_element());
}

inline task<void> no_more_are_taken_than_asked_for(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const got = co_await acquire(*a, one.life.incarnation, 8);
  BOOST_REQUIRE(got.size() == 1);
  leases const held{one.lease, got[0]};
  operations all;
  for (std::uint64_t id = 1; id <= 30; ++id)
    all.push_back(save(text(id, id % 3 == 0 ? "x" : "y", {}, id % 3 == 0 ? 7 : 8)));
  co_await store_all(*a, all);
  std::set<std::uint64_t> seen;
  std::uint64_t last_of_x = 0;
  std::uint64_t last_of_y = 0;
  bool is_more = true;
  for (int tries = 0; is_more && tries < 31; ++tries) {
    auto const some = co_await a->take(one.life.incarnation, held, 7);
    BOOST_TEST(some.all.size() <= 7);
    is_more = some.is_more;
    if (is_more) BOOST_TEST(!some.all.empty());
    for (auto const& each : some.all) {
      BOOST_TEST(seen.insert(each.what.id).second);
      auto& last = each.what.instance == "x" ? last_of_x : last_of_y;
      BOOST_TEST(each.what.id > last); // by id, for each instance
      last = each.what.id;
    }
  }
  BOOST_TEST(!is_more);
  BOOST_TEST(seen.size() == 30);
}

inline task<void> what_is_put_back_is_taken_again(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const other = co_await own(*b, "b:1", 8);
  operations all;
  for (std::uint64_t id = 1; id <= 4; ++id) all.push_back(save(text(id, "x")));
  all.push_back(interrupt(2));
  co_await store_all(*a, all);
  auto got = co_await take(one);
  BOOST_TEST(got.all.size() == 4);
  co_await store_one(*a, answer(one, 4, "done"));
  ids const back{2, 4, 77};
  co_await b->put_back(other.life.incarnation, back); // it is not its
  auto nothing = co_await take_ids(one);
  BOOST_TEST(nothing.empty());
  co_await a->put_back(one.life.incarnation, back);
  got = co_await take(one);
  BOOST_REQUIRE(got.all.size() == 1);
  BOOST_TEST(got.all[0].what.id == 2u);
  BOOST_TEST(got.all[0].is_interrupted);
  BOOST_TEST(!got.all[0].is_taken_before);
  BOOST_TEST(!got.all[0].was_taken_by_another);
  // Put back on the way out: its next owner knows that nobody has begun it.
  ids const leaving{1};
  co_await a->put_back(one.life.incarnation, leaving);
  co_await a->withdraw(one.life.incarnation);
  auto const next = co_await own(*b, "c:1");
  got = co_await take(next);
  BOOST_TEST(ids_of(got) == (ids{1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(!got.all[0].was_taken_by_another);
  BOOST_TEST(got.all[2].was_taken_by_another);
}

inline task<void> what_was_taken_without_anybody_knowing_is_taken_again(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const other = co_await own(*b, "b:1", 8);
  operations all;
  for (std::uint64_t id = 1; id <= 4; ++id) all.push_back(save(text(id, "x")));
  all.push_back(interrupt(2));
  all.push_back(interrupt(3));
  co_await store_all(*a, all);
  auto got = co_await take(one);
  BOOST_TEST(got.all.size() == 4);
  co_await store_one(*a, answer(one, 4, "done"));
  ids const known{3};
  auto const held = one.held();
  auto const others = other.held();
  co_await b->put_back_unknown(other.life.incarnation, held, known); // it is not its
  co_await a->put_back_unknown(one.life.incarnation, others, known);
  auto nothing = co_await take_ids(one);
  BOOST_TEST(nothing.empty());
  co_await a->put_back_unknown(one.life.incarnation, held, known);
  got = co_await take(one);
  BOOST_TEST(ids_of(got) == (ids{1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(!got.all[0].is_taken_before);
  BOOST_TEST(!got.all[0].was_taken_by_another);
  BOOST_TEST(got.all[1].is_interrupted);
  BOOST_TEST(!got.all[1].is_taken_before);
  BOOST_TEST(got.all[2].is_interrupted); // which it was told before, for what that is worth
  BOOST_TEST(got.all[2].is_taken_before);
}

inline task<void> an_interrupt_is_told_once_to_each_owner(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all{save(text(1, "x")), save(text(2, "x")), save(text(3, "x")), interrupt(1)};
  co_await store_all(*b, all);
  auto got = co_await take(one); // before it was taken: one thing to tell
  BOOST_REQUIRE(got.all.size() == 3);
  BOOST_TEST(got.all[0].is_interrupted);
  BOOST_TEST(!got.all[0].is_taken_before);
  BOOST_TEST(!got.all[1].is_interrupted);
  co_await store_one(*b, interrupt(2)); // in the midst of it
  co_await store_one(*b, interrupt(2));
  got = co_await take(one);
  BOOST_REQUIRE(got.all.size() == 1);
  BOOST_TEST(got.all[0].what.id == 2u);
  BOOST_TEST(got.all[0].what.instance == "x");
  BOOST_TEST(got.all[0].is_interrupted);
  BOOST_TEST(got.all[0].is_taken_before);
  co_await store_one(*b, interrupt(2));
  auto nothing = co_await take_ids(one);
  BOOST_TEST(nothing.empty());
  std::vector<std::uint64_t> const asked{1, 2, 3, 4};
  auto told = co_await a->interrupted(asked); // however often it is asked
  std::ranges::sort(told);
  BOOST_TEST(told == (std::vector<std::uint64_t>{1, 2}), boost::test_tools::per_element());
  co_await store_one(*a, answer(one, 1, "", store::answer_kind::interrupted));
  told = co_await a->interrupted(asked); // what has an answer has ended
  BOOST_TEST(told == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
  auto const late = co_await apply(*b, interrupt(1));
  BOOST_TEST(name_of(late.outcome) == "answered");
  BOOST_TEST(late.found_id == 1u);
  BOOST_REQUIRE(late.found);
  BOOST_TEST((late.found->kind == store::answer_kind::interrupted));
  co_await a->withdraw(one.life.incarnation);
  auto const next = co_await own(*b, "b:1");
  got = co_await take(next);
  BOOST_REQUIRE(got.all.size() == 2);
  BOOST_TEST(got.all[0].what.id == 2u);
  BOOST_TEST(got.all[0].is_interrupted);
  BOOST_TEST(!got.all[0].is_taken_before);
  BOOST_TEST(got.all[0].was_taken_by_another);
  BOOST_TEST(!got.all[1].is_interrupted);
  nothing = co_await take_ids(next);
  BOOST_TEST(nothing.empty());
}

inline store::message due_at(store::message what, store::storage_time when) {
  what.deliver_at = when;
  return what;
}

inline task<void> nothing_is_handed_out_before_it_is_due(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const now = here.now();
  operations all{save(due_at(text(1, "x"), now + milliseconds(60'000))),
                 save(due_at(text(2, "x"), now + here.brief())), save(text(3, "x")),
                 save(due_at(text(4, "x"), now - milliseconds(1000))),
                 save(due_at(text(5, "x"), now + milliseconds(90'000)))};
  co_await store_all(*a, all);
  auto got = co_await take(one);
  BOOST_TEST(ids_of(got) == (ids{3, 4}), boost::test_tools::per_element());
  BOOST_REQUIRE(got.next_due.has_value());
  BOOST_TEST(got.next_due->count() > 0);
  BOOST_TEST(*got.next_due <= here.brief());
  BOOST_REQUIRE(got.all[1].what.deliver_at.has_value());
  BOOST_TEST((*got.all[1].what.deliver_at == now - milliseconds(1000)));
  co_await here.pass(here.brief());
  got = co_await take(one);
  BOOST_TEST(ids_of(got) == ids{2}, boost::test_tools::per_element());
  BOOST_REQUIRE(got.next_due.has_value());
  BOOST_TEST(got.next_due->count() > 30'000);
  BOOST_TEST(got.next_due->count() <= 60'000);
  // Somebody does not want it any more: that is told before it is due.
  co_await store_one(*a, interrupt(1));
  got = co_await take(one);
  BOOST_REQUIRE(got.all.size() == 1);
  BOOST_TEST(got.all[0].what.id == 1u);
  BOOST_TEST(got.all[0].is_interrupted);
  BOOST_TEST(!got.all[0].is_taken_before);
  BOOST_REQUIRE(got.next_due.has_value());
  BOOST_TEST(got.next_due->count() > 60'000); // of 5, and no more of 1
  co_await store_one(*a, answer(one, 1, "", store::answer_kind::interrupted));
  auto const counts = co_await a->count();
  BOOST_TEST(counts.waiting == 4u);
  BOOST_TEST(counts.answered == 1u);
}

inline task<void> what_is_stored_outlives_its_handles(place& here) {
  auto const watch = co_await opened(here); // keeps a storage in memory
  std::uint64_t epoch = 0;
  {
    auto const a = co_await opened(here);
    auto const one = co_await own(*a, "a:1");
    epoch = one.lease.epoch;
    operations all{save(text(1, "x", "k")), save_answered(one, text(2, "x"), "two")};
    co_await store_all(*a, all);
    store::shard_key const where{group, 7};
    bool const is_set = co_await a->set_value("v", "1", where, one.by());
    BOOST_TEST(is_set);
    co_await a->withdraw(one.life.incarnation);
    co_await a->close();
  }
  auto const b = co_await opened(here);
  auto const said = co_await payload_of(*b, 2);
  BOOST_TEST(said == "two");
  auto const value = co_await b->value("v");
  BOOST_TEST((value == "1"));
  auto const duplicate = co_await apply(*b, save(text(3, "x", "k")));
  BOOST_TEST(name_of(duplicate.outcome) == "duplicate");
  auto const next = co_await own(*b, "b:1");
  BOOST_TEST(next.lease.epoch > epoch);
  auto const got = co_await take_ids(next);
  BOOST_TEST(got == ids{1}, boost::test_tools::per_element());
  co_await b->close();
}

inline task<void> open_into(place& here, handle& into) { into = co_await opened(here); }

inline task<void> ten_open_an_empty_storage_at_once(place& here) {
  std::vector<handle> all(10);
  std::vector<task<void>> opening;
  for (auto& one : all) opening.push_back(open_into(here, one));
  co_await at_once(std::move(opening));
  std::set<std::uint16_t> machines;
  std::vector<task<void>> coming;
  for (std::size_t i = 0; i < all.size(); ++i)
    coming.push_back(come_and_note(*all[i], static_cast<int>(i), machines));
  co_await at_once(std::move(coming));
  BOOST_TEST(machines.size() == 10);
  BOOST_TEST(all[0]->describe() != "");
  for (auto& one : all) co_await one->close();
}

/// What a handle was told.
struct heard {
  std::multiset<store::wake> all{};
  auto listener() {
    return [this](store::wake one) { all.insert(one); };
  }
  task<bool> hears(store::wake one) {
    co_return co_await comes_true([this, one] { return all.contains(one); });
  }
};

inline task<void> others_are_told_what_has_changed(place& here) {
  heard told;
  auto const a = co_await opened(here);
  auto const b = here.handle();
  b->on_wake(told.listener());
  co_await b->open();
  using store::wake;
  auto const expect = [&](wake what, char const* why) -> task<void> {
    bool const is_told = co_await told.hears(what);
    BOOST_TEST(is_told, why);
    // Late ones of what was before are let pass, so that the next is its own.
    co_await pause(milliseconds(60));
    told.all.clear();
  };
  auto const one = co_await own(*a, "a:1");
  co_await expect(wake::shards, "a runner came, and took a shard");
  co_await store_one(*a, save(text(1, "x")));
  co_await expect(wake::messages, "a request was saved");
  co_await store_one(*a, interrupt(1));
  co_await expect(wake::messages, "a request was interrupted");
  co_await store_one(*a, answer(one, 1, "done"));
  co_await expect(wake::answers, "a request was answered");
  co_await store_one(*a, save(text(2, "x", "key")));
  co_await expect(wake::messages, "a request with a key was saved");
  co_await store_one(*a, save_answered(one, text(3, "x", "key"), "done"));
  co_await expect(wake::answers, "it has the answer of another of its key");
  auto const held = one.held();
  co_await a->release(one.life.incarnation, held);
  co_await expect(wake::shards, "a shard was given back");
  co_await a->withdraw(one.life.incarnation);
  co_await expect(wake::shards, "a runner went");
  co_await b->close();
  told.all.clear();
  co_await store_one(*a, save(text(4, "x")));
  co_await pause(milliseconds(60));
  BOOST_TEST(told.all.empty()); // closed: nothing any more
}

} // namespace storage_conformance
