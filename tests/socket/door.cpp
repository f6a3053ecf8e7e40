// The place of the socket, who may connect, and what the first bytes decide.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/link/frames.hpp>
#include <pando/link/socket_path.hpp>
#include <pando/link/unix_listener.hpp>

#include "socket/things.hpp"
#include "support/descriptors.hpp"
#include "support/served_socket.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(socket_door)

namespace {

using pando::unix_listener;
using support::comes_true;
using things::raw_client;

struct door : support::served_socket {
  explicit door(pando::socket::server_options options = {}, std::size_t threads = 1)
      : served_socket(served.routes, options, threads) {}
  things::probe seen;
  static inline things::probe shared;
  static inline support::routes_of<std::remove_const_t<decltype(things::handlers)>, things::probe>
      served{things::handlers, shared};
};

/// Why a listener cannot be had there; empty: it can.
std::string why_not(std::string const& path) {
  try {
    unix_listener const made(path);
    return {};
  } catch (pando::listener_unavailable const& no) {
    return no.what();
  }
}

unsigned mode_of(std::string const& path) {
  struct stat found {};
  BOOST_REQUIRE_EQUAL(::lstat(path.c_str(), &found), 0);
  return found.st_mode & 07777U;
}

/// A socket file on which nobody listens any more.
void leave_behind(std::string const& path) {
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  BOOST_REQUIRE_EQUAL(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(made);
}

std::string ping(raw_client& client) {
  return client.ask(R"({"jsonrpc":"2.0","id":1,"method":"pando.ping"})");
}

/// Becomes another user for good, connects and asks: 0 when it was closed without an answer. System
/// calls only.
int ping_as_nobody(sockaddr_un const& address) noexcept {
  constexpr unsigned nobody = 65534;
  constexpr std::string_view ping = R"({"jsonrpc":"2.0","id":1,"method":"pando.ping"})" "\n";
  if (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
      ::setresuid(nobody, nobody, nobody) != 0)
    return 2;
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(made, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) return 3;
  if (::send(made, ping.data(), ping.size(), MSG_NOSIGNAL) < 0) return errno == EPIPE ? 0 : 4;
  char room[100];
  auto const size = ::recv(made, room, sizeof room, 0);
  return size == 0 || (size < 0 && errno == ECONNRESET) ? 0 : 5;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_socket_and_its_folder_are_the_users_alone) {
  support::scratch_folder const runtime;
  ::setenv("XDG_RUNTIME_DIR", runtime.path().c_str(), 1);
  auto const before = ::umask(0);
  {
    unix_listener const made(pando::socket_path_of("shop"));
    BOOST_TEST(made.path() == runtime.path() + "/pando/shop.sock");
    BOOST_TEST(mode_of(made.path()) == 0600U);
    BOOST_TEST(mode_of(runtime.path() + "/pando") == 0700U);
  }
  ::umask(before);
  BOOST_TEST(!std::filesystem::exists(runtime.path() + "/pando/shop.sock"));
  ::chmod((runtime.path() + "/pando").c_str(), 0755);
  BOOST_TEST(why_not(pando::socket_path_of("shop")) ==
             runtime.path() + "/pando can be entered by other users; run: chmod 700 " +
                 runtime.path() + "/pando");
  ::unsetenv("XDG_RUNTIME_DIR");
}

BOOST_AUTO_TEST_CASE(a_path_of_another_place_must_be_safe_too) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/a.sock";
  ::chmod(folder.path().c_str(), 0777);
  BOOST_TEST(why_not(path).find("can be written by other users") != std::string::npos);
  ::chmod(folder.path().c_str(), 01777); // as /tmp is
  BOOST_TEST(why_not(path) == "");
  BOOST_TEST(why_not(folder.path() + "/none/a.sock").find("cannot be looked at") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_over_the_limit_is_told_before_anything_is_made) {
  support::scratch_folder const folder;
  auto const long_path = folder.path() + "/" + std::string(108, 'x');
  BOOST_TEST(why_not(long_path).find("at most 107") != std::string::npos);
  BOOST_TEST(why_not(folder.path() + "/" + std::string(106 - folder.path().size(), 'x')) == "");
}

BOOST_AUTO_TEST_CASE(a_leftover_is_replaced_and_a_file_is_not) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/a.sock";
  leave_behind(path);
  BOOST_TEST(why_not(path) == "");
  BOOST_TEST(!std::filesystem::exists(path)); // ended again
  std::ofstream(path) << "precious";
  BOOST_TEST(why_not(path) ==
             path + " is there already and is no socket; remove it, or choose another place");
  BOOST_TEST(std::filesystem::file_size(path) == 8U);
}

BOOST_AUTO_TEST_CASE(a_second_app_is_refused_and_the_first_lives_on) {
  door first;
  BOOST_TEST(why_not(first.path()) ==
             "an app runs at " + first.path() + " already (pid " + std::to_string(::getpid()) +
                 "); stop it, or choose another place with --socket or PANDO_SOCKET");
  raw_client client(first.path());
  BOOST_TEST(ping(client).find("pong") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_end_of_one_removes_no_other_ones_socket) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/a.sock";
  auto first = std::make_unique<unix_listener>(path);
  std::filesystem::remove(path);
  unix_listener const second(path);
  first.reset();
  BOOST_TEST(std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(of_many_that_start_at_once_one_wins) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/a.sock";
  leave_behind(path);
  std::atomic<int> won{0};
  std::atomic<int> lost{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> apps;
  for (int i = 0; i < 8; ++i)
    apps.emplace_back([&] {
      while (!go) std::this_thread::yield();
      try {
        unix_listener const made(path);
        ++won;
        comes_true([&] { return won + lost == 8; });
      } catch (pando::listener_unavailable const&) {
        ++lost;
      }
    });
  go = true;
  for (auto& app : apps) app.join();
  BOOST_TEST(won == 1);
  BOOST_TEST(lost == 7);
}

BOOST_AUTO_TEST_CASE(another_user_is_refused_with_a_logged_reason) {
  if (::geteuid() != 0) return support::skip("only root can be another user");
  door it;
  ::chmod(it.folder.path().c_str(), 0755);
  ::chmod(it.path().c_str(), 0777);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, it.path().data(), it.path().size());
  auto const child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) ::_exit(ping_as_nobody(address)); // other threads held locks at the fork
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);
  BOOST_TEST(it.log.says("a connection of uid 65534, pid " + std::to_string(child) +
                         " is refused: this app serves uid 0 only"));
}

