// Runners on hosts of their own, with PostgreSQL on a third: cut from it, and cut from one another.
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/postgres.hpp>

#include "cluster/processes.hpp"
#include "cluster/tally.hpp"
#include "support/comes_true.hpp"
#include "support/network.hpp"
#include "support/postgres_server.hpp"
#include "support/skip.hpp"

#if PANDO_HAS_POSTGRES
BOOST_AUTO_TEST_SUITE(hosts)

using namespace fleet_of_processes;
using support::comes_true;

namespace {

/// Two runners, `a` and `b`, and the server, each on its host. Entities are in both.
struct scene {
  static constexpr int server_host = 0;
  static constexpr int host_a = 1;
  static constexpr int host_b = 2;

  /// Or it says why not.
  static bool can_be() {
    auto why = support::network::missing();
    if (support::postgres_programs().empty()) why = "no PostgreSQL server";
    if (!why.empty())
      support::skip(why);
    else if (!support::network::can_be_made())
      support::let_go(why = "the kernel makes no network namespaces with bridges here");
    return why.empty();
  }
  scene() {
    all.set({{"PANDO_CLUSTER_COOKIE", "a cookie of this test's own"}});
    a = on(host_a);
    b = on(host_b);
    BOOST_REQUIRE(comes_true([&] { return are_spread(all, b, {a.id(), b.id()}); }));
    of_a = ids_of(all, b, a.id());
    of_b = ids_of(all, b, b.id());
    BOOST_REQUIRE(!of_a.empty());
    BOOST_REQUIRE(!of_b.empty());
  }
  processes::one on(int host) {
    return all.start({"--runner", support::network::address(host) + ":7001"}, true,
                     support::network::on(host));
  }
  void goes_on(payments const& load, char const* when) const {
    auto const before = load.answered.load();
    BOOST_TEST(comes_true([&] { return load.answered > before + 64; }), when);
  }
  void ends_well(payments& load) {
    load.stop();
    for (auto const& sentence : load.failures) BOOST_TEST(sentence == "");
    says_the_same(all, b, load);
    for (auto* const one : {&a, &b}) {
      one->process->signal(SIGTERM);
      BOOST_TEST(one->process->wait(10s) == 0);
    }
  }

  support::network net{3};
  support::postgres_server server{"", support::network::on(server_host),
                                  support::network::address(server_host)};
  processes all{server.url()};
  processes::one a, b;
  std::vector<std::string> of_a, of_b;
};

} // namespace

/// Its leases end by its own clock, and with them its entities, which go on at the other; it comes
/// back by itself.
BOOST_AUTO_TEST_CASE(a_runner_is_cut_from_the_database) {
  if (!scene::can_be()) return;
  scene on;
  payments load(on.b.socket, 8);
  on.goes_on(load, "at first");
  on.net.cut(scene::host_a, scene::server_host);
  auto const cut_at = std::chrono::steady_clock::now();
  BOOST_TEST(comes_true([&] { return on.all.where(on.b, on.of_a.front()) == on.b.id(); }));
  auto const took = ms_since(cut_at);
  BOOST_TEST_MESSAGE("from the cut to the first answer elsewhere: " << took << " ms");
  BOOST_TEST(took <= 8000); // 3 s of a lease, and what a busy machine takes
  BOOST_TEST(comes_true([&] { return are_spread(on.all, on.b, {on.b.id()}); }));
  BOOST_TEST(on.a.process->writes("its leases have ended"), on.a.process->written());
  // By its own door it leads to the other, or says that it cannot; never to what it had.
  int const led_to = on.all.where(on.a, on.of_a.front());
  BOOST_TEST((led_to == on.b.id() || led_to == 0));
  on.goes_on(load, "while it is cut");
  on.net.mend(scene::host_a, scene::server_host);
  BOOST_TEST(comes_true([&] { return are_spread(on.all, on.b, {on.a.id(), on.b.id()}); }));
  on.goes_on(load, "after it was mended");
  on.ends_well(load);
}

/// Each keeps what it has. Persisted calls go by the database; volatile ones between the two fail
/// with a sentence, until they are together again.
BOOST_AUTO_TEST_CASE(a_runner_is_cut_from_its_peer) {
  if (!scene::can_be()) return;
  scene on;
  payments load(on.a.socket, 8);
  on.goes_on(load, "at first");
  on.net.cut(scene::host_a, scene::host_b);
  std::vector<std::string> failed;
  on.all.with(on.a, [&](pando::socket::link& link) -> pando::task<void> {
    auto const there = link.client<tally::Tally>(on.of_b.front()).within(4s);
    while (failed.size() < 2) {
      try {
        co_await there.call<"Where">();
        break;
      } catch (std::exception const& error) {
        failed.emplace_back(error.what());
      }
    }
  });
  BOOST_REQUIRE(failed.size() == 2U);
  BOOST_TEST_MESSAGE("a volatile call to the other side: " << failed[0] << "; then: " << failed[1]);
  on.goes_on(load, "while they are apart");
  BOOST_TEST(on.all.where(on.a, on.of_a.front()) == on.a.id());
  BOOST_TEST(on.all.where(on.b, on.of_b.front()) == on.b.id());
  BOOST_TEST(on.a.process->writes("warning no link to runner 10.77.0.3:7001: it does not answer"),
             on.a.process->written());
  on.net.mend(scene::host_a, scene::host_b);
  BOOST_TEST(comes_true([&] { return on.all.where(on.a, on.of_b.front()) == on.b.id(); }));
  BOOST_TEST(on.a.process->writes("there is a link to runner 10.77.0.3:7001 again"));
  on.goes_on(load, "when they are together again");
  on.ends_well(load);
}

BOOST_AUTO_TEST_SUITE_END()
#endif
