// What a process says of its fleet and its storage: who has come and gone, and what calls cannot do.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>
#include <pando/testing.hpp>

BOOST_AUTO_TEST_SUITE(troubles)

using namespace std::chrono_literals;

namespace {

struct Line {
  std::string text;
};
struct Book : pando::entity<"Book", pando::rpc<"Write", std::string(Line), pando::persisted>> {};

inline auto const books = pando::implement<Book>(
    pando::on<"Write"> = [](Line in) -> pando::task<std::string> { co_return in.text; });

struct maker {
  auto operator()() const { return pando::app(books).named("books"); }
};

/// Whose disk is full: what calls write fails, rounds go well.
struct full_disk final : pando::testing::storage_decorator {
  full_disk(std::unique_ptr<pando::store::storage> inner, bool const& now)
      : storage_decorator(std::move(inner)), is_full(now) {}
  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    if (is_full)
      throw pando::store::storage_error(pando::store::storage_fault::refused, "the disk is full");
    return storage_decorator::apply(all);
  }
  bool const& is_full;
};

template <class Cluster>
long lines(Cluster const& of, std::string const& text) {
  return std::count_if(of.lines().begin(), of.lines().end(), [&](std::string const& line) {
    return line.find(text) != std::string::npos;
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(who_joins_dies_and_leaves_is_logged_by_the_others) {
  pando::testing::cluster<maker> fleet(1, maker{});
  fleet.add_client();
  fleet.advance(2s);
  BOOST_TEST(lines(fleet, "runner-0 has joined") == 0); // it was there at the first look
  auto const second = fleet.add();
  fleet.advance(2s);
  auto const name = "runner-" + std::to_string(second);
  BOOST_TEST(lines(fleet, "runner " + name + " has joined") == 2); // a runner and a client
  fleet.stop(second);
  fleet.advance(2s);
  BOOST_TEST(lines(fleet, "runner " + name + " is gone") == 2);
  auto const third = fleet.add();
  fleet.advance(2s);
  fleet.kill(third);
  fleet.advance(6s);
  auto const dead = "runner runner-" + std::to_string(third);
  BOOST_TEST(lines(fleet, dead + " is silent, and so dead or cut off") == 2);
  fleet.advance(70s);
  BOOST_TEST(lines(fleet, dead + " is silent") == 2);
  BOOST_TEST(lines(fleet, dead + " is gone") == 2);
  // A storage that was away is no reason to take the others for dead: nobody could give a sign.
  fleet.add();
  fleet.advance(2s);
  auto const before = lines(fleet, " silent");
  for (std::size_t i = 0; i < fleet.size(); ++i)
    if (i != second && i != third) fleet.take_storage_away(i);
  fleet.advance(20s);
  for (std::size_t i = 0; i < fleet.size(); ++i)
    if (i != second && i != third) fleet.take_storage_away(i, false);
  fleet.advance(5s);
  BOOST_TEST(lines(fleet, " silent") == before);
}

BOOST_AUTO_TEST_CASE(many_that_join_or_leave_at_once_are_one_line) {
  pando::testing::cluster<maker> fleet(1, maker{});
  std::vector<std::size_t> others;
  for (int i = 0; i < 11; ++i) others.push_back(fleet.add());
  fleet.advance(3s);
  auto const before = lines(fleet, "silent");
  BOOST_TEST(before == 0);
  for (auto const one : others) fleet.kill(one);
  fleet.advance(10s);
  BOOST_TEST(lines(fleet, "silent") <= 3);
  BOOST_TEST(lines(fleet, " more are silent") == 1);
}

BOOST_AUTO_TEST_CASE(calls_that_cannot_write_are_trouble_of_the_storage_though_rounds_go_well) {
  bool is_full = false;
  auto const wrap = [&](std::size_t, std::unique_ptr<pando::store::storage> inner,
                        pando::lease::time_source const&) {
    return std::make_unique<full_disk>(std::move(inner), is_full);
  };
  pando::testing::cluster<maker> fleet(1, maker{}, {}, wrap);
  auto const client = fleet.add_client();
  auto const book = fleet.client_of<Book>("main", client);
  int failed = 0;
  auto const write = [&]() -> pando::task<void> {
    try {
      Line const in{"a"};
      (void)co_await book.call<"Write">(in);
    } catch (pando::runner_unavailable const&) {
      ++failed;
    }
  };
  fleet.run(write);
  auto& at = fleet.runner(client);
  BOOST_TEST(failed == 0);
  BOOST_TEST(at.stands().trouble == "");
  is_full = true;
  for (int i = 0; i < 10; ++i) {
    fleet.run(write);
    fleet.advance(1s);
  }
  BOOST_TEST(failed == 10);
  BOOST_TEST(at.stands().trouble == "calls cannot write: the disk is full");
  BOOST_TEST((at.stands().in_trouble >= 9s));
  BOOST_TEST(at.why_not_ready().find("the storage has taken nothing that calls write for ") == 0U);
  BOOST_TEST(lines(fleet, "calls cannot write: the disk is full") == 1);
  BOOST_TEST(lines(fleet, "answers again") == 0);
  // One that can ends it.
  is_full = false;
  fleet.run(write);
  BOOST_TEST(at.stands().trouble == "");
  BOOST_TEST(at.why_not_ready() == "");
  BOOST_TEST(lines(fleet, "calls are written again") == 1);
  // And so does that none is tried: it would be not ready for ever.
  is_full = true;
  fleet.run(write);
  BOOST_TEST(at.why_not_ready() == ""); // one alone may be to blame itself
  fleet.advance(29s);
  BOOST_TEST(at.stands().trouble != "");
  fleet.advance(3s);
  BOOST_TEST(at.stands().trouble == "");
  is_full = false;
}

BOOST_AUTO_TEST_SUITE_END()
