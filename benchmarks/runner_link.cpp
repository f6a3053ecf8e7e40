// The figures of links between runners: Pando's typed client over a Unix socket, TCP and TCP with
// TLS, and the bare floor of the same bytes framed with Asio.
// `runner_link pando|floor unix|tcp|tls one|many SECONDS SERVER_CORE CLIENT_CORE` prints a number:
// microseconds a call, one at a time, or calls a second with 256 in flight on one connection. The
// floor of `tls` is plain TCP.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/app/detail/compose.hpp>
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/link/runner_client.hpp>
#include <pando/link/runner_listener.hpp>
#include <pando/schema/binary.hpp>

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

[[noreturn]] void die(char const* what) {
  std::perror(what);
  std::exit(1);
}

/// A socket that listens before the processes part, and its address.
struct meeting {
  explicit meeting(std::string_view how) : is_path(how == "unix") {
    socket = ::socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    place.path().copy(path.sun_path, sizeof path.sun_path - 1);
    sockaddr_in tcp{};
    tcp.sin_family = AF_INET;
    tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const at = is_path ? reinterpret_cast<sockaddr*>(&path)
                             : reinterpret_cast<sockaddr*>(&tcp);
    socklen_t size = is_path ? sizeof path : sizeof tcp;
    if (::bind(socket, at, size) != 0 || ::listen(socket, 8) != 0) die("listen");
    if (is_path) {
      address.path = place.path();
      return;
    }
    if (::getsockname(socket, at, &size) != 0) die("getsockname");
    address.host = "127.0.0.1";
    address.port = ntohs(tcp.sin_port);
  }

  /// A connection to it, of the floor.
  int connect() const {
    int const made = ::socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage there{};
    socklen_t size = sizeof there;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&there), &size) != 0 ||
        ::connect(made, reinterpret_cast<sockaddr*>(&there), size) != 0)
      die("connect");
    return made;
  }
  bench::stream_socket on(asio::io_context& io, int made) const {
    int const yes = 1;
    if (!is_path) ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return {io, asio::generic::stream_protocol(is_path ? AF_UNIX : AF_INET, 0), made};
  }

  bool is_path;
  int socket = -1;
  pando::runner_address address{};
  measure::place place;
};

int run_floor(measure::work const& what, std::string_view how) {
  meeting const at(how);
  measure::server_process const server(what, [&] {
    asio::io_context io(1);
    int const one = ::accept(at.socket, nullptr, nullptr);
    std::make_shared<bench::floor_server>(at.on(io, one))->read();
    io.run();
  });
  asio::io_context io(1);
  // As many bytes as Pando's frame carries.
  pando::buffer bytes;
  pando::binary::encode(bench::sample(), bytes);
  bytes.append("12345678");
  measure::meter meter(what);
  std::make_shared<bench::floor_client>(at.on(io, at.connect()), meter, std::string(bytes.view()))
      ->start(what.many ? measure::depth : 1);
  io.run();
  meter.print();
  return 0;
}

std::shared_ptr<pando::secure_link const> runner(std::string name, std::string_view how) {
  pando::link_security made;
  made.self = {std::move(name), 1};
  if (how == "tls") made.cookie = "a cookie of more than sixteen bytes";
  return std::make_shared<pando::secure_link const>(std::move(made));
}

void serve_pando(meeting const& at, std::string_view how) {
  void* services[]{nullptr};
  pando::detail::bound_erased self{&bench::handlers, services};
  pando::served_routes routes;
  routes.add(pando::contract_table<bench::Service>);
  using adder = pando::detail::route_adder<std::remove_const_t<decltype(bench::handlers)>,
                                           pando::meta::list<>>;
  adder::add(routes, &self, pando::route_list<bench::Service>{});
  pando::log const log([](pando::log_level, std::string_view) {});
  pando::door_context const context{&log};
  pando::serving const serving(routes, context);
  asio::io_context io(1);
  pando::runner_listener_options options;
  options.adopted = at.socket;
  pando::runner_listener listener({io.get_executor()}, at.address, serving, runner("server", how),
                                  options);
  listener.start();
  io.run();
}

pando::task<void> call_on(pando::client<bench::Service> api, measure::meter& meter) {
  bench::Echo const sent = bench::sample();
  do {
    bench::Echo const back = co_await api.call<"echo">(sent);
    if (back.number != sent.number) std::abort();
  } while (meter.tick());
}

int run_pando(measure::work const& what, std::string_view how) {
  meeting const at(how);
  measure::server_process const server(what, [&] { serve_pando(at, how); });
  measure::meter meter(what);
  asio::io_context io(1);
  auto const over =
      pando::runner_client::make(io.get_executor(), at.address, runner("client", how));
  over->know(pando::contract_table<bench::Service>);
  int running = what.many ? measure::depth : 1;
  for (int i = running; i != 0; --i)
    asio::co_spawn(io, call_on(pando::client<bench::Service>(over), meter),
                   [&running, &over](std::exception_ptr error) {
                     if (error) std::rethrow_exception(error);
                     if (--running == 0) over->close();
                   });
  io.run();
  meter.print();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr, "usage: %s pando|floor unix|tcp|tls one|many SECONDS CORE CORE\n",
                 argv[0]);
    return 2;
  }
  measure::work const what(argc, argv);
  std::string_view const how = argv[2];
  return std::string_view(argv[1]) == "floor" ? run_floor(what, how) : run_pando(what, how);
}
