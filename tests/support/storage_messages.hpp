// The suite of storages, second part: messages saved and answered, duplicates, fences, values.
#pragma once

#include <algorithm>
#include <map>

#include <support/storage_actors.hpp>

namespace storage_conformance {

inline task<void> an_answer_is_recorded_once(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*b, save(text(1, "x")));
  auto const none = co_await payload_of(*b, 1);
  BOOST_TEST(none == "no answer");
  std::string const octets("a\0b\xff\n", 5);
  co_await store_one(*a, answer(one, 1, octets, store::answer_kind::declared_error));
  auto const found = co_await answer_of(*b, 1);
  BOOST_REQUIRE(found);
  BOOST_TEST(found->payload == octets);
  BOOST_TEST((found->kind == store::answer_kind::declared_error));
  auto const again = co_await apply(*a, answer(one, 1, "another"));
  BOOST_TEST(name_of(again.outcome) == "answered");
  BOOST_TEST(again.found_id == 1u);
  BOOST_REQUIRE(again.found);
  BOOST_TEST(again.found->payload == octets);
  BOOST_TEST((again.found->kind == store::answer_kind::declared_error));
  auto const kept = co_await payload_of(*b, 1);
  BOOST_TEST(kept == octets);
  auto const left = co_await take_ids(one);
  BOOST_TEST(left.empty());
}

inline task<void> answers_are_given_of_those_that_have_one(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all;
  for (std::uint64_t id = 1; id <= 4; ++id) all.push_back(save(text(id, "x")));
  all.push_back(answer(one, 2, "", store::answer_kind::interrupted));
  all.push_back(answer(one, 4, "four", store::answer_kind::failure));
  co_await store_all(*a, all);
  ids const wanted{4, 3, 2, 1, 99};
  auto found = co_await a->answers(wanted);
  BOOST_REQUIRE(found.size() == 2);
  std::ranges::sort(found, {}, &store::answer::id);
  BOOST_TEST(found[0].id == 2u);
  BOOST_TEST((found[0].kind == store::answer_kind::interrupted));
  BOOST_TEST(found[0].payload == "");
  BOOST_TEST(found[1].id == 4u);
  BOOST_TEST((found[1].kind == store::answer_kind::failure));
  ids const none{};
  auto const nothing = co_await a->answers(none);
  BOOST_TEST(nothing.empty());
}

/// What `one` became: a duplicate of that message, with that answer or none.
inline void expect_duplicate(operation const& one, std::uint64_t id,
                             std::optional<std::string> const& payload = {}) {
  BOOST_TEST(name_of(one.outcome) == "duplicate");
  BOOST_TEST(one.found_id == id);
  BOOST_TEST(one.found.has_value() == payload.has_value());
  if (!one.found || !payload) return;
  BOOST_TEST(one.found->payload == *payload);
  BOOST_TEST(one.found->id == id);
}

inline task<void> a_key_has_one_message_before_during_and_after(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*b, save(text(1, "x", "charge-1")));
  auto const before = co_await apply(*b, save(text(2, "x", "charge-1")));
  expect_duplicate(before, 1);
  auto const got = co_await take_ids(one);
  BOOST_TEST(got == ids{1}, boost::test_tools::per_element());
  auto const during = co_await apply(*b, save(text(3, "x", "charge-1")));
  expect_duplicate(during, 1);
  co_await store_one(*a, answer(one, 1, "paid"));
  auto const after = co_await apply(*b, save(text(4, "x", "charge-1")));
  expect_duplicate(after, 1, "paid");
  auto const by_owner = co_await apply(*a, save(text(5, "x", "charge-1"), one.by()));
  expect_duplicate(by_owner, 1, "paid");
  auto other = text(6, "x", "charge-1");
  other.payload_hash = 18;
  other.payload = "another";
  auto const conflict = co_await apply(*b, save(other));
  BOOST_TEST(name_of(conflict.outcome) == "conflict");
  BOOST_TEST(conflict.found_id == 1u);
  auto const counts = co_await b->count();
  BOOST_TEST(counts.waiting == 0u);
  BOOST_TEST(counts.answered == 1u);
  auto const left = co_await take_ids(one);
  BOOST_TEST(left.empty());
}

