// The suite of storages, fourth part: what a handler writes together with its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <support/storage_actors.hpp>

namespace storage_conformance {

/// The operation with a value to be put.
inline operation putting(operation one, std::string const& name, std::string const& value) {
  one.with.values.emplace_back(name, value);
  return one;
}
inline operation executing(operation one, std::string text, std::vector<store::sql_value> values) {
  one.with.statements.push_back({std::move(text), std::move(values)});
  return one;
}
inline task<std::string> value_of(store::storage& in, std::string const& name) {
  auto const found = co_await in.value(name);
  co_return found.value_or("none");
}

inline task<void> writes_happen_with_the_answer(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x")));
  co_await store_one(*a, putting(answer(one, 1, "done"), "n", "first"));
  std::string found = co_await value_of(*a, "n");
  BOOST_TEST(found == "first");
  co_await store_one(*a, putting(save_answered(one, text(2, "x"), "two"), "n", "second"));
  found = co_await value_of(*a, "n");
  BOOST_TEST(found == "second");
  co_await store_one(*a, putting(save_answered(one, text(3, "x", "key"), "three"), "n", "third"));
  found = co_await value_of(*a, "n");
  BOOST_TEST(found == "third");
  auto const three = co_await payload_of(*a, 3);
  BOOST_TEST(three == "three");
}

/// Done again, as whoever does not know whether it happened does; by a stalled owner; of nothing.
inline task<void> writes_do_not_happen_without_their_answer(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  auto const first = putting(save_answered(one, text(1, "x"), "done"), "n", "first");
  co_await store_one(*a, first);
  auto again = putting(save_answered(one, text(1, "x"), "done"), "n", "again");
  again = co_await apply(*a, again);
  BOOST_TEST(name_of(again.outcome) == "answered");
  BOOST_REQUIRE(again.found);
  BOOST_TEST(again.found->payload == "done");
  auto ended = putting(answer(one, 1, "other"), "n", "other");
  ended = co_await apply(*a, ended);
  BOOST_TEST(name_of(ended.outcome) == "answered");
  auto stalled = putting(save_answered(one, text(2, "x"), "done"), "n", "stalled");
  ++stalled.by->epoch;
  stalled = co_await apply(*a, stalled);
  BOOST_TEST(name_of(stalled.outcome) == "fenced");
  co_await store_one(*a, save_answered(one, text(3, "x", "key"), "three"));
  auto conflict = text(4, "x", "key");
  conflict.payload_hash = 18;
  auto other = putting(save_answered(one, conflict, "four"), "n", "conflict");
  other = co_await apply(*a, other);
  BOOST_TEST(name_of(other.outcome) == "conflict");
  auto nothing = putting(answer(one, 99, "done"), "n", "nothing");
  nothing = co_await apply(*a, nothing);
  BOOST_TEST(name_of(nothing.outcome) == "unknown");
  auto const found = co_await value_of(*a, "n");
  BOOST_TEST(found == "first");
}

/// One that waits under the key takes the answer, and the writes with it.
inline task<void> writes_go_with_the_answer_of_a_key(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x", "key")));
  auto merged = putting(save_answered(one, text(2, "x", "key"), "done"), "n", "merged");
  merged = co_await apply(*a, merged);
  BOOST_TEST(name_of(merged.outcome) == "stored");
  BOOST_TEST(merged.found_id == 1u);
  auto const payload = co_await payload_of(*a, 1);
  BOOST_TEST(payload == "done");
  auto const found = co_await value_of(*a, "n");
  BOOST_TEST(found == "merged");
}

/// One that was saved before gets the answer, and the writes with it: of that id, also where it was
/// saved without the key.
inline task<void> writes_go_with_the_answer_of_an_id(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations const before{save(text(1, "x")), save(text(2, "x"), one.by()), save(text(3, "x")),
                          save(text(4, "x"))};
  co_await store_all(*a, before);
  operations all;
  all.push_back(putting(save_answered(one, text(1, "x"), "one"), "1", "one"));
  all.push_back(putting(save_answered(one, text(2, "x"), "two"), "2", "two"));
  all.push_back(putting(save_answered(one, text(3, "x", "key"), "three"), "3", "three"));
  all.push_back(putting(save_answered(one, text(4, "y"), "four"), "4", "four")); // another call
  co_await a->apply(all);
  for (std::size_t at = 0; at < 3; ++at) {
    BOOST_TEST(name_of(all[at].outcome) == "stored");
    BOOST_TEST(all[at].found_id == at + 1);
    auto const payload = co_await payload_of(*a, at + 1);
    auto const value = co_await value_of(*a, std::to_string(at + 1));
    BOOST_TEST(payload == all[at].end.payload);
    BOOST_TEST(value == payload);
  }
  BOOST_TEST(name_of(all[3].outcome) == "conflict");
  auto const value = co_await value_of(*a, "4");
  BOOST_TEST(value == "none");
  // Done again by whoever does not know.
  auto again = putting(save_answered(one, text(1, "x"), "other"), "1", "other");
  again = co_await apply(*a, again);
  BOOST_TEST(name_of(again.outcome) == "answered");
}

/// A statement that cannot be carried out is its own call's fault: nothing of that call is written,
/// and all of the others.
inline task<void> what_cannot_be_written_fails_alone(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(2, "x")));
  operations all;
  all.push_back(putting(save_answered(one, text(1, "x"), "one"), "one", "written"));
  auto failing = putting(answer(one, 2, "two"), "two", "written");
  failing = executing(failing, "INSERT INTO there_is_no_such_table VALUES ($1)", {std::int64_t{7}});
  all.push_back(failing);
  all.push_back(save_answered(one, text(3, "x"), "three"));
  auto stalled = executing(save_answered(one, text(4, "x"), "four"),
                           "INSERT INTO there_is_no_such_table VALUES (1)", {});
  ++stalled.by->epoch;
  all.push_back(stalled);
  co_await a->apply(all);
  BOOST_TEST(name_of(all[0].outcome) == "stored");
  BOOST_TEST(name_of(all[1].outcome) == "refused");
  BOOST_TEST(all[1].why.size() > 10);
  BOOST_TEST(name_of(all[2].outcome) == "stored");
  BOOST_TEST(name_of(all[3].outcome) == "fenced");
  auto found = co_await value_of(*a, "one");
  BOOST_TEST(found == "written");
  found = co_await value_of(*a, "two");
  BOOST_TEST(found == "none");
  auto payload = co_await payload_of(*a, 2);
  BOOST_TEST(payload == "no answer");
  co_await store_one(*a, answer(one, 2, "a defect", store::answer_kind::failure));
  payload = co_await payload_of(*a, 2);
  BOOST_TEST(payload == "a defect");
}

