// What a handler knows of its instance: which it is, and where in the fleet.
#include <deque>
#include <set>
#include <string>
#include <string_view>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/shards.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

BOOST_AUTO_TEST_SUITE(addresses)

namespace {

struct Place {
  std::string kind;
  std::string id;
  std::string group;
  std::uint32_t shard;
  std::string runner;
};
struct Probe : pando::entity<"Probe", pando::rpc<"Where", Place()>, pando::shard_group<"outer">> {};

inline auto const probes =
    pando::implement<Probe>(pando::on<"Where"> = [](pando::entity_context& about) {
      auto const at = about.address();
      return Place{std::string(at.kind), std::string(at.id), std::string(at.group), at.shard,
                   std::string(about.runner())};
    });

} // namespace

BOOST_AUTO_TEST_CASE(an_instance_knows_its_shard_and_its_runner) {
  auto make = [] { return pando::app(probes).named("probe"); };
  pando::cluster::runner_options options;
  options.shards = 40;
  pando::testing::cluster<decltype(make)> fleet(2, make, options);
  std::set<std::string> runners;
  for (int i = 0; i < 20; ++i) {
    auto const id = "p" + std::to_string(i);
    Place const at = fleet.call<Probe, "Where">(id);
    BOOST_TEST(at.kind == "Probe");
    BOOST_TEST(at.id == id);
    BOOST_TEST(at.group == "outer");
    BOOST_TEST(at.shard == pando::cluster::shard_of("outer", id, 40));
    BOOST_TEST(fleet.runner(0).where(0, at.shard).is_here == (at.runner == "runner-0"));
    runners.insert(at.runner);
  }
  BOOST_TEST(runners == (std::set<std::string>{"runner-0", "runner-1"}));
}

BOOST_AUTO_TEST_CASE(without_a_fleet_it_is_this_process) {
  auto app = pando::app(probes).named("probe");
  boost::asio::io_context loop;
  Place at{};
  auto body = [&]() -> pando::task<void> {
    auto const probe = app.client<Probe>("a");
    at = co_await probe.call<"Where">();
  };
  boost::asio::co_spawn(loop, body, [](std::exception_ptr error) { BOOST_TEST(!error); });
  loop.run();
  BOOST_TEST(at.id == "a");
  BOOST_TEST(at.runner == "this process");
}

BOOST_AUTO_TEST_SUITE_END()
