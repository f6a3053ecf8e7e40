// Dispatch by name: finding and calling one of 1,000 routes beside one of 10, through `app.invoke`,
// the HTTP router and the table the socket's doors ask. Ten routes are called in both, spread over
// the 1,000, so that only the size of the tables differs; the last columns call all 1,000 in turn,
// which the processor's caches feel. `dispatch [rounds]`.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/app/app.hpp>
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/http/detail/router.hpp>

namespace bench {

/// The letter and three digits.
constexpr pando::fixed_string<5> numbered(char letter, std::size_t number) {
  char const text[]{letter, static_cast<char>('0' + number / 100),
                    static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10),
                    '\0'};
  return text;
}
/// "/r000/{id}"
constexpr pando::fixed_string<11> path_of(std::size_t number) {
  auto const name = numbered('r', number);
  char const text[]{'/', name.text[0], name.text[1], name.text[2], name.text[3],
                    '/', '{', 'i', 'd', '}', '\0'};
  return text;
}

struct In {
  std::int64_t id;
};

template <std::size_t Controller, class Indices>
struct contract_of;
template <std::size_t Controller, std::size_t... Route>
struct contract_of<Controller, std::index_sequence<Route...>>
    : pando::controller<numbered('c', Controller),
                        pando::route<numbered('r', Route), std::int64_t(In),
                                     pando::http::get<path_of(Route)>>...> {};

std::int64_t handle(In in) { return in.id; }

template <std::size_t Controller, std::size_t... Route>
auto implemented(std::index_sequence<Route...> routes) {
  return pando::implement<contract_of<Controller, decltype(routes)>>(
      pando::on<numbered('r', Route)> = &handle...);
}
/// `Controllers` controllers of `Routes` routes each.
template <std::size_t Routes, std::size_t... Controllers>
auto make_app(std::index_sequence<Controllers...>) {
  return pando::app(implemented<Controllers>(std::make_index_sequence<Routes>{})...)
      .named("dispatch");
}

} // namespace bench

namespace {

double now_ns() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}

struct names {
  std::vector<std::string> commands; ///< "c000 r000"
  std::vector<std::string> routes;   ///< "c000.r000"
  std::vector<std::string> paths;    ///< "/c000/r000/7"
};

names names_of(std::size_t controllers, std::size_t routes) {
  names made;
  for (std::size_t c = 0; c < controllers; ++c)
    for (std::size_t r = 0; r < routes; ++r) {
      std::string const controller(bench::numbered('c', c).view());
      std::string const route(bench::numbered('r', r).view());
      made.commands.push_back(controller + " " + route);
      made.routes.push_back(controller + "." + route);
      made.paths.push_back("/" + controller + "/" + route + "/7");
    }
  return made;
}

/// Ten of a thousand.
names spread(names const& all) {
  names made;
  for (std::size_t i = 0; i < 10; ++i) {
    made.commands.push_back(all.commands[i * 109]);
    made.routes.push_back(all.routes[i * 109]);
    made.paths.push_back(all.paths[i * 109]);
  }
  return made;
}

void demand(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "dispatch: %s\n", what);
  std::exit(1);
}

template <class App>
pando::task<void> invoke_all(App& app, std::vector<std::string> const& commands, int times) {
  std::string const request = R"({"id":7})";
  for (int i = 0; i < times; ++i)
    for (auto const& one : commands) {
      std::string const back = co_await app.invoke(one, request);
      demand(back == "7", "a call gives something else");
    }
}

/// What one of these costs, in nanoseconds.
template <class App>
double invoke(App& app, std::vector<std::string> const& commands) {
  int const times = static_cast<int>(10'000 / commands.size());
  boost::asio::io_context io(1);
  boost::asio::co_spawn(io, invoke_all(app, commands, times), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  auto const begin = now_ns();
  io.run();
  return (now_ns() - begin) / (times * static_cast<double>(commands.size()));
}

double route(pando::http::detail::router const& router, std::vector<std::string> const& paths) {
  int const times = static_cast<int>(100'000 / paths.size());
  pando::http::detail::path_values values;
  auto const begin = now_ns();
  for (int i = 0; i < times; ++i)
    for (auto const& one : paths) demand(router.find(one, values) != nullptr, "a path is lost");
  return (now_ns() - begin) / (times * static_cast<double>(paths.size()));
}

double find(pando::served_routes const& routes, std::vector<std::string> const& wanted) {
  int const times = static_cast<int>(100'000 / wanted.size());
  auto const begin = now_ns();
  for (int i = 0; i < times; ++i)
    for (auto const& one : wanted) demand(routes.find(one) != nullptr, "a route is lost");
  return (now_ns() - begin) / (times * static_cast<double>(wanted.size()));
}

struct samples {
  std::vector<double> of_10, of_1000, over_all;

  void print(char const* title) const {
    std::vector<double> same, all;
    for (std::size_t i = 0; i < of_10.size(); ++i) {
      same.push_back(of_1000[i] / of_10[i]);
      all.push_back(over_all[i] / of_10[i]);
    }
    std::printf("%-28s %8.0f ns %8.0f ns %6.2f x %8.0f ns %6.2f x\n", title, median(of_10),
                median(of_1000), median(same), median(over_all), median(all));
  }
};

} // namespace

int main(int argc, char** argv) {
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 51;
  auto small = bench::make_app<10>(std::make_index_sequence<1>{});
  auto large = bench::make_app<50>(std::make_index_sequence<20>{});
  auto const& few = small.core().routes();
  auto const& many = large.core().routes();
  demand(few.all().size() == 10 && many.all().size() == 1000, "the routes are not as many");
  pando::http::detail::router const few_paths(few);
  pando::http::detail::router const many_paths(many);
  auto const ten = names_of(1, 10);
  auto const all = names_of(20, 50);
  auto const wide = spread(all);

  samples calls, paths, tables;
  for (int i = 0; i < rounds; ++i) {
    calls.of_10.push_back(invoke(small, ten.commands));
    calls.of_1000.push_back(invoke(large, wide.commands));
    calls.over_all.push_back(invoke(large, all.commands));
    paths.of_10.push_back(route(few_paths, ten.paths));
    paths.of_1000.push_back(route(many_paths, wide.paths));
    paths.over_all.push_back(route(many_paths, all.paths));
    tables.of_10.push_back(find(few, ten.routes));
    tables.of_1000.push_back(find(many, wide.routes));
    tables.over_all.push_back(find(many, all.routes));
  }
  std::printf("%-28s %11s %11s %8s %11s\n", "", "10 routes", "1000 routes", "", "each in turn");
  calls.print("app.invoke, a whole call");
  paths.print("HTTP router");
  tables.print("the sockets' table of names");
}
