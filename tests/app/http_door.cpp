// The HTTP door of a program that runs: TLS and CORS by its flags, its own pages, and its last
// words.
#include <cctype>
#include <chrono>
#include <fstream>
#include <set>
#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "app/installed.hpp"
#include "app/swap.hpp"
#include "support/comes_true.hpp"
#include "support/descriptors.hpp"
#include "support/process.hpp"
#include "support/raw_http.hpp"
#include "user_code/run.hpp"

#ifdef PANDO_WITH_OPENSSL
#include <openssl/ssl.h>

#include "support/identity.hpp"
#endif

BOOST_AUTO_TEST_SUITE(http_door_of_a_program)

namespace {

using app_test::installed;
using app_test::port_of;
using raw_http::get;
using raw_http::post;

/// Whether nobody listens there any more.
bool is_refused(std::uint16_t port) {
  try {
    raw_http::connection const made(port);
    return false;
  } catch (std::runtime_error const&) {
    return true;
  }
}

} // namespace

#ifdef PANDO_WITH_OPENSSL

namespace {

/// A program, and a certificate for 127.0.0.1 beside it.
struct with_certificate : installed {
  with_certificate() {
    auto const made = support::make_identity("IP:127.0.0.1,DNS:localhost");
    std::ofstream(certificate) << made.certificate;
    std::ofstream(key) << made.key;
  }
  std::string certificate = folder.path() + "/certificate.pem";
  std::string key = folder.path() + "/key.pem";
};

/// One request in OpenSSL's own words, by someone who trusts that certificate alone; what came, or
/// why there was no handshake.
std::string ask_over_tls(std::uint16_t port, std::string const& trusted, std::string const& text) {
  std::unique_ptr<::SSL_CTX, decltype(&::SSL_CTX_free)> const context(
      ::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free);
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_load_verify_locations(context.get(), trusted.c_str(), nullptr);
  std::unique_ptr<::BIO, decltype(&::BIO_free_all)> const wire(::BIO_new_ssl_connect(context.get()),
                                                               &::BIO_free_all);
  ::SSL* ssl = nullptr;
  BIO_get_ssl(wire.get(), &ssl);
  ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), "127.0.0.1");
  BIO_set_conn_hostname(wire.get(), ("127.0.0.1:" + std::to_string(port)).c_str());
  if (BIO_do_handshake(wire.get()) != 1)
    return "no handshake: " + std::to_string(::SSL_get_verify_result(ssl));
  ::BIO_write(wire.get(), text.data(), static_cast<int>(text.size()));
  std::string all;
  char some[4096];
  for (int count = 0; (count = ::BIO_read(wire.get(), some, sizeof some)) > 0;)
    all.append(some, static_cast<std::size_t>(count));
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(over_tls) {
  with_certificate it;
  auto running = it.serve({"--tls-certificate", it.certificate, "--tls-key", it.key});
  auto const port = port_of(*running);
  BOOST_TEST(running->writes("https://127.0.0.1:" + std::to_string(port)));
  auto const got = ask_over_tls(port, it.certificate, get("/swap/at/7", "Connection: close\r\n"));
  BOOST_TEST(got.starts_with("HTTP/1.1 200 "), got);
  BOOST_TEST(got.ends_with("\r\n\r\n{\"ms\":7}"), got);
  run([&]() -> pando::task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const url = "https://127.0.0.1:" + std::to_string(port);
    pando::http::client_options options;
    options.ca_file = it.certificate;
    auto api = pando::http::client<swap_app::Swap>(home, url, options);
    swap_app::Who const who = co_await api.call<"who">();
    BOOST_TEST(who.process == running->id());
    auto items = api.stream<"count">(3, 1);
    int count = 0;
    while (std::optional<swap_app::Who> one = co_await items.next())
      count += one->process == who.process;
    BOOST_TEST(count == 3);
    // Who does not trust that certificate does not talk.
    auto stranger = pando::http::client<swap_app::Swap>(home, url);
    std::string refused;
    try {
      (void)co_await stranger.call<"who">();
    } catch (pando::not_running const& error) {
      refused = error.what();
    }
    BOOST_TEST(refused.find("certificate verify failed") != refused.npos, refused);
  });
  // In the clear it answers nothing of the app's: an alert of TLS at most.
  raw_http::connection plain(port);
  plain.send(get("/swap/who"));
  auto const heard = plain.read_to_end();
  BOOST_TEST(heard.size() <= 7U);
  BOOST_TEST(heard.find("HTTP") == heard.npos);
  running->signal(SIGTERM);
  BOOST_TEST(running->wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_cannot_be_used_ends_the_start) {
  with_certificate it;
  auto const none = it.run({"serve", "--http", "127.0.0.1:0", "--tls-certificate", "/not/there.pem",
                            "--tls-key", it.key});
  BOOST_TEST(none.code == 1);
  BOOST_TEST(none.written.find("/not/there.pem") != std::string::npos, none.written);
  auto const half = it.run({"serve", "--http", "127.0.0.1:0", "--tls-certificate", it.certificate});
  BOOST_TEST(half.code == 2);
  BOOST_TEST(half.written == "swap: --tls-certificate needs --tls-key beside it\n");
}

