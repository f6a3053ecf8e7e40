// Connections over real sockets: keep-alive, pipelining, slow, silent, half-closed and killed
// peers, limits, streams, and a stop that loses nothing.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "connection_fixture.hpp"
#include "support/allocations.hpp"
#include "support/descriptors.hpp"

BOOST_AUTO_TEST_SUITE(http_connection)

using namespace http_test;

namespace {

std::string without_date(std::string answer) {
  auto const at = answer.find("Date: ");
  if (at != answer.npos) answer.erase(at, answer.find('\n', at) + 1 - at);
  return answer;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_connection_answers_again_and_again) {
  running_server server;
  peer one(server);
  for (int i = 0; i < 1000; ++i) {
    auto const path = "/n" + std::to_string(i);
    auto const length = std::to_string(path.size());
    BOOST_REQUIRE(without_date(one.ask(get(path))) ==
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + length +
                      "\r\n\r\n" + path);
  }
  BOOST_TEST(server.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(a_request_costs_no_allocation) {
  running_server server;
  peer one(server);
  auto const all = get("/x", "A: b\r\n") + post("/echo", "body") + get("/stream") + get("/empty");
  auto const run = [&](int times) {
    for (int i = 0; i < times; ++i) {
      one.say(all + all);
      for (int k = 0; k < 8; ++k) one.hear_answer();
    }
    return server.on_loop([](detail::server&) { return pando_test::allocations(); });
  };
  auto const warm = run(100);
  BOOST_TEST(warm > 0U);
  BOOST_TEST(run(500) - warm == 0U);
}

BOOST_AUTO_TEST_CASE(the_last_answer_says_that_it_is) {
  running_server server;
  peer one(server);
  one.say(get("/a", "Connection: close\r\n") + get("/b"));
  auto const all = one.hear_all();
  BOOST_TEST(all.find("Connection: close\r\n") != all.npos);
  BOOST_TEST(all.find("/b") == all.npos);
  BOOST_TEST(one.ended);

  peer old(server);
  old.say("GET /old HTTP/1.0\r\n\r\n");
  BOOST_TEST(old.hear_all().ends_with("Connection: close\r\n\r\n/old"));
  peer kept(server);
  auto const keep = "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  BOOST_TEST(kept.ask(keep).find("Connection: keep-alive\r\n") != std::string::npos);
  BOOST_TEST(body_of(kept.ask(keep)) == "/old");
}

BOOST_AUTO_TEST_CASE(answers_keep_the_order_of_requests) {
  running_server server;
  peer one(server);
  // Some are answered at once and some later; and more than one buffer holds.
  std::string all;
  for (int i = 0; i < 500; ++i)
    all += i % 100 == 7 ? get("/later?" + std::to_string(i)) : get("/n" + std::to_string(i));
  BOOST_TEST(one.say(all));
  for (int i = 0; i < 500; ++i) {
    auto const n = std::to_string(i);
    BOOST_REQUIRE(body_of(one.hear_answer()) ==
                  (i % 100 == 7 ? "/later?" + n + "|localhost|" : "/n" + n));
  }
}

BOOST_AUTO_TEST_CASE(what_comes_ahead_does_not_disturb_a_call) {
  running_server server;
  peer one(server);
  one.say(post("/later?x", "the body", "A: " + std::string(2000, 'a') + "\r\n"));
  std::string const more = post("/echo", std::string(200'000, 'b'));
  one.say(more);
  BOOST_TEST(body_of(one.hear_answer()) ==
             "/later?x|localhost|8|" + std::string(2000, 'a') + "|the body");
  BOOST_TEST(body_of(one.hear_answer()) == std::string(200'000, 'b'));
}

BOOST_AUTO_TEST_CASE(requests_may_come_octet_by_octet) {
  running_server server;
  peer one(server);
  for (char const c : post("/echo", "slowly")) {
    one.say({&c, 1});
    std::this_thread::sleep_for(1ms);
  }
  BOOST_TEST(body_of(one.hear_answer()) == "slowly");
}

BOOST_AUTO_TEST_CASE(chunked_requests_are_put_together) {
  running_server server;
  peer one(server);
  std::string const head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(body_of(one.ask(head + "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n")) ==
             "hello, world");
  one.say(head);
  std::string whole;
  for (int i = 0; i < 300; ++i) {
    std::string const piece(static_cast<std::size_t>(i) + 1, static_cast<char>('a' + i % 26));
    whole += piece;
    char size[16];
    std::snprintf(size, sizeof size, "%x\r\n", i + 1);
    one.say(size + piece + "\r\n");
  }
  one.say("0\r\nX-Sum: 1\r\n\r\n" + get("/next"));
  BOOST_TEST(body_of(one.hear_answer()) == whole);
  BOOST_TEST(body_of(one.hear_answer()) == "/next");
}

BOOST_AUTO_TEST_CASE(a_peer_that_asks_first_is_told_to_continue) {
  running_server server;
  peer one(server);
  one.say("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  BOOST_TEST(one.hear_some() == "HTTP/1.1 100 Continue\r\n\r\n");
  one.say("body");
  BOOST_TEST(body_of(one.hear_answer()) == "body");
  // Too large a body is refused before it is sent.
  one.say(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
  BOOST_TEST(status_of(one.hear_answer()) == 413);
  BOOST_TEST(one.hear_some() == "");
  BOOST_TEST(one.ended);
}

BOOST_AUTO_TEST_CASE(head_has_the_length_and_no_body) {
  running_server server;
  peer one(server);
  one.say("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" +
          get("/empty") + get("/x"));
  auto const hello = one.hear_answer(true);
  BOOST_TEST(hello.find("Content-Length: 6\r\n") != hello.npos);
  BOOST_TEST(one.hear_answer(true).find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  auto const empty = one.hear_answer(true);
  BOOST_TEST(status_of(empty) == 204);
  BOOST_TEST(empty.find("Content-Length") == empty.npos);
  BOOST_TEST(body_of(one.hear_answer()) == "/x");
}

BOOST_AUTO_TEST_CASE(streams_are_chunked_or_end_with_the_connection) {
  running_server server;
  peer one(server);
  BOOST_TEST(body_of(one.ask(get("/stream"))) == "4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n");
  BOOST_TEST(body_of(one.ask(get("/x"))) == "/x");
  peer old(server);
  old.say("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  BOOST_TEST(body_of(old.hear_all()) == "one,two");
  BOOST_TEST(!old.was_reset);
}

BOOST_AUTO_TEST_CASE(a_stream_that_breaks_does_not_look_whole) {
  running_server server;
  peer one(server);
  one.say(get("/broken"));
  auto const part = one.hear_all();
  BOOST_TEST(part.ends_with("b\r\nonly a part\r\n"));
  peer left(server); // whose stream is given up by all who knew of it
  left.say(get("/abandoned"));
  BOOST_TEST(left.hear_all().ends_with("b\r\nonly a part\r\n"));
  BOOST_TEST(server.handler.gone == 0);
  peer old(server);
  old.say("GET /broken HTTP/1.0\r\n\r\n");
  old.hear_all();
  BOOST_TEST(old.was_reset);
}

BOOST_AUTO_TEST_CASE(a_stream_waits_for_its_reader) {
  running_server server;
  peer one(server);
  one.say(get("/flood"));
  BOOST_TEST(eventually([&] { // full, and it stays so
    int const before = server.handler.written;
    std::this_thread::sleep_for(200ms);
    return before != 0 && server.handler.written == before;
  }));
  BOOST_TEST(server.handler.written < 20'000);
  auto const all = one.hear_answer();
  BOOST_TEST(server.handler.written == 20'000);
  BOOST_TEST(server.handler.drained > 1);
  BOOST_TEST(all.size() > 20'000'000U);
  BOOST_TEST(body_of(one.ask(get("/x"))) == "/x");
}

BOOST_AUTO_TEST_CASE(a_handler_sets_headers_for_its_answer_only) {
  running_server server;
  peer one(server);
  auto const answer = one.ask(get("/headers"));
  BOOST_TEST(answer.find("X-One: 1\r\nContent-Type: text/x\r\nSet-Cookie: a=b; HttpOnly; "
                         "SameSite=Lax\r\n") != answer.npos);
  BOOST_TEST(answer.find("text/plain") == answer.npos);
  BOOST_TEST(body_of(answer).starts_with("127.0.0.1:"));
  BOOST_TEST(one.ask(get("/x")).find("X-One") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_handler_that_fails_has_answered_500) {
  running_server server;
  peer one(server);
  for (std::string const path : {"/throw", "/nothing", "/dropped"}) {
    auto const answer = one.ask(get(path));
    BOOST_TEST(status_of(answer) == 500, path);
    BOOST_TEST(answer.find("secret") == answer.npos);
    BOOST_TEST(answer.find("application/problem+json") != answer.npos);
  }
  BOOST_TEST(body_of(one.ask(get("/x"))) == "/x");
}

BOOST_AUTO_TEST_CASE(malformed_requests_are_answered_and_end_the_connection) {
  running_server server;
  struct {
    std::string request;
    int status;
  } const cases[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
      {"GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", 417},
  };
  for (auto const& one : cases) {
    peer bad(server);
    bad.say(get("/good") + one.request + get("/after"));
    BOOST_TEST(status_of(bad.hear_answer()) == 200);
    auto const answer = bad.hear_answer();
    BOOST_TEST(status_of(answer) == one.status, answer);
    BOOST_TEST(answer.find("Connection: close\r\n") != answer.npos);
    BOOST_TEST(bad.hear_all() == "");
    BOOST_TEST(!bad.was_reset); // or the answer might have been lost
  }
}

BOOST_AUTO_TEST_CASE(a_refused_upload_sees_its_answer) {
  running_server server;
  peer one(server);
  one.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  for (int i = 0; i < 30; ++i) one.say(std::string(100'000, 'x')); // reads nothing meanwhile
  BOOST_TEST(status_of(one.hear_answer()) == 413);
}

BOOST_AUTO_TEST_CASE(slow_peers_are_told_so) {
  running_server server({.head_timeout = 200ms, .body_timeout = 400ms});
  peer head(server), body(server), slow(server);
  head.say("GET / HTTP/1.1\r\nHost: a\r\n");
  body.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  std::string answer;
  for (int i = 0; i < 500 && answer.empty() && !slow.ended; ++i) {
    slow.say("A"); // a word now and then does not help
    answer = slow.hear_some(20ms);
  }
  BOOST_TEST(status_of(answer) == 408);
  BOOST_TEST(status_of(head.hear_answer()) == 408);
  BOOST_TEST(status_of(body.hear_answer()) == 408);
  BOOST_TEST(body.hear_all() == "");
}

BOOST_AUTO_TEST_CASE(steady_peers_are_not_timed_out) {
  running_server server({.head_timeout = 1s, .idle_timeout = 1s});
  peer one(server);
  // Always in the middle of a head, but never long in the same one.
  std::string half = "GET /x HTTP/1.1\r\n";
  one.say(half);
  for (int i = 0; i < 15; ++i) {
    std::this_thread::sleep_for(100ms);
    one.say("Host: a\r\n\r\n" + half);
    BOOST_TEST(body_of(one.hear_answer()) == "/x");
  }
}

BOOST_AUTO_TEST_CASE(silent_peers_are_closed_without_a_word) {
  running_server server({.first_byte_timeout = 200ms, .idle_timeout = 200ms});
  peer mute(server), idle(server);
  idle.ask(get("/x"));
  BOOST_TEST(mute.hear_all() == "");
  BOOST_TEST(mute.ended);
  BOOST_TEST(idle.hear_all() == "");
  BOOST_TEST(idle.ended);
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_peer_that_reads_nothing_is_cut_off) {
  running_server server({.write_timeout = 300ms});
  peer one(server);
  auto const began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) one.say(get("/big"));
  BOOST_TEST(eventually([&] { return server.handler.handled > 0; }));
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
  BOOST_TEST((std::chrono::steady_clock::now() - began > 250ms));
  BOOST_TEST(server.handler.handled < 10); // what the kernel had no room for was not looked at
}

BOOST_AUTO_TEST_CASE(a_half_closed_peer_gets_its_answers) {
  running_server server({.half_close_grace = 10s});
  peer one(server);
  one.say(get("/a") + get("/later") + get("/b"));
  one.say_no_more();
  auto const all = one.hear_all();
  BOOST_TEST(all.ends_with("/b"));
  BOOST_TEST(all.find("/later|localhost|") != all.npos);
  BOOST_TEST(server.handler.gone == 0);

  peer half(server);
  half.say("GET /half HTTP/1.1\r\n");
  half.say_no_more();
  BOOST_TEST(half.hear_all() == "");
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_call_learns_that_its_peer_has_gone) {
  running_server server({.half_close_grace = 100ms});
  peer reset(server), closed(server), waiting(server);
  for (peer* const one : {&reset, &closed, &waiting}) one->say(get("/never"));
  BOOST_TEST(eventually([&] { return server.handler.handled == 3; }));
  reset.reset();
  BOOST_TEST(eventually([&] { return server.handler.gone == 1; }));
  closed.close();
  BOOST_TEST(eventually([&] { return server.handler.gone == 2; }));
  // One that only said no more: its call is ended too, but what it answers then arrives.
  waiting.say_no_more();
  BOOST_TEST(body_of(waiting.hear_all()) == "/never|localhost|");
  BOOST_TEST(server.handler.gone == 3);
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(ten_thousand_connections_come_and_go) {
  running_server server({.connections = 300});
  std::vector<peer> open;
  for (int i = 0; i < 10'000; ++i) {
    open.emplace_back(server);
    BOOST_REQUIRE(open.back().is_connected());
    if (i % 3 == 0) open.back().say(get("/x"));
    if (i % 3 == 1) open.back().say("GET /half");
    if (i % 7 == 0) open.back().reset();
    if (open.size() == 200) open.clear();
  }
  open.clear();
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
  BOOST_TEST(body_of(peer(server).ask(get("/x"))) == "/x");
}

BOOST_AUTO_TEST_CASE(who_left_before_being_accepted_leaves_nothing) {
  boost::asio::io_context loop(1);
  small_handler handler(loop);
  // No limit is to help.
  detail::server server(loop.get_executor(), handler,
                        {.first_byte_timeout = 60s, .head_timeout = 60s});
  auto const port = server.listen("127.0.0.1", 0);
  auto const before = support::descriptors();
  for (int i = 0; i < 600; ++i) {
    peer one(port);
    if (i % 4 == 1) one.say("GET /half");
    if (i % 4 == 2) one.say(get("/x"));
    if (i % 3 == 0) one.reset();
  }
  {
    peer last(port);
    std::thread runs([&] { loop.run(); });
    BOOST_TEST(body_of(last.ask(get("/last"))) == "/last");
    last.close();
    BOOST_TEST(eventually([&] { return support::descriptors() <= before; }));
    loop.stop();
    runs.join();
  }
  BOOST_TEST(server.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(at_the_limit_new_connections_wait) {
  running_server server({.connections = 2});
  peer first(server), second(server), third(server);
  BOOST_TEST(body_of(first.ask(get("/1"))) == "/1");
  BOOST_TEST(body_of(second.ask(get("/2"))) == "/2");
  third.say(get("/3"));
  BOOST_TEST(third.hear_some(300ms) == "");
  BOOST_TEST(server.connections() == 2U);
  first.close();
  BOOST_TEST(body_of(third.hear_answer()) == "/3");
}

BOOST_AUTO_TEST_CASE(a_connected_socket_can_be_served) {
  running_server server;
  int ends[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  server.on_loop([&](detail::server& on) { on.serve(ends[0]); });
  std::string const request = get("/headers");
  BOOST_TEST(::write(ends[1], request.data(), request.size()) ==
             static_cast<::ssize_t>(request.size()));
  char answer[1024];
  auto const got = ::read(ends[1], answer, sizeof answer);
  BOOST_REQUIRE(got > 0);
  std::string const text(answer, static_cast<std::size_t>(got));
  BOOST_TEST(text.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(body_of(text) == ""); // there is no address
  ::close(ends[1]);
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_stop_answers_what_was_accepted) {
  running_server server({.drain_idle = 5s});
  peer idle(server), busy(server), ahead(server), halfway(server);
  idle.ask(get("/x"));
  busy.say(get("/held"));
  ahead.say(get("/held") + get("/a") + get("/b"));
  halfway.say("GET /half HTTP/1.1\r\nHost:");
  BOOST_TEST(eventually([&] { return server.handler.handled == 3; }));
  BOOST_TEST(eventually([&] { return server.connections() == 4; }));
  auto const stopped = server.stop();
  server.on_loop([&](detail::server&) { server.handler.release(); });
  halfway.say(" a\r\n\r\n");
  idle.say(get("/y"));

  auto const answer = busy.hear_all();
  BOOST_TEST(status_of(answer) == 200);
  BOOST_TEST(answer.find("Connection: close\r\n") != answer.npos);
  auto const answers = ahead.hear_all();
  BOOST_TEST(answers.ends_with("Connection: close\r\n\r\n/b"));
  BOOST_TEST(answers.find("\r\n\r\n/a") != answers.npos);
  BOOST_TEST(body_of(halfway.hear_all()) == "/half");
  BOOST_TEST(body_of(idle.hear_all()) == "/y");
  for (peer* const one : {&idle, &busy, &ahead, &halfway}) one->close();
  BOOST_TEST((stopped.wait_for(10s) == std::future_status::ready));
  BOOST_TEST(server.connections() == 0U);
  BOOST_TEST(!peer(server).is_connected());
}

BOOST_AUTO_TEST_CASE(a_stop_takes_those_the_kernel_has_accepted) {
  running_server server({.drain_idle = 5s});
  std::vector<peer> waiting;
  std::shared_future<void> stopped;
  // The loop is busy while they connect and ask, and stops before it has seen any of them.
  server.on_loop([&](detail::server& on) {
    for (int i = 0; i < 100; ++i) {
      waiting.emplace_back(server);
      waiting.back().say(get("/x"));
    }
    auto const done = std::make_shared<std::promise<void>>();
    on.stop(10s, [done] { done->set_value(); });
    stopped = done->get_future().share();
  });
  for (peer& one : waiting) BOOST_TEST(body_of(one.hear_all()) == "/x");
  waiting.clear();
  BOOST_TEST((stopped.wait_for(10s) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(a_stop_has_a_limit) {
  running_server server;
  peer one(server);
  one.say(get("/never"));
  BOOST_TEST(eventually([&] { return server.handler.handled == 1; }));
  auto const began = std::chrono::steady_clock::now();
  auto const first = server.stop(300ms);
  auto const second = server.stop(1h);
  BOOST_TEST((first.wait_for(10s) == std::future_status::ready));
  BOOST_TEST((std::chrono::steady_clock::now() - began >= 300ms));
  BOOST_TEST((second.wait_for(10s) == std::future_status::ready));
  BOOST_TEST(server.handler.gone == 1);
  BOOST_TEST((server.stop().wait_for(10s) == std::future_status::ready)); // again: at once
}

BOOST_AUTO_TEST_CASE(a_server_may_end_at_any_time) {
  for (int i = 0; i < 20; ++i) {
    std::vector<peer> peers;
    {
      running_server server;
      for (std::string const path : {"/never", "/later", "/flood", "/x", "/big"}) {
        peers.emplace_back(server);
        peers.back().say(get(path) + "GET /half");
      }
      std::this_thread::sleep_for(milliseconds(i * 3));
    }
    for (peer& one : peers) {
      one.hear_all();
      BOOST_TEST(one.ended);
    }
  }
}

BOOST_AUTO_TEST_CASE(listening_fails_with_a_sentence) {
  running_server server;
  server.on_loop([&](detail::server& on) {
    auto const says = [](std::string const& text) {
      return [text](std::runtime_error const& error) {
        return std::string(error.what()).find(text) != std::string::npos;
      };
    };
    BOOST_CHECK_EXCEPTION(on.listen("localhost", 0), std::runtime_error, says("not an address"));
    BOOST_CHECK_EXCEPTION(on.listen("127.0.0.1", server.port), std::runtime_error,
                          says("port " + std::to_string(server.port)));
    BOOST_TEST(on.listen("::1", 0) != 0);
  });
}

BOOST_AUTO_TEST_CASE(a_listener_can_be_shared) {
  running_server first, second;
  int const shared = ::dup(first.on_loop([](detail::server& on) { return on.listeners().front(); }));
  second.on_loop([&](detail::server& on) { on.adopt_listener(shared); });
  // The first stops; nobody is refused.
  BOOST_TEST((first.stop().wait_for(10s) == std::future_status::ready));
  BOOST_TEST(body_of(peer(first.port).ask(get("/x"))) == "/x");
  BOOST_TEST(second.handler.handled == 1);
}

BOOST_AUTO_TEST_SUITE_END()