BOOST_AUTO_TEST_CASE(the_first_byte_decides) {
  door it;
  for (auto const* const first : {"", " ", "\t", "\r", "\n"}) {
    raw_client client(it.path());
    client.send(first);
    BOOST_TEST(ping(client).find("pong") != std::string::npos);
  }
  raw_client batch(it.path());
  BOOST_TEST(batch.ask("[]").find("-32600") != std::string::npos);
  raw_client binary(it.path());
  binary.send(pando::frames::magic);
  BOOST_TEST(binary.bytes(8) == pando::frames::magic);
}

BOOST_AUTO_TEST_CASE(what_is_neither_is_closed_with_a_reason) {
  door it;
  for (auto const* const wrong :
       {"GET / HTTP/1.1\r\n\r\n", "\x93pandA", "hello\n", "\x16\x03\x01"}) {
    raw_client client(it.path());
    client.send(wrong);
    BOOST_TEST(client.is_closed());
  }
  BOOST_TEST(comes_true([&] { return it.log.lines().size() == 4; }));
  for (auto const& line : it.log.lines())
    BOOST_TEST(line.find("what it sent first is neither JSON-RPC nor the binary protocol") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_says_nothing_is_closed) {
  pando::socket::server_options options;
  options.limits.handshake = std::chrono::milliseconds(50);
  door it(options);
  raw_client client(it.path());
  BOOST_TEST(client.is_closed());
  BOOST_TEST(it.log.says("it has said nothing yet"));
  raw_client quick(it.path());
  BOOST_TEST(ping(quick).find("pong") != std::string::npos);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  BOOST_TEST(ping(quick).find("pong") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(connections_are_counted) {
  pando::socket::server_options options;
  options.max_connections = 3;
  door it(options);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<raw_client>(it.path()));
    BOOST_TEST(ping(*clients.back()).find("pong") != std::string::npos);
  }
  raw_client fourth(it.path());
  BOOST_TEST(fourth.is_closed());
  BOOST_TEST(it.log.says("is refused: 3 are open"));
  clients.pop_back();
  BOOST_TEST(comes_true([&] { return it.server().connections() == 2; }));
  raw_client next(it.path());
  BOOST_TEST(ping(next).find("pong") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_thousand_connections_come_and_go) {
  door it({}, 2);
  for (int i = 0; i < 1000; ++i) {
    raw_client client(it.path());
    if (i % 4 == 0) continue; // says nothing
    if (i % 4 == 1) client.send("{");
    if (i % 4 == 2) client.send(pando::frames::magic.substr(0, 5));
    if (i % 4 == 3) BOOST_REQUIRE(ping(client).find("pong") != std::string::npos);
  }
  BOOST_TEST(comes_true([&] { return it.server().connections() == 0; }));
  raw_client last(it.path());
  BOOST_TEST(ping(last).find("pong") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_left_before_being_accepted_leaves_nothing) {
  support::scratch_folder folder;
  support::kept_log log;
  pando::door_context const context{&log.events};
  pando::serving const serving(door::served.routes, context, [] { return std::string(); });
  pando::socket::server_options options;
  options.path = folder.path() + "/app.sock";
  options.limits.handshake = std::chrono::seconds(60); // no limit is to help
  boost::asio::io_context loop(1);
  auto server =
      std::make_unique<pando::socket::server>(std::vector<boost::asio::any_io_executor>{
                                                  loop.get_executor()}, serving, options);
  server->start();
  auto const before = support::descriptors();
  for (int i = 0; i < 600; ++i) {
    raw_client client(options.path);
    if (i % 4 == 1) client.send("{");
    if (i % 4 == 2) client.send(pando::frames::magic);
    if (i % 4 == 3) client.send("GET / HTTP/1.1\r\n");
  }
  {
    raw_client last(options.path);
    std::thread runs([&] { loop.run(); });
    BOOST_TEST(ping(last).find("pong") != std::string::npos);
    last.close();
    BOOST_TEST(comes_true([&] { return server->connections() == 0; }));
    loop.stop();
    runs.join();
  }
  BOOST_TEST(support::descriptors() == before);
}

BOOST_AUTO_TEST_CASE(who_comes_while_it_ends_is_refused_and_the_path_stays_until_the_end) {
  door it;
  auto const path = it.path();
  it.server().stop_accepting();
  it.server().stop_accepting();
  BOOST_CHECK_THROW(raw_client{path}, std::runtime_error);
  BOOST_TEST(std::filesystem::exists(path));
  it.stop();
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_SUITE_END()
