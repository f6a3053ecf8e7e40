// Runners with a cookie: TLS over TCP, who is kept out, and what whoever is kept out costs.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/link/detail/link_handshake.hpp>
#include <pando/runtime/openssl.hpp>

#include "support/raw_frames.hpp"
#include "support/raw_tcp.hpp"
#include "support/scratch.hpp"
#include "support/served_runner.hpp"

#if PANDO_HAS_OPENSSL

#include "support/identity.hpp"

BOOST_AUTO_TEST_SUITE(secure_runner_links)

namespace {

using namespace std::chrono_literals;
using pando::link_role;
using support::calling_loop;
using support::comes_true;
using support::served_runner;
using things::Things;

constexpr char different[] = "the proof of the cookie is wrong: the two have different cookies, or "
                             "somebody stands between them";

/// A handler's caller is seen through the log of `way`; here, through a whole call of each kind.
void expect_calls(served_runner& server, std::shared_ptr<pando::runner_client> const& over,
                  calling_loop& it) {
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    things::Thing sent{1, std::string(3'000'000, 'b'), {}};
    things::Thing const back = co_await api.call<"keep">(sent);
    BOOST_TEST((back.name == sent.name));
    std::string const way = co_await api.call<"way">();
    BOOST_TEST(way == "every door: link");
    auto stream = api.stream<"count">(things::Many{1000, 1000});
    std::int64_t sum = 0;
    for (std::optional<things::Item> item = co_await stream.next(); item;
         item = co_await stream.next())
      sum += item->number;
    BOOST_TEST(sum == 500'500);
    int ended = 0;
    auto const one = [&](std::int64_t id) -> pando::task<void> {
      things::Thing given{id, std::string(static_cast<std::size_t>(id) * 100 + 1, 'x'), {}};
      things::Thing const kept = co_await api.call<"keep">(given);
      BOOST_TEST((kept.id == id && kept.name == given.name));
    };
    for (int i = 0; i < 256; ++i)
      boost::asio::co_spawn(it.io, one(i), [&](std::exception_ptr error) {
        BOOST_TEST(!error);
        ++ended;
      });
    while (ended != 256) co_await things::pause(2);
  });
  BOOST_TEST((over->peer() == pando::link_identity{"server", 7}));
  BOOST_TEST(server.listener().connections() == 1U);
}

/// Speaks TLS by hand, and whatever else it is told to.
struct raw_tls {
  explicit raw_tls(std::uint16_t port)
      : socket(port), security(support::runner("stranger", "not the cookie")),
        cipher(security->make_cipher(link_role::connects)) {}
  void send(std::string_view text) {
    pando::buffer wire;
    cipher->seal(text, wire);
    socket.send(wire.view());
  }
  /// What comes next; empty at the end.
  std::string hear() {
    pando::buffer said;
    while (said.empty()) {
      send({}); // what TLS has to say
      auto const came = socket.some();
      if (came.empty()) break;
      if (cipher->open(came, said) == pando::stream_cipher::result::failed) break;
    }
    return std::string(said.view());
  }
  support::raw_tcp socket;
  std::shared_ptr<pando::secure_link const> security;
  std::unique_ptr<pando::stream_cipher> cipher;
};

} // namespace

BOOST_AUTO_TEST_CASE(calls_over_tcp_and_over_a_path) {
  support::scratch_folder const folder;
  for (auto const& address : {std::string("127.0.0.1:0"), std::string("[::1]:0"),
                              std::string("localhost:0"), "unix:" + folder.path() + "/it"})
    BOOST_TEST_CONTEXT(address) {
      served_runner server(address);
      calling_loop it;
      expect_calls(server, it.client(server.address()), it);
    }
}

BOOST_AUTO_TEST_CASE(a_weak_cookie_is_logged_at_every_start) {
  served_runner const weak("127.0.0.1:0", "dev-cookie");
  BOOST_TEST(weak.log.says("the cookie has 10 bytes, and can be guessed"));
}