inline task<void> a_key_is_of_one_instance_and_rpc(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto kind = text(3, "x", "k");
  kind.entity = "Account";
  auto rpc = text(4, "x", "k");
  rpc.rpc = "Drop";
  operations all{
      save(text(1, "x", "k")), save(text(2, "y", "k")), save(kind),         save(rpc),
      save(text(5, "x", "K")), save(text(6, "x", "")),  save(text(7, "x")), save(text(8, "x"))};
  co_await store_all(*a, all);
  auto const empty = co_await apply(*a, save(text(9, "x", "")));
  expect_duplicate(empty, 6); // a key of no letters is a key
  auto const counts = co_await a->count();
  BOOST_TEST(counts.waiting == 8u);
}

inline task<void> an_id_has_one_message(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x")));
  auto const again = co_await apply(*a, save(text(1, "x")));
  expect_duplicate(again, 1);
  auto other = text(1, "x");
  other.payload_hash = 18;
  auto const conflict = co_await apply(*a, save(other));
  BOOST_TEST(name_of(conflict.outcome) == "conflict");
  BOOST_TEST(conflict.found_id == 1u);
  auto const elsewhere = co_await apply(*a, save(text(1, "y")));
  BOOST_TEST(name_of(elsewhere.outcome) == "conflict");
  BOOST_TEST(elsewhere.found_id == 1u);
  co_await store_one(*a, answer(one, 1, "done"));
  auto const after = co_await apply(*a, save(text(1, "x")));
  expect_duplicate(after, 1, "done");
  // The same once more, as after a lost connection.
  co_await store_one(*a, save_answered(one, text(2, "x"), "two"));
  auto const repeated = co_await apply(*a, save_answered(one, text(2, "x"), "two"));
  BOOST_TEST(name_of(repeated.outcome) == "answered");
  BOOST_TEST(repeated.found_id == 2u);
  BOOST_REQUIRE(repeated.found);
  BOOST_TEST(repeated.found->payload == "two");
}

inline task<void> a_look_finds_what_a_save_would(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const look = [](store::message what) {
    auto made = save(std::move(what));
    made.what_to_do = operation::action::find;
    return made;
  };
  auto other = text(3, "x", "k");
  other.payload_hash = 18;
  operations all{look(text(1, "x", "k")), look(text(2, "x", "k")), look(other)};
  co_await b->apply(all);
  for (auto const& each : all) BOOST_TEST(name_of(each.outcome) == "unknown");
  auto counts = co_await b->count();
  BOOST_TEST(counts.waiting == 0u); // nothing is written
  co_await store_one(*a, save(text(1, "x", "k")));
  all[0].by = store::fence{987'654'321, 5}; // it needs no fence
  co_await b->apply(all);
  expect_duplicate(all[0], 1);
  expect_duplicate(all[1], 1);
  BOOST_TEST(name_of(all[2].outcome) == "conflict");
  co_await store_one(*a, answer(one, 1, "done"));
  // Also among others, which it sees done before it.
  operations mixed{look(text(2, "x", "k")), save(text(4, "y")), look(text(4, "y")),
                   look(text(5, "y"))};
  co_await b->apply(mixed);
  expect_duplicate(mixed[0], 1, "done");
  BOOST_TEST(name_of(mixed[1].outcome) == "stored");
  expect_duplicate(mixed[2], 4);
  BOOST_TEST(name_of(mixed[3].outcome) == "unknown");
  counts = co_await b->count();
  BOOST_TEST(counts.waiting == 1u);
  BOOST_TEST(counts.answered == 1u);
  auto const left = co_await take_ids(one);
  BOOST_TEST(left == ids{4}, boost::test_tools::per_element());
}

