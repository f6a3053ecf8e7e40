// The socket figures: Pando's typed client, and the bare floor of the same bytes framed with Asio.
// `socket_rpc pando|floor one|many SECONDS SERVER_CORE CLIENT_CORE` prints one number: microseconds
// a call, one at a time, or calls a second with 256 in flight on one connection.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <pando/app/detail/compose.hpp>
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/link/serving.hpp>
#include <pando/schema/binary.hpp>
#include <pando/socket/link.hpp>
#include <pando/socket/server.hpp>

#include "peers/framed_floor.hpp"
#include "peers/socket_rpc_measure.hpp"

namespace bench {

struct Echo {
  std::string text;
  std::int64_t number;
  double real;
  std::vector<std::int32_t> list;
};
struct Service : pando::controller<"bench", pando::route<"echo", Echo(Echo)>> {};
inline auto const handlers =
    pando::implement<Service>(pando::on<"echo"> = [](Echo in) { return in; });

inline Echo sample() {
  return {measure::text, measure::number, measure::real,
          {std::begin(measure::list), std::end(measure::list)}};
}

} // namespace bench

namespace {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

int run_floor(measure::work const& what) {
  measure::place const place;
  asio::io_context io(1);
  local::acceptor acceptor(io, local::endpoint(place.path()));
  io.notify_fork(asio::io_context::fork_prepare);
  measure::server_process const server(what, [&] {
    io.notify_fork(asio::io_context::fork_child);
    acceptor.async_accept([](boost::system::error_code, local::socket socket) {
      std::make_shared<bench::floor_server>(std::move(socket))->read();
    });
    io.run();
  });
  io.notify_fork(asio::io_context::fork_parent);
  acceptor.close();
  local::socket socket(io);
  socket.connect(local::endpoint(place.path()));
  // As many bytes as Pando's frame carries.
  pando::buffer bytes;
  pando::binary::encode(bench::sample(), bytes);
  bytes.append("12345678");
  measure::meter meter(what);
  std::make_shared<bench::floor_client>(std::move(socket), meter, std::string(bytes.view()))
      ->start(what.many ? measure::depth : 1);
  io.run();
  meter.print();
  return 0;
}

// Pando

void serve_pando(std::string const& path) {
  void* services[]{nullptr};
  pando::detail::bound_erased self{&bench::handlers, services};
  pando::served_routes routes;
  routes.add(pando::contract_table<bench::Service>);
  using adder = pando::detail::route_adder<std::remove_const_t<decltype(bench::handlers)>,
                                           pando::meta::list<>>;
  adder::add(routes, &self, pando::route_list<bench::Service>{});
  pando::log const log;
  pando::door_context const context{&log};
  pando::serving const serving(routes, context);
  asio::io_context io(1);
  pando::socket::server server({io.get_executor()}, serving, {path});
  server.start();
  io.run();
}

pando::task<void> call_on(pando::client<bench::Service> api, measure::meter& meter) {
  bench::Echo const sent = bench::sample();
  do {
    bench::Echo const back = co_await api.call<"echo">(sent);
    if (back.number != sent.number) std::abort();
  } while (meter.tick());
}

pando::task<void> call_pando(std::string path, measure::work const& what, measure::meter& meter) {
  auto const executor = co_await asio::this_coro::executor;
  std::optional<pando::socket::link> link;
  while (!link) {
    try {
      link = co_await pando::connect(executor, path);
    } catch (pando::not_running const&) {
      ::usleep(1000);
    }
  }
  auto api = link->client<bench::Service>();
  int running = what.many ? measure::depth : 1;
  for (int i = running; i != 0; --i)
    asio::co_spawn(executor, call_on(api, meter), [&running, &link](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
      if (--running == 0) link.reset();
    });
  asio::steady_timer timer(executor);
  while (running != 0) {
    timer.expires_after(std::chrono::milliseconds(50));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

int run_pando(measure::work const& what) {
  measure::place const place;
  measure::server_process const server(what, [&] { serve_pando(place.path()); });
  measure::meter meter(what);
  asio::io_context io(1);
  asio::co_spawn(io, call_pando(place.path(), what, meter), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
  meter.print();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  measure::work const what(argc, argv);
  return argc > 5 && std::string_view(argv[1]) == "floor" ? run_floor(what) : run_pando(what);
}
