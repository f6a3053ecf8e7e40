// The suite of storages, sixth part: messages as whoever looks after one sees them.
#pragma once

#include <chrono>

#include <support/storage_actors.hpp>

namespace storage_conformance {

inline std::string name_of(store::message_state one) {
  static constexpr char const* names[] = {"unreadable", "failed", "taken", "waiting", "scheduled"};
  return names[static_cast<std::size_t>(one)];
}

/// "waiting 3, taken 1".
inline task<std::string> listed(store::storage& in, store::message_filter wanted) {
  auto const found = co_await in.list(wanted);
  std::string text;
  for (auto const& one : found.all) {
    if (!text.empty()) text += ", ";
    text += name_of(one.state) + " " + std::to_string(one.what.id);
    bool const has_failed = one.state == store::message_state::failed ||
                            one.state == store::message_state::unreadable;
    BOOST_TEST(one.end.empty() == !has_failed);
    BOOST_TEST(one.what.payload == "");
    BOOST_TEST(one.what.context == "");
    BOOST_TEST(!one.what.key);
  }
  if (found.is_more) text += " …";
  if (found.is_cut) text += " cut";
  co_return text;
}
inline store::message_filter only(store::message_state which, std::size_t most = 100) {
  store::message_filter made;
  made.state = which;
  made.most = most;
  return made;
}

inline task<void> messages_are_listed_by_how_they_stand(place& here) {
  using enum store::message_state;
  using kind = store::answer_kind;
  auto const a = co_await opened(here);
  auto const b = co_await opened(here);
  store::message_filter const any;
  auto const none = co_await listed(*a, any);
  BOOST_TEST(none == "");

  auto const one = co_await own(*a, "a:1");
  auto const first = co_await b->list(any);
  auto const now = first.now;
  auto const apart = here.now() - now;
  BOOST_TEST((apart > -std::chrono::seconds(20) && apart < std::chrono::seconds(20)));
  operations all;
  for (std::uint64_t id = 1; id <= 5; ++id) all.push_back(save(text(id, "x", std::to_string(id))));
  co_await store_all(*b, all);
  auto const mine = co_await take_ids(one);
  BOOST_TEST(mine.size() == 5u);
  co_await store_one(*a, answer(one, 1, "well"));
  co_await store_one(*a, answer(one, 2, "declared", kind::declared_error));
  co_await store_one(*a, answer(one, 3, "internal\n\nit fell", kind::failure));
  co_await here.pass(milliseconds(5));
  co_await store_one(*a, answer(one, 4, "internal\n\nunread", kind::unreadable));
  all.clear();
  auto later = text(20, "x");
  later.deliver_at = now + std::chrono::hours(2);
  auto sooner = text(21, "x");
  sooner.deliver_at = now + std::chrono::hours(1);
  auto due = text(8, "y");
  due.deliver_at = now - std::chrono::hours(1);
  for (auto& each : {later, sooner, due, text(9, "x"), text(7, "y", {}, 8)})
    all.push_back(save(each));
  co_await store_all(*b, all);

  auto const whole = co_await listed(*b, any);
  BOOST_TEST(whole == "unreadable 4, failed 3, taken 5, waiting 7, waiting 8, waiting 9, "
                      "scheduled 21, scheduled 20");
  auto const unread = co_await b->list(only(unreadable));
  BOOST_REQUIRE(unread.all.size() == 1);
  auto const& what = unread.all[0];
  BOOST_TEST(what.end == "internal\n\nunread");
  BOOST_TEST(what.what.group == group);
  BOOST_TEST(what.what.shard == 7u);
  BOOST_TEST(what.what.entity == "Counter");
  BOOST_TEST(what.what.instance == "x");
  BOOST_TEST(what.what.rpc == "Add");
  auto const next = co_await b->list(only(scheduled, 1));
  BOOST_REQUIRE(next.all.size() == 1);
  BOOST_TEST((next.all[0].what.deliver_at == sooner.deliver_at));
  BOOST_TEST(next.is_more);

  // What is put back, or comes to another owner, waits again.
  ids const put{5};
  co_await a->put_back(one.life.incarnation, put);
  auto const waits = co_await listed(*b, only(waiting));
  BOOST_TEST(waits == "waiting 5, waiting 7, waiting 8, waiting 9");
  auto const taken_now = co_await take_ids(one);
  BOOST_TEST(taken_now.size() == 3u);
  auto const took = co_await listed(*b, only(taken));
  BOOST_TEST(took == "taken 5, taken 8, taken 9");
  co_await a->release(one.life.incarnation, one.held());
  auto const other = co_await own(*b, "b:1");
  auto const again = co_await listed(*a, only(waiting));
  BOOST_TEST(again == "waiting 5, waiting 7, waiting 8, waiting 9");
}

inline task<void> listed_messages_are_those_that_fit(place& here) {
  using enum store::message_state;
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all;
  for (std::uint64_t id = 1; id <= 60; ++id) {
    auto made = text(id, id % 2 == 0 ? "even" : "odd", {}, static_cast<std::uint32_t>(id % 3));
    if (id > 50) made.entity = "Order";
    if (id == 60) made.rpc = "Hold";
    all.push_back(save(std::move(made)));
  }
  std::string const long_text(5'000, 'x');
  for (std::uint64_t id = 101; id <= 105; ++id) {
    all.push_back(save(text(id, "bad")));
    all.push_back(answer(one, id, long_text, store::answer_kind::failure));
  }
  co_await store_all(*a, all);
  auto wanted = only(waiting, 3);
  auto found = co_await listed(*a, wanted);
  BOOST_TEST(found == "waiting 1, waiting 2, waiting 3 …"); // the oldest of all shards
  wanted.entity = "Order";
  wanted.most = 10;
  wanted.no_rpc = "Hold";
  found = co_await listed(*a, wanted);
  BOOST_TEST(found == "waiting 51, waiting 52, waiting 53, waiting 54, waiting 55, waiting 56, "
                      "waiting 57, waiting 58, waiting 59");
  wanted.most = 9;
  found = co_await listed(*a, wanted);
  BOOST_TEST(found.ends_with("waiting 59"));
  wanted.instance = "odd";
  found = co_await listed(*a, wanted);
  BOOST_TEST(found == "waiting 51, waiting 53, waiting 55, waiting 57, waiting 59");
  wanted.entity = "order";
  found = co_await listed(*a, wanted);
  BOOST_TEST(found == "");
  wanted = only(failed, 2);
  auto const bad = co_await a->list(wanted);
  BOOST_TEST(bad.is_more);
  BOOST_REQUIRE(bad.all.size() == 2);
  BOOST_TEST(bad.all[0].end == long_text.substr(0, store::most_of_listed_answer));
  wanted.instance = "good";
  found = co_await listed(*a, wanted);
  BOOST_TEST(found == "");
  wanted.most = 0;
  wanted.instance = {};
  found = co_await listed(*a, wanted);
  BOOST_TEST(found == " …");
}

/// Of a message behind many others it is said that there may be one, where it is not found.
inline task<void> what_was_not_looked_at_is_said(place& here) {
  using enum store::message_state;
  constexpr std::uint32_t queues = 1'000;
  constexpr std::uint64_t depth = store::most_messages_looked_at / queues;
  auto const a = co_await opened(here);
  operations all;
  for (std::uint32_t shard = 1; shard < queues; ++shard)
    all.push_back(save(text(shard, "x", {}, shard)));
  for (std::uint64_t id = 2'000; id < 2'000 + depth; ++id) all.push_back(save(text(id, "x", {}, 0)));
  auto wanted = only(waiting);
  wanted.entity = "Order";
  co_await store_all(*a, all);
  auto const none = co_await listed(*a, wanted);
  BOOST_TEST(none == ""); // all were looked at
  auto rare = text(3'000, "x", {}, 0);
  rare.entity = "Order";
  auto later = text(3'001, "x", {}, 0);
  later.deliver_at = here.now() + std::chrono::hours(1);
  co_await store_one(*a, save(rare));
  co_await store_one(*a, save(later));
  auto const found = co_await listed(*a, wanted);
  BOOST_TEST((found == "waiting 3000" || found == " cut"), found);
  wanted.state = scheduled;
  wanted.entity = "Counter";
  auto const due = co_await listed(*a, wanted);
  BOOST_TEST(due == "scheduled 3001");
}

inline task<void> those_that_wait_are_counted_without_an_rpc(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  operations all;
  for (std::uint64_t id = 1; id <= 6; ++id) {
    auto made = text(id, "x");
    if (id % 3 == 0) made.rpc = "Hold";
    if (id == 5) made.deliver_at = here.now() + std::chrono::hours(1);
    all.push_back(save(std::move(made)));
  }
  for (std::uint64_t const id : {1, 3}) all.push_back(answer(one, id, "well"));
  co_await store_all(*a, all);
  auto const whole = co_await a->count();
  BOOST_TEST(whole.waiting == 4u);
  BOOST_TEST(whole.answered == 2u);
  auto const calls = co_await a->count("Hold");
  BOOST_TEST(calls.waiting == 3u);
  BOOST_TEST(calls.answered == 2u);
  auto const same = co_await a->count("hold");
  BOOST_TEST(same.waiting == 4u);
  BOOST_TEST(same.answered == 2u);
}

inline task<void> dropped_messages_are_not_listed(place& here) {
  auto const a = co_await opened(here);
  auto const one = co_await own(*a, "a:1");
  co_await store_one(*a, save(text(1, "x")));
  co_await store_one(*a, answer(one, 1, "no", store::answer_kind::unreadable));
  auto const all = only(store::message_state::unreadable);
  auto found = co_await listed(*a, all);
  BOOST_TEST(found == "unreadable 1");
  co_await here.pass(here.brief());
  auto const dropped = co_await a->prune(here.brief(), 10);
  BOOST_TEST(dropped == 1u);
  found = co_await listed(*a, all);
  BOOST_TEST(found == "");
}

} // namespace storage_conformance
