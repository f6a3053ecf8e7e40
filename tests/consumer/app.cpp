// A whole program of a project outside the tree: an app with every door, and its typed clients.
//   consumer serve --http 3000
//   consumer call http://localhost:3000      by a URL, by the app's name or by its socket's path
#include <cstdlib>
#include <iostream>
#include <string_view>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>
#include <pando/socket.hpp>

struct Count {
  std::int64_t value;
};
struct Counter
    : pando::controller<"counter", pando::route<"get", Count(), pando::http::get<"/">>> {};

inline auto counter = pando::implement<Counter>(pando::on<"get"> = [] { return Count{42}; });

struct Lamp : pando::entity<"Lamp", pando::rpc<"Switch", bool()>> {};
struct LampState {
  bool is_on = false;
};
inline auto lamps = pando::implement<Lamp>(
    pando::state<LampState>, pando::on<"Switch"> = [](LampState& s) { return s.is_on = !s.is_on; });

pando::task<void> call(std::string_view where) {
  auto const executor = co_await boost::asio::this_coro::executor;
  Count got{};
  if (where.find("://") != where.npos) {
    auto api = pando::http::client<Counter>(executor, where);
    got = co_await api.call<"get">();
  } else {
    auto link = co_await pando::connect(executor, where);
    auto api = link.client<Counter>();
    got = co_await api.call<"get">();
    co_await link.close();
  }
  std::cout << "counted " << got.value << '\n';
}

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "call")
    return pando::app(counter, lamps).named("consumer").main(argc, argv);
  boost::asio::io_context loop;
  boost::asio::co_spawn(loop, call(argv[2]), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
  try {
    loop.run();
  } catch (std::exception const& error) {
    std::cerr << "call: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