inline task<void> save_and_answer_in_one(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save_answered(one, text(1, "x", "k1"), "first"));
  auto const first = co_await payload_of(*b, 1);
  BOOST_TEST(first == "first");
  auto const again = co_await apply(*a, save_answered(one, text(2, "x", "k1"), "second"));
  BOOST_TEST(name_of(again.outcome) == "answered");
  BOOST_TEST(again.found_id == 1u);
  BOOST_REQUIRE(again.found);
  BOOST_TEST(again.found->payload == "first");
  BOOST_TEST(again.found->id == 1u);
  // One of that key waits: it has its end with this.
  co_await store_one(*b, save(text(3, "x", "k3")));
  auto const merged = co_await apply(*a, save_answered(one, text(4, "x", "k3"), "third"));
  BOOST_TEST(name_of(merged.outcome) == "stored");
  BOOST_TEST(merged.found_id == 3u);
  BOOST_REQUIRE(merged.found);
  BOOST_TEST(merged.found->payload == "third");
  auto const third = co_await payload_of(*b, 3);
  BOOST_TEST(third == "third");
  auto const none = co_await payload_of(*b, 4);
  BOOST_TEST(none == "no answer");
  auto other = text(5, "x", "k1");
  other.payload_hash = 18;
  auto const conflict = co_await apply(*a, save_answered(one, other, "fifth"));
  BOOST_TEST(name_of(conflict.outcome) == "conflict");
  auto const counts = co_await b->count();
  BOOST_TEST(counts.waiting == 0u);
  BOOST_TEST(counts.answered == 2u);
  auto const left = co_await take_ids(one);
  BOOST_TEST(left.empty());
}

/// All are its owner's, who most often saves what nobody has saved before.
inline task<void> an_owner_saves_what_is_partly_there(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations const first{save_answered(one, text(1, "x"), "first"),
                         save_answered(one, text(2, "x", "k2"), "second"),
                         save(text(3, "x", "k3"), one.by())};
  co_await store_all(*a, first);
  operations all = first; // nobody knew whether that happened
  all.push_back(save_answered(one, text(4, "x", "k2"), "of another"));
  all.push_back(save_answered(one, text(5, "x", "k5"), "fifth"));
  all.push_back(save(text(6, "x"), one.by()));
  co_await a->apply(all);
  for (std::size_t const i : {0U, 1U, 3U}) BOOST_TEST(name_of(all[i].outcome) == "answered");
  expect_duplicate(all[2], 3);
  BOOST_TEST(all[3].found_id == 2u);
  BOOST_REQUIRE(all[3].found);
  BOOST_TEST(all[3].found->payload == "second");
  for (std::size_t const i : {4U, 5U}) BOOST_TEST(name_of(all[i].outcome) == "stored");
  auto const counts = co_await a->count();
  BOOST_TEST(counts.waiting == 2u);
  BOOST_TEST(counts.answered == 3u);
  auto const left = co_await take_ids(one);
  BOOST_TEST(left.empty());
}

inline task<void> what_is_not_there_is_unknown(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const answered = co_await apply(*a, answer(one, 55, "?"));
  BOOST_TEST(name_of(answered.outcome) == "unknown");
  auto const asked = co_await apply(*a, interrupt(55));
  BOOST_TEST(name_of(asked.outcome) == "unknown");
  co_await store_one(*a, save(text(1, "x", {}, 8)));
  auto const elsewhere = co_await apply(*a, answer(one, 1, "of another shard"));
  BOOST_TEST(name_of(elsewhere.outcome) == "unknown");
  auto const none = co_await payload_of(*a, 1);
  BOOST_TEST(none == "no answer");
}

