// The conformance suite in process.
#include <boost/test/unit_test.hpp>

#include <pando/app/detail/compose.hpp>
#include <pando/runtime/local_channel.hpp>

#include "support/conformance.hpp"

BOOST_AUTO_TEST_SUITE(local_calls)

BOOST_AUTO_TEST_CASE(conformance_in_process) {
  api::probe seen;
  api::signed_in guard;
  void* services[]{&seen, &guard};
  pando::detail::bound_erased self{&api::handlers, services};
  pando::served_routes routes;
  using adder = pando::detail::route_adder<std::remove_const_t<decltype(api::handlers)>,
                                           pando::meta::list<api::probe, api::signed_in>>;
  adder::add(routes, &self, pando::route_list<api::Api>{});
  std::vector<std::string> lines;
  pando::log events([&](pando::log_level, std::string_view line) { lines.emplace_back(line); });
  pando::door_context context{&events};
  boost::asio::io_context io(1);
  conformance::all(io, pando::client<api::Api>(pando::make_local_channel(routes, context)), seen,
                   guard, "in-process");
  BOOST_REQUIRE(lines.size() == 1u);
  BOOST_TEST(lines.front().find("api.broken") != std::string::npos);
  BOOST_TEST(lines.front().find("the secret of the app") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