BOOST_AUTO_TEST_CASE(nothing_readable_is_on_the_wire) {
  served_runner server;
  std::mutex mutex;
  std::string seen;
  support::relay between(server.port(), [&](bool, std::string_view came, std::string& on,
                                            std::string&) {
    std::lock_guard const lock(mutex);
    seen += came;
    on = came;
  });
  calling_loop it;
  auto const over = it.client({"127.0.0.1", between.port(), {}});
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    things::Thing sent{1, "a secret that is easily found", {}};
    things::Thing const back = co_await api.call<"keep">(sent);
    BOOST_TEST((back.name == sent.name));
  });
  std::lock_guard const lock(mutex);
  BOOST_TEST(seen.size() > 1000U);
  for (std::string const text : {"a secret", "thing", "client", "server", "pando\x01", "cookie"})
    BOOST_TEST(seen.find(text) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_cookie_is_refused_on_both_sides) {
  support::scratch_folder const folder;
  for (auto const& address : {std::string("127.0.0.1:0"), folder.path() + "/it"}) {
    served_runner server(address);
    calling_loop it;
    auto const where = server.address();
    BOOST_TEST(it.says(it.client(where, "another cookie, long enough")) ==
               "forbidden: no link to runner " + pando::print_runner_address(where) +
                   ": it refuses this runner: " + different);
    BOOST_TEST(server.log.says(std::string("is closed: ") + different));
    BOOST_TEST(comes_true([&] { return server.listener().connections() == 0U; }));
    BOOST_TEST(it.says(it.client(where)) == "");
  }
}

BOOST_AUTO_TEST_CASE(what_ends_each_attempt_in_the_same_way_is_logged_once) {
  served_runner server;
  calling_loop it;
  auto const lines = [](support::kept_log const& in, std::string const& text) {
    auto const all = in.lines();
    return std::count_if(all.begin(), all.end(), [&](std::string const& line) {
      return line.find(text) != std::string::npos;
    });
  };
  auto const stranger = support::runner("127.0.0.1:4370", "another cookie, long enough");
  for (int i = 0; i < 5; ++i) // as many loops as ask
    BOOST_TEST(it.says(it.client(server.address(), stranger)).find("forbidden: ") == 0U);
  BOOST_TEST(lines(it.log, "no link to runner") == 1);
  BOOST_TEST(lines(it.log, "is closed") == 0);
  BOOST_TEST(server.log.says(" (it says it is runner 127.0.0.1:4370) is closed: "));
  BOOST_TEST(comes_true([&] { return server.listener().connections() == 0U; }));
  BOOST_TEST(lines(server.log, "is closed: ") == 1);
  // Another one is told of; and the first again once it was well.
  BOOST_TEST(it.says(it.client(server.address(), "another cookie, long enough")) != "");
  BOOST_TEST(comes_true([&] { return lines(server.log, "is closed: ") == 2; }));
  BOOST_TEST(it.says(it.client(server.address(), support::runner("127.0.0.1:4370"))) == "");
  BOOST_TEST(it.says(it.client(server.address(), stranger)) != "");
  BOOST_TEST(comes_true([&] { return lines(server.log, "is closed: ") == 3; }));
}

BOOST_AUTO_TEST_CASE(warnings_come_again_after_a_while_and_are_bounded) {
  pando::detail::link_warnings of;
  auto const begin = std::chrono::steady_clock::now();
  BOOST_TEST(of.is_news("one", "why", begin));
  BOOST_TEST(!of.is_news("one", "why", begin + 4min));
  BOOST_TEST(of.is_news("one", "another why", begin + 4min));
  BOOST_TEST(of.is_news("one", "why", begin + 5min));
  BOOST_TEST(of.is_well("one"));
  BOOST_TEST(!of.is_well("one"));
  BOOST_TEST(of.is_news("one", "why", begin + 5min));
  std::size_t told = 1;
  for (int i = 0; i < 1000; ++i) told += of.is_news("of " + std::to_string(i), "why", begin + 5min);
  BOOST_TEST(told == 256U);
  BOOST_TEST(of.is_news("the next", "why", begin + 10min));
}

BOOST_AUTO_TEST_CASE(a_cookie_on_one_side_only_is_refused) {
  calling_loop it;
  pando::runner_client_options soon;
  soon.within = 200ms;
  {
    served_runner server;
    auto const told = it.says(it.client(server.address(), "", soon));
    BOOST_TEST(told.find("forbidden: ") == 0U);
    BOOST_TEST(told.find("it has PANDO_CLUSTER_COOKIE and this program has none") != told.npos);
    BOOST_TEST(it.log.says("it has PANDO_CLUSTER_COOKIE and this program has none"));
    BOOST_TEST(server.log.says("one of the two has PANDO_CLUSTER_COOKIE and the other has none"));
    BOOST_TEST(it.says(it.client(server.address())) == "");
  }
  {
    served_runner server("127.0.0.1:0", "");
    auto const told = it.says(it.client(server.address(), support::cookie, soon));
    BOOST_TEST(told.find("forbidden: ") == 0U);
    BOOST_TEST(told.find("one of the two has PANDO_CLUSTER_COOKIE and the other has none") !=
               told.npos);
    BOOST_TEST(server.log.says("it greets with TLS, which this runner without PANDO_CLUSTER_COOKIE "
                               "does not speak"));
    BOOST_TEST(it.says(it.client(server.address(), "")) == "");
  }
  support::scratch_folder const folder;
  served_runner server(folder.path() + "/it");
  BOOST_TEST(it.says(it.client(server.address(), "", soon)).find("forbidden: ") == 0U);
}