/// On engines of SQL, where the test has made a table notes(id, text, octets, number) with a
/// primary key: the rows that are there afterwards are 1 and 3.
inline task<void> statements_commit_with_the_answer(store::storage& in, owner one) {
  auto const insert = "INSERT INTO notes VALUES ($1, $2, $3, $4)";
  store::transaction all;
  std::optional<double> const number = 2.5;
  all.execute(insert, 1, "first", pando::bytes::of(std::string_view("\0\xff", 2)), number);
  auto first = save_answered(one, text(1, "x"), "one");
  first.with = all.told();
  co_await store_one(in, first);
  store::transaction twice; // the second statement fails, and takes the first with it
  twice.execute(insert, 2, nullptr, nullptr, nullptr);
  twice.execute(insert, 1, "again", nullptr, 1);
  auto second = save_answered(one, text(2, "x"), "two");
  second.with = twice.told();
  operations mixed{second, save_answered(one, text(3, "x"), "three")};
  store::transaction named; // what is bound by number, in any order
  named.execute("INSERT INTO notes (number, text, id) VALUES ($2, CAST($1 AS text), $3)", "third",
                std::optional<double>(), 3);
  mixed[1].with = named.told();
  co_await in.apply(mixed);
  BOOST_TEST(name_of(mixed[0].outcome) == "refused");
  BOOST_TEST(name_of(mixed[1].outcome) == "stored");
  auto const payload = co_await payload_of(in, 2);
  BOOST_TEST(payload == "no answer");
  // Done again by whoever does not know: the row is there already, and so is the answer.
  first = co_await apply(in, first);
  BOOST_TEST(name_of(first.outcome) == "answered");
  for (char const* const wrong : {"COMMIT", " begin", "(Rollback", "SET x = 1"})
    BOOST_CHECK_THROW(named.execute(wrong), std::invalid_argument);
  BOOST_CHECK_NO_THROW(named.execute("ending"));
}

/// Of each of those operations: it is refused alone, with a sentence. Others of the same call of
/// `apply`, and what is done at the same time, are stored.
inline task<void> these_fail_alone(store::storage& in, owner one,
                                   std::vector<std::string> const& texts) {
  std::uint64_t const first = 1;
  operations all;
  for (std::size_t at = 0; at < texts.size(); ++at) {
    auto const id = first + 2 * at;
    all.push_back(putting(save_answered(one, text(id, "x"), "fine"), std::to_string(id), "fine"));
    auto failing = putting(save_answered(one, text(id + 1, "x"), "bad"), "bad", "written");
    all.push_back(executing(failing, texts[at], {}));
  }
  auto const last = first + 2 * texts.size();
  all.push_back(save(text(last, "x")));
  operations beside{save(text(last + 1, "x")), interrupt(last + 1)};
  auto const ask = [](store::storage& to, operations& which) -> task<void> {
    co_await to.apply(which);
  };
  std::vector<task<void>> both;
  both.push_back(ask(in, beside));
  both.push_back(ask(in, all));
  auto together = at_once(std::move(both));
  co_await std::move(together);
  for (auto const& it : beside) BOOST_TEST(name_of(it.outcome) == "stored");
  for (std::size_t at = 0; at < texts.size(); ++at) {
    auto const fine = name_of(all[2 * at].outcome);
    BOOST_TEST_INFO(texts[at]);
    BOOST_TEST((fine == "stored" || fine == "answered"), fine); // by itself, before it went again
    BOOST_TEST_INFO(texts[at]);
    BOOST_TEST(name_of(all[2 * at + 1].outcome) == "refused");
    BOOST_TEST(all[2 * at + 1].why.size() > 10);
    auto const value = co_await value_of(in, std::to_string(first + 2 * at));
    BOOST_TEST(value == "fine");
    auto const payload = co_await payload_of(in, first + 2 * at + 1);
    BOOST_TEST(payload == "no answer");
  }
  BOOST_TEST(name_of(all.back().outcome) == "stored");
  auto const value = co_await value_of(in, "bad");
  BOOST_TEST(value == "none");
  leases const held = one.held();
  auto const taken = co_await in.take(one.life.incarnation, held, 10);
  BOOST_TEST(taken.all.size() == 2u);
}

} // namespace storage_conformance
