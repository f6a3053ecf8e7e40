// libFuzzer: octets as what the other side of a connection says: to an app in the binary protocol,
// before and after a contract is opened, and in JSON-RPC; and to a client with calls in flight.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/app/detail/compose.hpp>
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/io.hpp>
#include <pando/link/frame_client.hpp>
#include <pando/link/frame_server.hpp>
#include <pando/link/serving.hpp>
#include <pando/runtime/stream.hpp>
#include <pando/schema/shape.hpp>
#include <pando/schema/wire.hpp>
#include <pando/socket/json_rpc.hpp>

namespace {

using pando::frames::kind;

struct Word {
  pando::checked<std::string, pando::is::non_empty> text;
  std::optional<int> times;
};
struct Count {
  std::int64_t upto;
};
struct Empty {
  std::string what;
};
struct Words
    : pando::controller<"word", pando::route<"echo", Word(Word), pando::raises<Empty>>,
                        pando::route<"count", pando::stream<std::int64_t>(Count)>,
                        pando::route<"ask", std::string()>, pando::route<"nothing", void()>> {};

auto const words = pando::implement<Words>(
    pando::on<"echo"> = [](Word in) -> Word {
      if (in.times == 0) throw Empty{in.text.value_};
      return in;
    },
    pando::on<"count"> = [](Count in) -> pando::stream<std::int64_t> {
      for (std::int64_t i = 0; i < in.upto && i < 100; ++i) co_yield i;
    },
    pando::on<"ask"> = [](pando::io& io) -> pando::task<std::string> {
      co_return co_await io.prompt("which?");
    },
    pando::on<"nothing"> = [] {});

/// What is served, made once.
struct app {
  app() {
    routes.add(pando::contract_table<Words>);
    using adder = pando::detail::route_adder<std::remove_const_t<decltype(words)>,
                                             pando::meta::list<>>;
    adder::add(routes, &self, pando::route_list<Words>{});
  }
  void* none = nullptr;
  pando::detail::bound_erased self{&words, &none};
  pando::served_routes routes;
  pando::log silent{[](pando::log_level, std::string_view) {}};
  pando::door_context context{&silent};
  pando::serving serving{routes, context, [] { return std::string("{}"); }};
};

/// Two ends; the first is read by what is tried, the second says the octets.
struct ends {
  ends() {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0) std::abort();
  }
  ends(ends const&) = delete;
  ~ends() { ::close(fds[1]); }
  pando::stream_connection::socket_type socket(boost::asio::io_context& io) const {
    return {io, fds[0]};
  }
  /// Says it and leaves. What does not fit into the kernel's buffer is cut off.
  void say(std::string_view octets) const {
    (void)!::write(fds[1], octets.data(), octets.size());
    ::shutdown(fds[1], SHUT_WR);
  }
  int fds[2] = {-1, -1};
};

std::string made(kind what, std::uint32_t id, std::string_view payload) {
  pando::buffer out;
  pando::frames::writer writer(out, what, id);
  out.append(payload);
  writer.end();
  return std::string(out.view());
}

std::string hello() {
  pando::buffer payload;
  pando::wire::append_varint(payload, 1U << 20);
  pando::wire::append_varint(payload, 100);
  return std::string(pando::frames::magic) + made(kind::hello, 0, payload.view());
}

std::string opening() {
  pando::buffer payload;
  pando::frames::append_text(payload, "word");
  pando::wire::store(payload.reserve(8), pando::binary::fingerprint(pando::contract_table<Words>));
  payload.commit(payload.data() + payload.size() + 8);
  return made(kind::open, 0, payload.view());
}

void run(boost::asio::io_context& io) {
  for (int turns = 0; turns < 1'000 && io.poll() != 0; ++turns) {}
  io.restart();
}

template <class User>
void to_server(app const& from, std::string const& octets) {
  boost::asio::io_context io(1);
  ends const pair;
  auto const connection = std::make_shared<pando::stream_connection>(
      pair.socket(io), pando::link_limits{.max_frame = 1 << 16, .max_calls = 100}, from.silent,
      "fuzzer");
  connection->start(pando::detail::owner<pando::connection_user>(
      new User(*connection, from.serving, pando::connection_peer{})));
  pair.say(octets);
  run(io);
  connection->close();
  run(io);
}

void to_client(app const& from, std::string const& octets) {
  boost::asio::io_context io(1);
  ends const pair;
  auto made = pando::frame_client::make(pair.socket(io), {}, from.silent, "fuzzer",
                                        [](std::exception_ptr) {});
  made->know(pando::contract_table<Words>);
  int ended = 0;
  auto const call = [&]() -> pando::task<void> {
    Word in{{"x"}, 1};
    (void)co_await pando::client<Words>(made).call<"echo">(in);
  };
  auto const consume = [&]() -> pando::task<void> {
    Count in{3};
    auto items = pando::client<Words>(made).stream<"count">(in);
    while (co_await items.next()) {}
  };
  boost::asio::co_spawn(io, call, [&](std::exception_ptr) { ++ended; });
  boost::asio::co_spawn(io, consume, [&](std::exception_ptr) { ++ended; });
  run(io);
  pair.say(octets);
  run(io);
  made->close();
  run(io);
  if (ended != 2) std::abort(); // whatever was said, no call waits for ever
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static app const served;
  if (size == 0) return 0;
  std::string const rest(reinterpret_cast<char const*>(data) + 1, size - 1);
  switch (data[0] % 4) {
  case 0: to_server<pando::frame_server>(served, rest); break;
  case 1: to_server<pando::frame_server>(served, hello() + opening() + rest); break;
  case 2: to_server<pando::socket::json_rpc>(served, rest); break;
  default: to_client(served, hello() + rest); break;
  }
  return 0;
}
