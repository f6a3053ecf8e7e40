// The suite of storages: chunks of messages, stored, read, acknowledged.
#pragma once

#include <support/storage_actors.hpp>
#include <support/storage_taking.hpp>

namespace storage_conformance {

using places = std::vector<store::chunk_place>;

inline operation chunk_of(owner const& by, std::uint64_t id, std::uint64_t sequence,
                          std::string payload) {
  operation made;
  made.what_to_do = operation::action::store_chunk;
  made.what.group = by.lease.group;
  made.what.shard = by.lease.shard;
  made.part = {id, sequence, (sequence + 1) * 10, std::move(payload)};
  made.by = by.by();
  return made;
}
inline operation acknowledge(std::uint64_t id, std::uint64_t before) {
  operation made;
  made.what_to_do = operation::action::acknowledge;
  made.part.id = id;
  made.part.sequence = before;
  return made;
}

/// As `sequence:payload`, one behind the other.
inline task<std::string> chunks_in(store::storage& in, std::uint64_t id, std::uint64_t from = 0,
                                   std::size_t most = 100) {
  places const wanted{{id, from}};
  auto const all = co_await in.chunks(wanted, most);
  std::string text;
  for (auto const& one : all) {
    BOOST_TEST(one.id == id);
    BOOST_TEST(one.items == (one.sequence + 1) * 10);
    text += std::to_string(one.sequence) + ":" + one.payload + " ";
  }
  co_return text;
}
/// -1: it has no chunks.
inline task<std::int64_t> acknowledged_in(store::storage& in, std::uint64_t id) {
  ids const wanted{id};
  auto const all = co_await in.acknowledged(wanted);
  if (all.empty()) co_return -1;
  BOOST_TEST(all.size() == 1);
  BOOST_TEST(all[0].id == id);
  co_return static_cast<std::int64_t>(all[0].sequence);
}

inline task<void> chunks_are_kept_in_their_order(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all{save(text(1, "x")), save(text(2, "x")), save(text(3, "x"))};
  co_await store_all(*a, all);
  std::string const octets("a\0b\xff\n", 5);
  for (std::uint64_t at = 0; at < 3; ++at) {
    operations some{chunk_of(one, 1, at, "one"), chunk_of(one, 2, at, octets)};
    co_await store_all(*a, some);
  }
  auto found = co_await chunks_in(*b, 1);
  BOOST_TEST(found == "0:one 1:one 2:one ");
  found = co_await chunks_in(*b, 1, 1);
  BOOST_TEST(found == "1:one 2:one ");
  found = co_await chunks_in(*b, 1, 1, 1);
  BOOST_TEST(found == "1:one ");
  found = co_await chunks_in(*b, 1, 3);
  BOOST_TEST(found == "");
  found = co_await chunks_in(*b, 99);
  BOOST_TEST(found == "");
  places const both{{2, 2}, {3, 0}, {1, 0}, {99, 0}};
  auto const each = co_await b->chunks(both, 2);
  BOOST_REQUIRE(each.size() == 3); // `most` is of each
  std::size_t of_two = 0;
  for (auto const& got : each)
    if (got.id == 2) {
      ++of_two;
      BOOST_TEST(got.sequence == 2U);
      BOOST_TEST(got.payload == octets);
    }
  BOOST_TEST(of_two == 1U);
  auto const none = co_await acknowledged_in(*b, 3);
  BOOST_TEST(none == -1);
  auto const from = co_await acknowledged_in(*b, 1);
  BOOST_TEST(from == 0);
}

inline task<void> a_chunk_is_stored_once(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x")));
  auto const early = co_await apply(*a, chunk_of(one, 1, 1, "second"));
  BOOST_TEST(name_of(early.outcome) == "conflict");
  co_await store_one(*a, chunk_of(one, 1, 0, "first"));
  co_await store_one(*a, chunk_of(one, 1, 0, "again")); // as after a lost connection
  co_await store_one(*a, chunk_of(one, 1, 1, "second"));
  co_await store_one(*a, chunk_of(one, 1, 0, "late"));
  auto const gap = co_await apply(*a, chunk_of(one, 1, 3, "fourth"));
  BOOST_TEST(name_of(gap.outcome) == "conflict");
  auto const found = co_await chunks_in(*a, 1);
  BOOST_TEST(found == "0:first 1:second ");
  auto const nowhere = co_await apply(*a, chunk_of(one, 99, 0, "lost"));
  BOOST_TEST(name_of(nowhere.outcome) == "unknown");
  std::string const large(300'000, 'l');
  co_await store_one(*a, chunk_of(one, 1, 2, large));
  auto const whole = co_await chunks_in(*a, 1, 2);
  BOOST_TEST((whole == "2:" + large + " "));
}

inline task<void> chunks_are_their_owners(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const before = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x")));
  co_await store_one(*a, save(text(2, "x", {}, 8)));
  co_await store_one(*a, chunk_of(before, 1, 0, "of a"));
  auto no_fence = chunk_of(before, 1, 1, "of nobody");
  no_fence.by.reset();
  auto const refused = co_await apply(*a, no_fence);
  BOOST_TEST(name_of(refused.outcome) == "fenced");
  auto const elsewhere = co_await apply(*a, chunk_of(before, 2, 0, "of another shard"));
  BOOST_TEST(name_of(elsewhere.outcome) == "unknown");
  auto const held = before.held();
  co_await a->release(before.life.incarnation, held);
  auto const after = co_await own(*b, "b:1");
  auto const late = co_await apply(*a, chunk_of(before, 1, 1, "of a"));
  BOOST_TEST(name_of(late.outcome) == "fenced");
  // Who is not the owner does not learn either that one is there.
  auto const again = co_await apply(*a, chunk_of(before, 1, 0, "of a"));
  BOOST_TEST(name_of(again.outcome) == "fenced");
  co_await store_one(*b, chunk_of(after, 1, 1, "of b"));
  auto const found = co_await chunks_in(*a, 1);
  BOOST_TEST(found == "0:of a 1:of b ");
  co_await store_one(*b, answer(after, 1, "2"));
  auto const over = co_await apply(*b, chunk_of(after, 1, 2, "too late"));
  BOOST_TEST(name_of(over.outcome) == "answered");
  BOOST_TEST(over.found_id == 1U);
  BOOST_REQUIRE(over.found);
  BOOST_TEST(over.found->payload == "2");
}

inline task<void> acknowledged_chunks_are_dropped_but_for_the_last(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x")));
  co_await store_one(*b, acknowledge(1, 0)); // nothing
  for (std::uint64_t at = 0; at < 4; ++at)
    co_await store_one(*a, chunk_of(one, 1, at, std::to_string(at)));
  co_await store_one(*b, acknowledge(1, 2));
  auto found = co_await chunks_in(*a, 1);
  BOOST_TEST(found == "2:2 3:3 ");
  auto next = co_await acknowledged_in(*a, 1);
  BOOST_TEST(next == 2);
  co_await store_one(*b, acknowledge(1, 1)); // a late one
  next = co_await acknowledged_in(*a, 1);
  BOOST_TEST(next == 2);
  co_await store_one(*b, acknowledge(1, 4));
  co_await store_one(*b, acknowledge(1, 4));
  found = co_await chunks_in(*a, 1);
  BOOST_TEST(found == "3:3 ");
  next = co_await acknowledged_in(*a, 1);
  BOOST_TEST(next == 4);
  co_await store_one(*a, chunk_of(one, 1, 4, "4")); // its number goes on
  next = co_await acknowledged_in(*a, 1);
  BOOST_TEST(next == 4);
  found = co_await chunks_in(*b, 1, 4);
  BOOST_TEST(found == "4:4 ");
  co_await store_one(*b, acknowledge(1, 99)); // of those that there are
  next = co_await acknowledged_in(*a, 1);
  BOOST_TEST(next == 5);
  found = co_await chunks_in(*a, 1);
  BOOST_TEST(found == "4:4 ");
  auto const nowhere = co_await apply(*b, acknowledge(99, 1));
  BOOST_TEST(name_of(nowhere.outcome) == "unknown");
}

inline task<void> acknowledgements_are_counted(place& here) {
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  ids const wanted{1};
  co_await store_one(*a, save(text(1, "x")));
  co_await store_one(*a, chunk_of(one, 1, 0, "0"));
  co_await store_one(*a, chunk_of(one, 1, 1, "1"));
  auto said = co_await b->acknowledged(wanted);
  BOOST_REQUIRE(said.size() == 1U);
  auto const before = said[0].times;
  co_await store_one(*b, acknowledge(1, 0)); // whoever reads has nothing whole, and is there
  co_await store_one(*b, acknowledge(1, 0));
  said = co_await a->acknowledged(wanted);
  BOOST_REQUIRE(said.size() == 1U);
  BOOST_TEST(said[0].sequence == 0U);
  BOOST_TEST(said[0].times == before + 2);
  co_await store_one(*b, acknowledge(1, 1));
  said = co_await a->acknowledged(wanted);
  BOOST_REQUIRE(said.size() == 1U);
  BOOST_TEST(said[0].sequence == 1U);
  BOOST_TEST(said[0].times == before + 3);
}

inline task<void> chunks_go_with_their_message(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all{save(text(1, "x")), save(text(2, "x"))};
  co_await store_all(*a, all);
  co_await store_one(*a, chunk_of(one, 1, 0, "one"));
  co_await store_one(*a, chunk_of(one, 2, 0, "two"));
  co_await store_one(*a, answer(one, 1, "1"));
  auto found = co_await chunks_in(*a, 1); // for who has not read it yet
  BOOST_TEST(found == "0:one ");
  co_await store_one(*a, acknowledge(1, 1));
  co_await here.pass(here.brief());
  auto const dropped = co_await a->prune(here.brief() / 2, 100);
  BOOST_TEST(dropped == 1U);
  found = co_await chunks_in(*a, 1);
  BOOST_TEST(found == "");
  found = co_await chunks_in(*a, 2);
  BOOST_TEST(found == "0:two ");
}

inline task<void> operations_on_chunks_are_done_in_their_order(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all{save(text(1, "x")),        chunk_of(one, 1, 0, "0"),
                 chunk_of(one, 1, 1, "1"),  acknowledge(1, 1),
                 save(text(2, "x", "key")), chunk_of(one, 2, 0, "of a key"),
                 chunk_of(one, 1, 2, "2"),  answer(one, 1, "3")};
  co_await store_all(*a, all);
  auto found = co_await chunks_in(*a, 1);
  BOOST_TEST(found == "1:1 2:2 ");
  found = co_await chunks_in(*a, 2);
  BOOST_TEST(found == "0:of a key ");
  // What ends a message comes before what would go on with it.
  operations late{save_answered(one, text(3, "x", "key"), "end"), chunk_of(one, 2, 1, "late")};
  co_await a->apply(late);
  BOOST_TEST(name_of(late[0].outcome) == "stored");
  BOOST_TEST(name_of(late[1].outcome) == "answered");
}

inline task<void> others_are_told_of_chunks(place& here) {
  heard told;
  auto const a = co_await opened(here);
  auto const b = here.handle();
  b->on_wake(told.listener());
  co_await b->open();
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x")));
  co_await store_one(*a, chunk_of(one, 1, 0, "0"));
  bool is_told = co_await told.hears(store::wake::chunks);
  BOOST_TEST(is_told);
  co_await pause(milliseconds(60)); // late ones of what was before
  told.all.clear();
  co_await store_one(*a, acknowledge(1, 1));
  is_told = co_await told.hears(store::wake::chunks);
  BOOST_TEST(is_told);
}

} // namespace storage_conformance
