// A whole program of a project outside the tree: an app with every door, and a client of a URL.
//   consumer serve --http 3000
//   consumer call http://localhost:3000
#include <cstdlib>
#include <iostream>
#include <string_view>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>

struct Count {
  std::int64_t value;
};
struct Counter
    : pando::controller<"counter", pando::route<"get", Count(), pando::http::get<"/">>> {};

inline auto counter = pando::implement<Counter>(pando::on<"get"> = [] { return Count{42}; });

pando::task<void> call(std::string_view url) {
  auto api = pando::http::client<Counter>(co_await boost::asio::this_coro::executor, url);
  Count const got = co_await api.call<"get">();
  std::cout << "counted " << got.value << '\n';
}

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "call")
    return pando::app(counter).named("consumer").main(argc, argv);
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