inline task<void> an_owner_before_can_do_no_harm(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const old = co_await own(*a, "a:1", 7, here.brief());
  co_await store_one(*a, save(text(1, "x", "k")));
  auto const got = co_await take_ids(old);
  BOOST_TEST(got.size() == 1);
  co_await here.pass(here.brief());
  auto const made = co_await own(*b, "b:1");
  operations late{answer(old, 1, "old"), save(text(2, "x"), old.by()),
                  save_answered(old, text(3, "x"), "old"),
                  save_answered(old, text(4, "x", "k"), "old"), save(text(5, "x"))};
  for (std::size_t i = 0; i < 4; ++i) {
    auto const alone = co_await apply(*a, late[i]);
    BOOST_TEST(name_of(alone.outcome) == "fenced");
  }
  co_await a->apply(late);
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(name_of(late[i].outcome) == "fenced");
  BOOST_TEST(name_of(late[4].outcome) == "stored"); // none makes another fail
  for (std::uint64_t id = 1; id <= 4; ++id) {
    auto const none = co_await answer_of(*a, id);
    BOOST_TEST(!none.has_value());
  }
  co_await a->put_back(old.life.incarnation, got);
  auto const nothing = co_await take_ids(old);
  BOOST_TEST(nothing.empty());
  store::shard_key const where{group, 7};
  bool const is_set = co_await a->set_value("cron", "old", where, old.by());
  BOOST_TEST(!is_set);
  auto const taken = co_await take_ids(made);
  BOOST_TEST(taken == (ids{1, 5}), boost::test_tools::per_element());
  co_await store_one(*b, answer(made, 1, "new"));
  auto const said = co_await payload_of(*a, 1);
  BOOST_TEST(said == "new");
}

inline task<void> a_fence_is_of_the_life_the_epoch_and_the_shard(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const other = co_await own(*a, "b:1", 8);
  co_await store_one(*a, save(text(1, "x")));
  operations wrong(6, answer(one, 1, "wrong"));
  wrong[0].by->epoch += 1;
  wrong[1].by->epoch -= 1;
  wrong[2].by->incarnation = other.life.incarnation;
  wrong[3].by = std::nullopt;
  wrong[4].by = other.by();
  wrong[5].what.shard = 9; // nobody's
  wrong.push_back(save_answered(one, text(2, "x"), "wrong"));
  wrong.back().by = std::nullopt;
  wrong.push_back(save(text(3, "x", {}, 8), one.by()));
  co_await a->apply(wrong);
  for (auto const& each : wrong) BOOST_TEST(name_of(each.outcome) == "fenced");
  for (auto const& each : wrong) {
    auto const alone = co_await apply(*a, each);
    BOOST_TEST(name_of(alone.outcome) == "fenced");
  }
  auto const counts = co_await a->count();
  BOOST_TEST(counts.waiting == 1u);
  BOOST_TEST(counts.answered == 0u);
}

inline task<void> operations_are_done_in_their_order(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all{answer(one, 1, "too early"),
                 save(text(1, "x", "k")),
                 save(text(2, "x", "k")),
                 answer(one, 1, "done"),
                 save(text(3, "x", "k")),
                 answer(one, 1, "twice"),
                 interrupt(1)};
  co_await a->apply(all);
  BOOST_TEST(name_of(all[0].outcome) == "unknown");
  BOOST_TEST(name_of(all[1].outcome) == "stored");
  expect_duplicate(all[2], 1);
  BOOST_TEST(name_of(all[3].outcome) == "stored");
  expect_duplicate(all[4], 1, "done");
  BOOST_TEST(name_of(all[5].outcome) == "answered");
  BOOST_TEST(name_of(all[6].outcome) == "answered");
  BOOST_REQUIRE(all[6].found);
  BOOST_TEST(all[6].found->payload == "done");
  operations none;
  co_await a->apply(none);
}

inline task<void> as_many_operations_as_may_be(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all;
  for (std::uint64_t id = 1; id <= 2048; ++id) all.push_back(save(text(id, "x", {}, 8)));
  for (std::uint64_t id = 2049; id <= 4096; ++id)
    all.push_back(save_answered(one, text(id, "y", std::to_string(id)), std::to_string(id)));
  BOOST_TEST(all.size() == 4096);
  co_await a->apply(all);
  BOOST_TEST(std::ranges::count(all, outcome::stored, &operation::outcome) == 4096);
  auto const counts = co_await a->count();
  BOOST_TEST(counts.waiting == 2048u);
  BOOST_TEST(counts.answered == 2048u);
  auto const last = co_await payload_of(*a, 4096);
  BOOST_TEST(last == "4096");
}

