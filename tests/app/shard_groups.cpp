// Entities of two groups over two apps: each lists every shard of both, with the owner it has.
#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/inspection.hpp>
#include <pando/pando.hpp>
#include <pando/sqlite.hpp>

#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(shard_groups)

#if PANDO_HAS_SQLITE
namespace {

struct Lamp : pando::entity<"Lamp", pando::rpc<"Touch", int()>> {};
struct Room : pando::entity<"Room", pando::rpc<"Enter", int()>, pando::shard_group<"rooms">> {};

inline auto const lamps = pando::implement<Lamp>(
    pando::state<int>, pando::on<"Touch"> = [](int& count) { return ++count; });
inline auto const rooms = pando::implement<Room>(
    pando::state<int>, pando::on<"Enter"> = [](int& count) { return ++count; });

using shards_by_place = std::map<std::pair<std::string, std::uint64_t>, pando::cluster::shard_info>;

pando::task<shards_by_place> shards_of(pando::client<pando::cluster::inspection> at) {
  pando::cluster::shard_filter const any;
  std::vector<pando::cluster::shard_info> const all = co_await at.call<"shards">(any);
  shards_by_place found;
  for (auto const& one : all) found[{one.group, one.shard}] = one;
  BOOST_TEST(found.size() == all.size()); // each once
  co_return found;
}

pando::task<std::vector<std::uint64_t>> shares_of(pando::client<pando::cluster::inspection> at) {
  std::vector<pando::cluster::runner_info> const all = co_await at.call<"runners">();
  std::vector<std::uint64_t> found;
  for (auto const& one : all) found.push_back(one.shards);
  co_return found;
}

} // namespace

BOOST_AUTO_TEST_CASE(each_lists_all_shards_of_all_groups) {
  support::scratch_folder folder;
  auto const store = folder.path() + "/groups.db";
  boost::asio::io_context loop;
  auto first = pando::app(lamps, rooms).named("groups");
  auto second = pando::app(lamps, rooms).named("groups");
  auto body = [&]() -> pando::task<void> {
    auto const serve = [&](auto& app, std::string const& name) -> pando::task<void> {
      auto const place = folder.path() + "/" + name;
      pando::serve_options options;
      options.store = store;
      options.socket_path = place;
      options.shards = 40;
      co_await app.serve(options);
    };
    co_await serve(first, "a");
    co_await serve(second, "b");
    auto const home = co_await boost::asio::this_coro::executor;
    auto to_first = co_await pando::connect(home, first.socket_path());
    auto to_second = co_await pando::connect(home, second.socket_path());
    auto const a = to_first.client<pando::cluster::inspection>();
    auto const b = to_second.client<pando::cluster::inspection>();
    boost::asio::steady_timer timer(home);
    shards_by_place at_a;
    shards_by_place at_b;
    for (bool is_shared = false; !is_shared;) { // both see that all shards are somebody's
      timer.expires_after(std::chrono::milliseconds(10));
      co_await timer.async_wait(boost::asio::use_awaitable);
      at_a = co_await shards_of(a);
      at_b = co_await shards_of(b);
      is_shared = at_a.size() == at_b.size();
      int here = 0;
      for (auto const& [place, one] : at_a) {
        auto const& other = at_b[place];
        here += one.state == "here";
        is_shared = is_shared && one.owner && other.owner && one.owner == other.owner;
      }
      is_shared = is_shared && here > 20 && here < 60;
    }
    BOOST_TEST(at_a.size() == 80U);
    int here = 0;
    for (auto const& [place, one] : at_a) {
      auto const& other = at_b[place];
      BOOST_TEST((one.state == "here") == (other.state == "elsewhere"));
      BOOST_TEST((one.state == "elsewhere") == (other.state == "here"));
      BOOST_TEST(one.epoch != 0);
      BOOST_TEST(one.epoch == other.epoch);
      here += one.state == "here";
    }
    auto const shares = co_await shares_of(a);
    auto const mine = static_cast<std::uint64_t>(here);
    BOOST_TEST((shares == std::vector<std::uint64_t>{mine, 80 - mine}));
    pando::cluster::shard_filter which;
    which.group = "rooms";
    std::vector<pando::cluster::shard_info> const of_rooms = co_await a.call<"shards">(which);
    BOOST_TEST(of_rooms.size() == 40U);
    for (std::size_t i = 0; i < of_rooms.size(); ++i) BOOST_TEST(of_rooms[i].shard == i);
    co_await to_first.close();
    co_await to_second.close();
    co_await second.stop();
    co_await first.stop();
  };
  auto done = boost::asio::co_spawn(loop, body, boost::asio::use_future);
  loop.run_for(std::chrono::seconds(60));
  BOOST_REQUIRE((done.wait_for(std::chrono::seconds(0)) == std::future_status::ready));
  done.get();
}
#endif

BOOST_AUTO_TEST_SUITE_END()
