// A call of fixed-size fields over the Unix socket takes nothing from the app's heap once it is
// warm, in both protocols; and what it takes from a typed client's.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>

#include <pando/schema/binary.hpp>
#include <pando/schema/shape.hpp>
#include <pando/schema/wire.hpp>
#include <pando/socket/link.hpp>

#include "socket/things.hpp"
#include "support/raw_frames.hpp"
#include "support/served_socket.hpp"

#include "counter.hpp"
#include "orders.hpp"

namespace {

using namespace orders;
using pando::frames::kind;
using raw_frames::made;

template <class Value>
std::string packed(Value const& value) {
  return raw_frames::bytes_of([&](pando::buffer& out) { pando::binary::encode(value, out); });
}

struct orders_socket {
  support::routes_of<std::remove_const_t<decltype(handlers)>> served{handlers};
  support::served_socket door{served.routes};
};

/// Their places in the contract.
enum route : std::uint16_t { place, price, pages, change, drop, later };

order an_order_of_two() {
  order in{};
  in.count = 2;
  return in;
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocations_over_the_socket)

BOOST_AUTO_TEST_CASE(of_the_app_in_frames) {
  orders_socket it;
  things::raw_client client(it.door.path());
  raw_frames::greet(client);
  std::string hash(8, '\0');
  pando::wire::store(hash.data(), pando::binary::fingerprint(pando::contract_table<Orders>));
  client.send(made(kind::open, 0, raw_frames::text("orders") + hash));
  BOOST_REQUIRE((raw_frames::next(client).head.what == kind::opened));
  auto const heap_of = [&](route which, std::string const& request, std::string const& answer) {
    return heap_of_a_call(client.handle(), made(kind::call, 5, request, 0, which),
                          made(kind::answer, 5, answer));
  };
  auto const in = packed(an_order_of_two());
  BOOST_TEST(heap_of(price, packed(order_id{7}), packed(level{7, 0.25})) == 0.0);
  BOOST_TEST(heap_of(place, in, in) == 0.0);
  BOOST_TEST(heap_of(drop, packed(order_id{7}), "") == 0.0);
  BOOST_TEST(heap_of(later, packed(order_id{7}), packed(level{7, 0.5})) == 0.0);
  auto const in_time = made(kind::call, 5, raw_frames::number(60'000'000) + packed(order_id{7}),
                            pando::frames::has_deadline, price);
  BOOST_TEST(heap_of_a_call(client.handle(), in_time, packed(level{7, 0.25})) == 0.0);
  BOOST_TEST(heap_of_a_call(client.handle(), raw_frames::invoke(5, "orders.place", an_order),
                            made(kind::answer, 5, an_order)) == 0.0);
}

BOOST_AUTO_TEST_CASE(of_the_app_in_json_rpc) {
  orders_socket it;
  things::raw_client client(it.door.path());
  auto const heap_of = [&](std::string const& method, std::string_view params,
                           std::string_view result, std::string const& terms = {}) {
    return heap_of_a_call(client.handle(),
                          R"({"jsonrpc":"2.0","id":1,"method":"orders.)" + method + "\"" + terms +
                              ",\"params\":" + std::string(params) + "}\n",
                          R"({"jsonrpc":"2.0","id":1,"result":)" + std::string(result) + "}\n");
  };
  BOOST_TEST(heap_of("price", R"({"id":7})", R"({"id":7,"price":0.25})") == 0.0);
  BOOST_TEST(heap_of("place", an_order, an_order) == 0.0);
  BOOST_TEST(heap_of("drop", R"({"id":7})", "null") == 0.0);
  BOOST_TEST(heap_of("later", R"({"id":7})", R"({"id":7,"price":0.5})") == 0.0);
  BOOST_TEST(heap_of("price", R"({"id":7})", R"({"id":7,"price":0.25})",
                     R"(,"door":"json-rpc","timeout_ms":60000)") == 0.0);
  // What does take something is seen: a sentence is made for who asks for what is not there.
  BOOST_TEST(heap_of_a_call(client.handle(),
                            R"({"jsonrpc":"2.0","id":1,"method":"orders.none"})" "\n",
                            R"("data":{"failure":"no_such_route"}}})" "\n") > 0.0);
}

BOOST_AUTO_TEST_CASE(of_the_app_and_a_typed_client) {
  orders_socket it;
  auto const path = it.door.path();
  run([&]() -> pando::task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto link = co_await pando::connect(home, path);
    auto api = link.client<Orders>();
    order const in = an_order_of_two();
    double sum = 0;
    std::size_t plain = 0;
    std::size_t hurried = 0;
    auto within = api.within(std::chrono::seconds(60));
    for (int i = 0; i < 1100; ++i) {
      allocations::count = 0;
      allocations::counting = i >= 100;
      level price = co_await api.call<"price">(i);
      order placed = co_await api.call<"place">(in);
      allocations::counting = false;
      plain += allocations::count;
      sum += price.price + placed.count.get();
      allocations::count = 0;
      allocations::counting = i >= 100;
      level soon = co_await within.call<"price">(i);
      allocations::counting = false;
      hurried += allocations::count;
      sum += soon.price;
    }
    BOOST_TEST(sum == 1100 * 2.5);
    BOOST_TEST(plain == 0U);
    BOOST_TEST(hurried == 0U);
    co_await link.close();
  });
}

BOOST_AUTO_TEST_SUITE_END()
