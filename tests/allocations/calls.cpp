// A call of fixed-size fields, decoded, dispatched and answered, takes nothing from the heap once
// the program is warm: over HTTP and in process. Over the socket: socket.cpp.
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdint>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/contract.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/implement.hpp>
#include <pando/runtime/local_channel.hpp>
#include <pando/runtime/metrics.hpp>

#include "support/served_door.hpp"

#include "counter.hpp"
#include "orders.hpp"

namespace {

using namespace orders;
using orders_routes = served_implementation<std::remove_const_t<decltype(handlers)>>;

/// As an app does.
void count_calls(pando::served_routes& routes, pando::metrics& by) {
  for (auto& route : routes.to_count()) route.counts = by.calls().add(route.row->full_name);
}

/// What one request takes from the heap.
double heap_of_a_request(served_door& door, std::string const& request, std::string_view end) {
  auto const connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(door.port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(connection, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  auto const taken = heap_of_a_call(connection, request, end);
  ::close(connection);
  return taken;
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocations_of_calls)

BOOST_AUTO_TEST_CASE(the_counter_counts) {
  BOOST_TEST(allocations::during([] { delete new int(1); }) == 1U);
  BOOST_TEST(allocations::during([] {}) == 0U);
}

BOOST_AUTO_TEST_CASE(over_http) {
  orders_routes served(handlers);
  pando::metrics metrics;
  count_calls(served.routes, metrics);
  served_door door(served.routes);
  auto const one = [&](std::string const& request, std::string_view end) {
    return heap_of_a_request(door, request, end);
  };
  BOOST_TEST(one(raw_http::get("/orders/77"), R"({"id":77,"price":0.25})") == 0.0);
  BOOST_TEST(one(raw_http::get("/orders/77/pages?page=5"), R"({"id":77,"price":5})") == 0.0);
  BOOST_TEST(one(raw_http::post("/orders", an_order), an_order) == 0.0);
  BOOST_TEST(one(raw_http::post("/orders/8", R"({"price":0.125})", {}, "PUT"),
                 R"({"id":8,"price":0.125})") == 0.0);
  BOOST_TEST(one(raw_http::get("/orders/1", {}, "DELETE"), "\r\n\r\n") == 0.0);
  BOOST_TEST(one(raw_http::get("/orders/later/5"), R"({"id":5,"price":0.5})") == 0.0);
}

BOOST_AUTO_TEST_CASE(in_process) {
  orders_routes served(handlers);
  pando::metrics metrics;
  count_calls(served.routes, metrics);
  pando::log const events([](pando::log_level, std::string_view) {});
  pando::door_context const context{&events};
  run([&]() -> pando::task<void> {
    pando::client<Orders> client(pando::make_local_channel(served.routes, context));
    order in{};
    in.count = 2;
    double sum = 0;
    std::size_t plain = 0;
    std::size_t later = 0;
    for (int i = 0; i < 1100; ++i) {
      allocations::count = 0;
      allocations::counting = i >= 100;
      level price = co_await client.call<"price">(i);
      order placed = co_await client.call<"place">(in);
      allocations::counting = false;
      plain += allocations::count;
      sum += price.price + placed.count.get();
      allocations::count = 0;
      allocations::counting = i >= 100;
      level also = co_await client.call<"later">(i);
      allocations::counting = false;
      later += allocations::count;
      sum += also.price;
    }
    BOOST_TEST(sum == 1100 * 2.75);
    BOOST_TEST(plain == 0U);
    BOOST_TEST(later == 0U);
  });
  auto const counted = metrics.value(
      R"(pando_calls_total{route="orders.price",transport="in-process",outcome="ok"})");
  BOOST_TEST(counted.value_or(0) == 1100);
}

BOOST_AUTO_TEST_SUITE_END()