#endif

BOOST_AUTO_TEST_CASE(cors_is_opt_in) {
  installed it;
  std::string_view const preflight =
      "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: content-type\r\n";
  std::string_view const simple = "Origin: https://shop.example\r\n";
  {
    auto running = it.serve();
    raw_http::connection web(port_of(*running));
    auto const before = web.ask(get("/swap/slow", preflight, "OPTIONS"));
    auto const plain = web.ask(get("/swap/who", simple));
    BOOST_TEST(plain.status == 200);
    for (auto const& answer : {before, plain})
      for (auto const& [name, value] : answer.headers)
        BOOST_TEST(name.find("access-control") == std::string::npos, name);
  }
  auto running = it.serve({"--cors-origin", "https://shop.example"});
  raw_http::connection web(port_of(*running));
  auto const before = web.ask(get("/swap/slow", preflight, "OPTIONS"));
  BOOST_TEST(before.status == 204);
  BOOST_TEST(before.header("access-control-allow-origin") == "https://shop.example");
  BOOST_TEST(before.header("access-control-allow-methods") == "POST, OPTIONS");
  BOOST_TEST(before.header("access-control-allow-headers") == "content-type");
  for (auto const& request :
       {get("/swap/who", simple), get("/nowhere", simple), post("/swap/slow", "{", simple),
        post("/swap/count", R"({"items":2,"ms":0})", simple)}) {
    auto const answer = web.ask(request);
    BOOST_TEST(answer.header("access-control-allow-origin") == "https://shop.example");
    BOOST_TEST(answer.header("vary") == "Origin");
  }
}

BOOST_AUTO_TEST_CASE(its_own_pages) {
  installed it("api");
  auto running = it.serve();
  raw_http::connection web(port_of(*running));
  BOOST_TEST(web.ask(get("/healthz")).body == R"({"status":"ok"})");
  auto const ready = web.ask(get("/readyz"));
  BOOST_TEST(ready.status == 200);
  BOOST_TEST(ready.body == R"({"status":"ready"})");
  auto const document = web.ask(get("/openapi.json"));
  BOOST_TEST(document.status == 200);
  BOOST_TEST(document.header("content-type") == "application/json");
  BOOST_TEST(document.body + "\n" == it.run({"openapi"}).written);
  // Every place that the routes are said to answer at is in it, and none besides.
  std::set<std::string> told;
  auto const read = boost::json::parse(document.body);
  for (auto const& [path, methods] : read.at("paths").as_object())
    for (auto const& [method, what] : methods.as_object())
      told.insert(std::string(method) + " " + std::string(path));
  std::set<std::string> served;
  auto const routes = boost::json::parse(it.run({"routes", "--json"}).written);
  for (auto const& route : routes.as_array())
    for (auto const& place : route.at("endpoints").as_array()) {
      std::string method(place.at("method").as_string());
      for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      served.insert(method + " " + std::string(place.at("path").as_string()));
    }
  BOOST_TEST(served.size() == 13U); // each route of the API has one
  BOOST_TEST(told == served, boost::test_tools::per_element());
}

namespace {

/// The app with one limit of its own, all others being what they are by default.
struct limited : installed {
  limited(std::string const& flag, std::string const& value, std::string of = "swap")
      : installed(std::move(of)), running(serve({"--http-" + flag, value})), begun(std::chrono::steady_clock::now()) {}

  raw_http::connection connect(int receive_buffer = 0) const {
    return raw_http::connection(port_of(*running), receive_buffer);
  }
  /// Whether the limit of 200 ms was what ended it, and not that of 10 s or more.
  bool was_soon() const {
    auto const took = std::chrono::steady_clock::now() - begun;
    return took > std::chrono::milliseconds(150) && took < std::chrono::seconds(8);
  }