inline task<void> race(store::storage& in, owner by, std::uint64_t first,
                       std::map<std::string, std::string>& answers, int& stored) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    auto const key = "k" + std::to_string(i);
    auto const one =
        co_await apply(in, save_answered(by, text(first + i, "x", key), std::to_string(first)));
    bool const is_mine = one.outcome == outcome::stored;
    stored += is_mine ? 1 : 0;
    BOOST_TEST(name_of(one.outcome) == (is_mine ? "stored" : "answered"));
    if (!is_mine) BOOST_REQUIRE(one.found);
    auto const said = is_mine ? std::to_string(first) : one.found->payload;
    auto const [at, is_new] = answers.emplace(key, said);
    BOOST_TEST(at->second == said); // everyone is told the same
  }
}

inline task<void> two_at_once_record_one_answer(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  std::map<std::string, std::string> answers;
  int stored = 0;
  std::vector<task<void>> all;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    all.push_back(race(*a, one, i * 1000, answers, stored));
    all.push_back(race(*b, one, i * 10'000, answers, stored));
  }
  co_await at_once(std::move(all));
  BOOST_TEST(stored == 50);
  BOOST_TEST(answers.size() == 50);
  auto const counts = co_await b->count();
  BOOST_TEST(counts.answered == 50u);
}

inline task<void> answered_messages_are_dropped_after_a_time(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all;
  for (std::uint64_t id = 1; id <= 5; ++id)
    all.push_back(save_answered(one, text(id, "x", std::to_string(id)), "old"));
  all.push_back(save(text(6, "x")));
  co_await store_all(*a, all);
  auto const young = co_await a->prune(always, 100);
  BOOST_TEST(young == 0u);
  co_await here.pass(here.brief());
  co_await store_one(*a, save_answered(one, text(7, "x", "7"), "young"));
  auto const first = co_await a->prune(here.brief(), 3);
  BOOST_TEST(first == 3u);
  auto const rest = co_await a->prune(here.brief(), 100);
  BOOST_TEST(rest == 2u);
  auto const counts = co_await a->count();
  BOOST_TEST(counts.waiting == 1u);
  BOOST_TEST(counts.answered == 1u);
  auto const gone = co_await payload_of(*a, 1);
  BOOST_TEST(gone == "no answer");
  auto const kept = co_await payload_of(*a, 7);
  BOOST_TEST(kept == "young");
  auto anew = text(8, "x", "1"); // the key is free again, for another payload too
  anew.payload_hash = 99;
  co_await store_one(*a, save(anew));
}

inline task<void> small_values_are_set_by_owners(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  store::shard_key const where{group, 7};
  auto found = co_await b->value("next");
  BOOST_TEST(!found.has_value());
  std::string const octets("\0 1970", 6);
  bool is_set = co_await a->set_value("next", octets, where, one.by());
  BOOST_TEST(is_set);
  found = co_await b->value("next");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(*found == octets);
  is_set = co_await b->set_value("next", "", where, one.by());
  BOOST_TEST(is_set);
  found = co_await a->value("next");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->empty());
  store::fence wrong = one.by();
  ++wrong.epoch;
  is_set = co_await a->set_value("next", "wrong", where, wrong);
  BOOST_TEST(!is_set);
  store::shard_key const elsewhere{group, 8};
  is_set = co_await a->set_value("other", "wrong", elsewhere, one.by());
  BOOST_TEST(!is_set);
  found = co_await a->value("next");
  BOOST_TEST((found == std::string()));
  found = co_await a->value("other");
  BOOST_TEST(!found.has_value());
}

} // namespace storage_conformance
