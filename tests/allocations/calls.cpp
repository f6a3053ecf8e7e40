// A call of fixed-size fields, decoded, dispatched and answered, takes nothing from the heap once
// the program is warm: over HTTP and in process.
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

#include "support/served_door.hpp"

#include "counter.hpp"

namespace {

enum class side { buy, sell };
struct order {
  std::int64_t id;
  double price;
  bool is_open;
  side what;
  std::array<std::int32_t, 4> parts;
  std::chrono::milliseconds within;
  pando::uuid account;
  std::optional<std::uint8_t> tries;
  pando::defaulted<int, 3> level;
  pando::checked<int, pando::is::at_least<1>> count;
};
struct order_id {
  std::int64_t id;
};
struct paged {
  std::int64_t id;
  pando::defaulted<int, 0> page;
};
struct level {
  std::int64_t id;
  double price;
};

struct Orders
    : pando::controller<"orders",
                        pando::route<"place", order(order), pando::http::post<"/">>,
                        pando::route<"price", level(order_id), pando::http::get<"/{id}">>,
                        pando::route<"pages", level(paged), pando::http::get<"/{id}/pages">>,
                        pando::route<"change", level(level), pando::http::put<"/{id}">>,
                        pando::route<"drop", void(order_id), pando::http::del<"/{id}">>,
                        pando::route<"later", level(order_id), pando::http::get<"/later/{id}">>> {
};

auto const handlers = pando::implement<Orders>(
    pando::on<"place"> = [](order in) { return in; },
    pando::on<"price"> = [](order_id in) { return level{in.id, 0.25}; },
    pando::on<"pages"> = [](paged in) { return level{in.id, static_cast<double>(in.page.get())}; },
    pando::on<"change"> = [](level in) { return in; },
    pando::on<"drop"> = [](order_id) {},
    pando::on<"later"> = [](order_id in) -> pando::task<level> { co_return level{in.id, 0.5}; });

using orders_routes = served_implementation<std::remove_const_t<decltype(handlers)>>;

constexpr std::string_view an_order =
    R"({"id":9007199254740993,"price":101.25,"is_open":true,"what":"sell","parts":[1,2,3,4],)"
    R"("within":"PT1.5S","account":"123e4567-e89b-12d3-a456-426614174000","tries":7,"level":4,)"
    R"("count":2})";

/// What one request takes from the heap: of a thousand, after a hundred.
double heap_of_a_request(served_door& door, std::string const& request, std::string_view end) {
  auto const connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(door.port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(connection, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  // Nothing here allocates either.
  bool good = true;
  auto const ask = [&](int times) {
    for (int i = 0; i < times && good; ++i) {
      char answer[4096];
      good = ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(request.size());
      auto const got = ::recv(connection, answer, sizeof answer, 0);
      good = good && got > 0 &&
             std::string_view(answer, static_cast<std::size_t>(got)).ends_with(end);
    }
  };
  ask(100);
  auto const taken = allocations::during([&] { ask(1000); });
  ::close(connection);
  BOOST_TEST(good);
  return static_cast<double>(taken) / 1000;
}

template <class Body>
void run(Body body) {
  boost::asio::io_context io(1);
  std::exception_ptr failed;
  boost::asio::co_spawn(io, body(), [&](std::exception_ptr error) { failed = error; });
  io.run();
  if (failed) std::rethrow_exception(failed);
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocations_of_calls)

BOOST_AUTO_TEST_CASE(the_counter_counts) {
  BOOST_TEST(allocations::during([] { delete new int(1); }) == 1U);
  BOOST_TEST(allocations::during([] {}) == 0U);
}

BOOST_AUTO_TEST_CASE(over_http) {
  orders_routes served(handlers);
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
}

BOOST_AUTO_TEST_SUITE_END()