  std::unique_ptr<support::process> running;
  std::chrono::steady_clock::time_point begun;
};

} // namespace

BOOST_AUTO_TEST_CASE(each_limit_has_its_flag) {
  auto const head = "POST /swap/slow HTTP/1.1\r\nHost: test\r\nContent-Length: 20\r\n";
  {
    limited it("max-body", "40");
    auto const body = R"({"ms":1,"x":")" + std::string(40, 'x') + "\"}";
    BOOST_TEST(it.connect().ask(post("/swap/slow", body)).status == 413);
    BOOST_TEST(it.connect().ask(post("/swap/slow", R"({"ms":1})")).status == 200);
  }
  {
    limited it("max-head", "200");
    auto const long_one = "X: " + std::string(200, 'x') + "\r\n";
    BOOST_TEST(it.connect().ask(get("/swap/who", long_one)).status == 431);
    BOOST_TEST(it.connect().ask(get("/swap/who")).status == 200);
  }
  {
    limited it("max-connections", "1");
    auto first = it.connect();
    BOOST_TEST(first.ask(get("/swap/who")).status == 200);
    auto second = it.connect();
    second.give_up_after(std::chrono::seconds(1));
    second.send(get("/swap/who"));
    BOOST_CHECK_THROW(second.read(), std::runtime_error);
    first.close();
    second.give_up_after(std::chrono::seconds(20));
    BOOST_TEST(second.read().status == 200);
  }
  {
    limited it("first-byte-ms", "200");
    BOOST_TEST(it.connect().is_at_end());
    BOOST_TEST(it.was_soon());
  }
  {
    limited it("head-ms", "200");
    auto web = it.connect();
    web.send(head);
    BOOST_TEST(web.read().status == 408);
    BOOST_TEST(web.is_at_end());
    BOOST_TEST(it.was_soon());
  }
  {
    limited it("body-ms", "200");
    auto web = it.connect();
    web.send(std::string(head) + "\r\n{\"ms\":");
    BOOST_TEST(web.read().status == 408);
    BOOST_TEST(web.is_at_end());
    BOOST_TEST(it.was_soon());
  }
  {
    limited it("idle-ms", "200");
    auto web = it.connect();
    BOOST_TEST(web.ask(get("/swap/who")).status == 200);
    BOOST_TEST(web.is_at_end());
    BOOST_TEST(it.was_soon());
  }
  {
    limited it("write-ms", "200", "api");
    auto const process = std::to_string(it.running->id());
    auto const before = support::descriptors(process);
    auto web = it.connect(4096);
    web.send(post("/api/count", R"({"last":1000000000})"));
    auto const begun = std::chrono::steady_clock::now();
    BOOST_TEST(support::comes_true([&] { return support::descriptors(process) > before; }));
    BOOST_TEST(support::comes_true([&] { return support::descriptors(process) <= before; }));
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(15)));
    auto const got = web.read_to_end(); // what the kernels held, without an end
    BOOST_TEST(got.starts_with("HTTP/1.1 200 "));
    BOOST_TEST(!got.ends_with("0\r\n\r\n"));
  }
}

BOOST_AUTO_TEST_CASE(readiness_while_it_stops) {
  installed it;
  auto running = it.serve();
  auto const port = port_of(*running);
  raw_http::connection slow(port);
  slow.send(post("/swap/slow", R"({"ms":700})") + get("/readyz"));
  auto const partly = get("/readyz");
  raw_http::connection probe(port);
  probe.send(partly.substr(0, 20));
  BOOST_TEST(raw_http::connection(port).ask(partly).status == 200); // so both are accepted
  running->signal(SIGTERM);
  BOOST_TEST(running->writes("SIGTERM: stopping"));
  probe.send(partly.substr(20));
  auto const stopping = probe.read();
  BOOST_TEST(stopping.status == 503);
  BOOST_TEST(stopping.body == R"({"status":"stopping"})");
  BOOST_TEST(stopping.header("connection") == "close");
  BOOST_TEST(is_refused(port));
  BOOST_TEST(running->runs());
  // What was accepted is answered: by the app, and by the door behind it.
  auto const answered = slow.read();
  BOOST_TEST(answered.status == 200);
  BOOST_TEST(answered.body == "{\"process\":" + std::to_string(running->id()) + "}");
  BOOST_TEST(slow.read().status == 503);
  BOOST_TEST(running->wait(std::chrono::seconds(5)) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