BOOST_AUTO_TEST_CASE(whoever_ends_tls_on_both_sides_gets_nothing_through) {
  served_runner server;
  auto const thief = support::runner("thief", "any cookie, for its TLS");
  std::unique_ptr<pando::stream_cipher> to_client;
  std::unique_ptr<pando::stream_cipher> to_server;
  std::string heard; // what it can read
  support::relay between(
      server.port(),
      [&](bool from_client, std::string_view came, std::string& on, std::string& back) {
        if (!to_client) {
          to_client = thief->make_cipher(link_role::serves);
          to_server = thief->make_cipher(link_role::connects);
        }
        auto& from = from_client ? *to_client : *to_server;
        auto& to = from_client ? *to_server : *to_client;
        pando::buffer said;
        pando::buffer forth;
        pando::buffer answer;
        (void)from.open(came, said);
        heard += said.view();
        to.seal(said.view(), forth);
        from.seal({}, answer);
        on = forth.view();
        back = answer.view();
      });
  calling_loop it;
  auto const over = it.client({"127.0.0.1", between.port(), {}});
  BOOST_TEST(it.says(over).find(different) != std::string::npos);
  BOOST_TEST(server.log.says(different));
  // It stood in between indeed, and read the introductions and one proof.
  BOOST_TEST(heard.find("client") != std::string::npos);
  BOOST_TEST(heard.find("server") != std::string::npos);
  BOOST_TEST(server.seen.made == 0);
}

BOOST_AUTO_TEST_CASE(octets_that_are_replayed_are_no_handshake) {
  support::scratch_folder const folder;
  served_runner server;
  std::mutex mutex;
  std::string recorded;
  support::relay between(server.port(), [&](bool from_client, std::string_view came,
                                            std::string& on, std::string&) {
    std::lock_guard const lock(mutex);
    if (from_client) recorded += came;
    on = came;
  });
  calling_loop it;
  auto const over = it.client({"127.0.0.1", between.port(), {}});
  BOOST_TEST(it.says(over) == "");
  std::lock_guard const lock(mutex);
  support::raw_tcp again(server.port());
  again.send(recorded);
  BOOST_TEST(again.is_closed());
  BOOST_TEST(server.log.says("it does not greet with TLS 1.3, or refuses ours"));
}

BOOST_AUTO_TEST_CASE(strangers_who_speak_tls_are_heard_only_as_far_as_the_handshake) {
  served_runner server;
  std::string const magic(pando::detail::link_magic);
  using pando::frames::kind;
  {
    raw_tls one(server.port());
    one.send(magic + raw_frames::made(kind::introduce, 0, std::string(5000, 'x')));
    BOOST_TEST(one.hear() == "");
    BOOST_TEST(server.log.says("its handshake has a message of 5000 bytes, and 1024 are the limit"));
  }
  {
    raw_tls one(server.port());
    one.send(std::string(pando::frames::magic) + raw_frames::made(kind::hello, 0, "\x7f\x7f"));
    BOOST_TEST(one.hear() == "");
    BOOST_TEST(server.log.says("what it sent first is no greeting of a runner"));
  }
  {
    // Calls behind an introduction, before the proof.
    raw_tls one(server.port());
    one.send(magic +
             raw_frames::made(kind::introduce, 0,
                              std::string(32, 'n') + '\1' + raw_frames::text("one") + '\1') +
             raw_frames::invoke(1, "thing.large", R"({"bytes":1})"));
    std::string all;
    for (auto more = one.hear(); !more.empty(); more = one.hear()) all += more;
    BOOST_TEST(all.find("server") != std::string::npos);
    BOOST_TEST(server.log.says("its handshake has a message of kind 11 where kind 62 is due"));
  }
  BOOST_TEST(server.seen.made == 0);
}

