// A contract whose fields are all of fixed size.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#include "counter.hpp"

namespace orders {

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
    : pando::controller<"orders", pando::route<"place", order(order), pando::http::post<"/">>,
                        pando::route<"price", level(order_id), pando::http::get<"/{id}">>,
                        pando::route<"pages", level(paged), pando::http::get<"/{id}/pages">>,
                        pando::route<"change", level(level), pando::http::put<"/{id}">>,
                        pando::route<"drop", void(order_id), pando::http::del<"/{id}">>,
                        pando::route<"later", level(order_id), pando::http::get<"/later/{id}">>> {};

inline auto const handlers = pando::implement<Orders>(
    pando::on<"place"> = [](order in) { return in; },
    pando::on<"price"> =
        [](order_id in) {
          return level{in.id, 0.25};
        },
    pando::on<"pages"> =
        [](paged in) {
          return level{in.id, static_cast<double>(in.page.get())};
        },
    pando::on<"change"> = [](level in) { return in; }, pando::on<"drop"> = [](order_id) {},
    pando::on<"later"> = [](order_id in) -> pando::task<level> {
      co_return level{in.id, 0.5};
    });

inline constexpr std::string_view an_order =
    R"({"id":9007199254740993,"price":101.25,"is_open":true,"what":"sell","parts":[1,2,3,4],)"
    R"("within":"PT1.5S","account":"123e4567-e89b-12d3-a456-426614174000","tries":7,"level":4,)"
    R"("count":2})";

/// What a request over that socket takes from the heap of this program: of a thousand, after a
/// hundred. Each is answered by something that ends so.
inline double heap_of_a_call(int connection, std::string const& request, std::string_view end) {
  // Nothing here allocates either.
  bool good = true;
  auto const ask = [&](int times) {
    for (int i = 0; i < times && good; ++i) {
      char answer[4096];
      good = ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(request.size());
      auto const got = ::recv(connection, answer, sizeof answer, 0);
      good =
          good && got > 0 && std::string_view(answer, static_cast<std::size_t>(got)).ends_with(end);
    }
  };
  ask(100);
  auto const taken = allocations::during([&] { ask(1000); });
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

} // namespace orders
