// The HTTP door over TLS: the same connections, with a certificate made for the test.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "connection_fixture.hpp"

#ifdef PANDO_WITH_OPENSSL
#include <openssl/ssl.h>

#include "support/identity.hpp"
#endif

BOOST_AUTO_TEST_SUITE(http_tls)

using namespace http_test;

namespace {

bool complains(std::runtime_error const& error, std::string const& of) {
  return std::string(error.what()).find(of) != std::string::npos;
}

} // namespace

#ifndef PANDO_WITH_OPENSSL

BOOST_AUTO_TEST_CASE(without_openssl_it_says_so) {
  BOOST_TEST(!detail::has_tls());
  BOOST_CHECK_EXCEPTION(detail::make_tls_context("a", "b"), std::runtime_error,
                        [](auto const& error) { return complains(error, "built without TLS"); });
}

#else

namespace {

/// A key and a certificate signed by itself, in files of the test's folder.
struct test_certificate {
  test_certificate() {
    auto const made = support::make_identity("DNS:localhost");
    std::ofstream(file) << made.certificate;
    std::ofstream(key) << made.key;
  }
  std::string file = "http_tls_certificate.pem";
  std::string key = "http_tls_key.pem";
};

std::shared_ptr<detail::tls_context const> test_context() {
  static test_certificate const made;
  static auto const context = detail::make_tls_context(made.file, made.key);
  return context;
}

/// A blocking TLS peer.
class tls_peer {
 public:
  explicit tls_peer(running_server const& server, std::string const& protocol = "")
      : wire_(server), context_(::SSL_CTX_new(::TLS_client_method())), ssl_(::SSL_new(context_)) {
    ::SSL_set_fd(ssl_, wire_.handle());
    if (!protocol.empty()) {
      std::string const offer = static_cast<char>(protocol.size()) + protocol;
      ::SSL_set_alpn_protos(ssl_, reinterpret_cast<unsigned char const*>(offer.data()),
                            static_cast<unsigned>(offer.size()));
    }
    is_connected = ::SSL_connect(ssl_) == 1;
  }
  tls_peer(tls_peer const&) = delete;
  ~tls_peer() {
    ::SSL_free(ssl_);
    ::SSL_CTX_free(context_);
  }
  void say(std::string const& text) {
    ::SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
  }
  /// What comes until the end, or until `size` octets are there. An end that was not announced
  /// leaves `was_cut`.
  std::string hear(std::size_t size = static_cast<std::size_t>(-1)) {
    std::string all;
    char some[4096];
    while (all.size() < size) {
      int const got = ::SSL_read(ssl_, some, sizeof some);
      if (got <= 0) {
        was_cut = ::SSL_get_error(ssl_, got) != SSL_ERROR_ZERO_RETURN;
        break;
      }
      all.append(some, static_cast<std::size_t>(got));
    }
    return all;
  }
  void say_no_more() { ::SSL_shutdown(ssl_); }

  bool is_connected = false;
  bool was_cut = false;

 private:
  peer wire_;
  ::SSL_CTX* context_;
  ::SSL* ssl_;
};

} // namespace

BOOST_AUTO_TEST_CASE(requests_and_answers_are_sealed) {
  running_server server({}, test_context());
  tls_peer one(server, "http/1.1");
  BOOST_REQUIRE(one.is_connected);
  for (int i = 0; i < 100; ++i) one.say(get("/x"));
  one.say(post("/echo", std::string(300'000, 'e')));
  one.say(get("/later"));
  one.say(get("/last", "Connection: close\r\n"));
  auto const all = one.hear();
  BOOST_TEST(all.ends_with("/last"));
  BOOST_TEST(all.find(std::string(300'000, 'e')) != all.npos);
  BOOST_TEST(all.find("/later|localhost|") != all.npos);
  BOOST_TEST(server.handler.handled == 103);
}

BOOST_AUTO_TEST_CASE(much_is_streamed_to_a_slow_reader) {
  running_server server({}, test_context());
  tls_peer one(server);
  one.say(get("/flood"));
  BOOST_TEST(eventually([&] { return server.handler.written > 0; }));
  std::this_thread::sleep_for(100ms);
  BOOST_TEST(server.handler.written < 20'000);
  BOOST_TEST(one.hear(20'000'000).size() >= 20'000'000U);
}

BOOST_AUTO_TEST_CASE(the_end_is_announced) {
  running_server server({.linger_timeout = 200ms}, test_context());
  tls_peer one(server);
  one.say("nonsense\r\n\r\n");
  BOOST_TEST(status_of(one.hear()) == 400);
  BOOST_TEST(!one.was_cut);
  tls_peer half(server);
  half.say(get("/a") + get("/b"));
  half.say_no_more();
  BOOST_TEST(half.hear().ends_with("/b"));
}

BOOST_AUTO_TEST_CASE(peers_that_speak_no_tls_are_ended) {
  running_server server({.first_byte_timeout = 300ms, .linger_timeout = 200ms}, test_context());
  peer plain(server);
  plain.say(get("/x"));
  BOOST_TEST(plain.hear_all().find("HTTP/1.1 200") == std::string::npos);
  BOOST_TEST(plain.ended);
  peer mute(server); // and none waits for a handshake for ever
  mute.say("\x16\x03\x01");
  BOOST_TEST(mute.hear_all() == "");
  BOOST_TEST(mute.ended);
  BOOST_TEST(!tls_peer(server, "h2").is_connected);
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
  BOOST_TEST(server.handler.handled == 0);
}

BOOST_AUTO_TEST_CASE(a_stop_answers_over_tls_too) {
  running_server server({}, test_context());
  tls_peer one(server);
  one.say(get("/held") + get("/b"));
  BOOST_TEST(eventually([&] { return server.handler.handled == 1; }));
  auto const stopped = server.stop();
  server.on_loop([&](detail::server&) { server.handler.release(); });
  auto const all = one.hear();
  BOOST_TEST(all.ends_with("Connection: close\r\n\r\n/b"));
  BOOST_TEST(!one.was_cut);
  one.say_no_more();
  BOOST_TEST((stopped.wait_for(10s) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used_are_named) {
  test_context();
  std::ofstream("http_tls_no.pem") << "no certificate";
  auto const names = [](std::string const& what) {
    return [what](std::runtime_error const& error) { return complains(error, what); };
  };
  BOOST_TEST(detail::has_tls());
  BOOST_CHECK_EXCEPTION(detail::make_tls_context("not/there.pem", "http_tls_key.pem"),
                        std::runtime_error,
                        names("not/there.pem cannot be used: No such file or directory"));
  BOOST_CHECK_EXCEPTION(detail::make_tls_context("http_tls_certificate.pem", ""),
                        std::runtime_error, names("one of them is not named"));
  BOOST_CHECK_EXCEPTION(detail::make_tls_context("http_tls_no.pem", "http_tls_key.pem"),
                        std::runtime_error, names("http_tls_no.pem"));
  BOOST_CHECK_EXCEPTION(detail::make_tls_context("http_tls_certificate.pem", "http_tls_no.pem"),
                        std::runtime_error, names("the key http_tls_no.pem"));
}

#endif

BOOST_AUTO_TEST_SUITE_END()