BOOST_AUTO_TEST_CASE(plain_text_and_garbage_end_at_once) {
  served_runner server;
  for (std::string const text : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x93pando\x01\n",
                                 "\x16\x03\x01\xff\xff garbage that calls itself TLS"}) {
    support::raw_tcp one(server.port());
    one.send(text + std::string(100'000, 'x'));
    auto const begun = std::chrono::steady_clock::now();
    BOOST_TEST(one.is_closed());
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  }
  BOOST_TEST(server.log.says("it does not greet with TLS 1.3"));
}

BOOST_AUTO_TEST_CASE(silence_is_ended_by_the_time_limit) {
  pando::runner_listener_options options;
  options.limits.handshake = 500ms;
  served_runner server("127.0.0.1:0", support::cookie, options);
  support::raw_tcp silent(server.port());
  raw_tls greeted(server.port()); // silent once TLS is there
  greeted.send({});
  BOOST_TEST(comes_true([&] { return server.listener().handshakes() == 2U; }));
  BOOST_TEST(greeted.hear() == "");
  BOOST_TEST(silent.is_closed());
  BOOST_TEST(server.log.says("its handshake takes longer than 500 ms"));
  BOOST_TEST(comes_true([&] { return server.listener().connections() == 0U; }));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_silent_is_given_up_by_who_calls) {
  support::raw_listener const silent;
  calling_loop it;
  pando::runner_client_options options;
  options.limits.handshake = 100ms;
  options.within = 300ms;
  auto const told = it.says(it.client({"127.0.0.1", silent.port(), {}}, support::cookie, options));
  BOOST_TEST(told.find("not_running: ") == 0U);
  BOOST_TEST(told.find("100 ms") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_thousand_silent_clients_keep_nobody_away) {
  served_runner server;
  std::vector<support::raw_tcp> silent;
  calling_loop it;
  for (int i = 0; i < 1000; ++i) {
    silent.emplace_back(server.port());
    if (i != 500) continue;
    auto const begun = std::chrono::steady_clock::now();
    BOOST_TEST(it.says(it.client(server.address())) == "");
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  }
  auto const begun = std::chrono::steady_clock::now();
  auto const over = it.client(server.address());
  BOOST_TEST(it.says(over) == "");
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  BOOST_TEST(server.listener().handshakes() <= 64U);
  BOOST_TEST(server.log.says("others wait, and its handshake takes the longest"));
  BOOST_TEST(over->is_open());
}

BOOST_AUTO_TEST_CASE(somebody_else_than_was_meant_is_not_called) {
  served_runner server;
  calling_loop it;
  pando::runner_client_options options;
  options.expected = "another";
  BOOST_TEST(it.says(it.client(server.address(), support::cookie, options)) ==
             "forbidden: no link to runner " + pando::print_runner_address(server.address()) +
                 ": it is server, and another was meant");
  options.expected = "server";
  BOOST_TEST(it.says(it.client(server.address(), support::cookie, options)) == "");
}

BOOST_AUTO_TEST_CASE(certificates_are_demanded_where_they_are_named) {
  support::scratch_folder const folder;
  auto const write = [&](std::string const& name, std::string const& text) {
    auto const path = folder.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  };
  auto const ours = support::make_identity("DNS:runner");
  auto const strange = support::make_identity("DNS:runner");
  auto const made = [&](std::string const& name, support::identity const& who,
                        std::string const& authority) {
    pando::link_security security;
    security.self = {name, 1};
    security.cookie = support::cookie;
    security.certificate_file = write(name + "-cert.pem", who.certificate);
    security.key_file = write(name + "-key.pem", who.key);
    security.authority_file = write(name + "-ca.pem", authority);
    return std::make_shared<pando::secure_link const>(security);
  };
  served_runner server("127.0.0.1:0", made("server", ours, ours.certificate));
  calling_loop it;
  pando::runner_client_options soon;
  soon.within = 200ms;
  BOOST_TEST(it.says(it.client(server.address(), made("a", ours, ours.certificate), soon)) == "");
  // One whose own is not trusted here, one that does not trust ours, one that has none.
  BOOST_TEST(it.says(it.client(server.address(), made("b", strange, ours.certificate), soon)) !=
             "");
  BOOST_TEST(server.log.says("its certificate is not trusted: self-signed certificate"));
  BOOST_TEST(it.says(it.client(server.address(), made("c", ours, strange.certificate), soon))
                 .find("its certificate is not trusted") != std::string::npos);
  BOOST_TEST(it.says(it.client(server.address(), support::cookie, soon)) != "");
  BOOST_TEST(it.says(it.client(server.address(), made("d", ours, ours.certificate), soon)) == "");
}

BOOST_AUTO_TEST_SUITE_END()

#endif
