// What the suite of storages is written with: handles, owners of shards, messages, operations.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/one_shot.hpp>

#include <support/storage_place.hpp>

namespace storage_conformance {

using handle = std::unique_ptr<store::storage>;
using operation = store::message_operation;
using operations = std::vector<operation>;
using outcome = store::storage_outcome;
using ids = std::vector<std::uint64_t>;
using leases = std::vector<store::shard_lease>;
using keys = std::vector<store::shard_key>;

/// Longer than any test.
inline constexpr milliseconds always{600'000};
inline constexpr char const* group = "main";

inline std::string name_of(outcome one) {
  static constexpr char const* names[] = {"none",   "stored",  "duplicate", "conflict",
                                          "fenced", "unknown", "answered",  "refused"};
  return names[static_cast<std::size_t>(one)];
}

inline task<handle> opened(place& in) {
  auto made = in.handle();
  co_await made->open();
  co_return made;
}

/// A runner with one shard.
struct owner {
  store::storage* in = nullptr;
  store::enlistment life{};
  store::shard_lease lease{};

  store::fence by() const { return {life.incarnation, lease.epoch}; }
  leases held() const { return {lease}; }
};

inline task<store::enlistment> come(store::storage& in, std::string const& address,
                                    double weight = 1) {
  store::runner_entry const who{address, weight};
  co_return co_await in.enlist(who);
}

inline task<void> come_and_note(store::storage& in, int number, std::set<std::uint16_t>& machines) {
  auto const life = co_await come(in, "runner:" + std::to_string(number));
  machines.insert(life.machine);
}

inline task<leases> acquire(store::storage& in, std::uint64_t incarnation, std::uint32_t shard,
                            milliseconds ttl = always) {
  keys const wanted{{group, shard}};
  co_return co_await in.acquire(incarnation, wanted, ttl);
}

/// A runner comes and takes a shard, which must be free.
inline task<owner> own(store::storage& in, std::string const& address, std::uint32_t shard = 7,
                       milliseconds ttl = always) {
  owner made;
  made.in = &in;
  made.life = co_await come(in, address);
  auto const got = co_await acquire(in, made.life.incarnation, shard, ttl);
  BOOST_REQUIRE(got.size() == 1);
  made.lease = got[0];
  co_return made;
}

inline store::message text(std::uint64_t id, std::string const& instance,
                           std::optional<std::string> key = {}, std::uint32_t shard = 7) {
  store::message made;
  made.id = id;
  made.group = group;
  made.shard = shard;
  made.entity = "Counter";
  made.instance = instance;
  made.rpc = "Add";
  made.payload = "payload of " + std::to_string(id);
  made.context = "context";
  made.key = std::move(key);
  made.payload_hash = 17;
  return made;
}

inline operation save(store::message what, std::optional<store::fence> by = {}) {
  operation made;
  made.what_to_do = operation::action::save;
  made.what = std::move(what);
  made.by = by;
  return made;
}
inline operation answer(owner const& by, std::uint64_t id, std::string const& payload,
                        store::answer_kind kind = store::answer_kind::result) {
  operation made;
  made.what_to_do = operation::action::answer;
  made.what.group = by.lease.group;
  made.what.shard = by.lease.shard;
  made.end = {id, kind, payload};
  made.by = by.by();
  return made;
}
inline operation save_answered(owner const& by, store::message what, std::string const& payload) {
  operation made;
  made.what_to_do = operation::action::save_answered;
  made.what = std::move(what);
  made.end = {0, store::answer_kind::result, payload};
  made.by = by.by();
  return made;
}
inline operation interrupt(std::uint64_t id) {
  operation made;
  made.what_to_do = operation::action::interrupt;
  made.end.id = id;
  return made;
}

/// One operation by itself.
inline task<operation> apply(store::storage& in, operation one) {
  co_await in.apply(std::span(&one, 1));
  co_return one;
}
/// Each must be stored.
inline task<void> store_all(store::storage& in, operations all) {
  co_await in.apply(all);
  for (auto const& one : all) BOOST_TEST(name_of(one.outcome) == "stored");
}
inline task<void> store_one(store::storage& in, operation one) {
  co_await in.apply(std::span(&one, 1));
  BOOST_TEST(name_of(one.outcome) == "stored");
}

inline task<store::taken_messages> take(owner const& by, std::size_t most = 1000) {
  auto const held = by.held();
  co_return co_await by.in->take(by.life.incarnation, held, most);
}
inline ids ids_of(store::taken_messages const& all) {
  ids found;
  for (auto const& one : all.all) found.push_back(one.what.id);
  return found;
}
inline task<ids> take_ids(owner const& by, std::size_t most = 1000) {
  auto const all = co_await take(by, most);
  co_return ids_of(all);
}

/// The answer that a message has, by what any handle finds.
inline task<std::optional<store::answer>> answer_of(store::storage& in, std::uint64_t id) {
  ids const wanted{id};
  auto const found = co_await in.answers(wanted);
  BOOST_TEST(found.size() <= 1);
  if (found.empty()) co_return std::nullopt;
  BOOST_TEST(found[0].id == id);
  co_return found[0];
}
inline task<std::string> payload_of(store::storage& in, std::uint64_t id) {
  auto const found = co_await answer_of(in, id);
  co_return found ? found->payload : std::string("no answer");
}

/// The fault that awaiting it ends in, if it does.
template <class Result>
task<std::optional<store::storage_fault>> fault_of(task<Result> doing) {
  try {
    (void)co_await std::move(doing);
  } catch (store::storage_error const& said) {
    BOOST_TEST(std::string(said.what()).size() > 10);
    co_return said.fault();
  }
  co_return std::nullopt;
}

/// Runs all of them at once, and returns when they have ended; what one throws is thrown.
inline task<void> at_once(std::vector<task<void>> all) {
  auto const home = co_await boost::asio::this_coro::executor;
  pando::one_shot done(home);
  std::exception_ptr failed;
  auto left = all.size();
  for (auto& one : all)
    boost::asio::co_spawn(home, std::move(one), [&](std::exception_ptr error) {
      if (error) failed = error;
      if (--left == 0) done.fire();
    });
  if (left != 0) co_await done.wait();
  if (failed) std::rethrow_exception(failed);
}

/// Waits until something holds, 20 s at most.
template <class Predicate>
task<bool> comes_true(Predicate holds) {
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds() && std::chrono::steady_clock::now() < until) co_await pause(milliseconds(2));
  co_return holds();
}

} // namespace storage_conformance
