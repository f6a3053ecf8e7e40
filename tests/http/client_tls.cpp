// The HTTP client over TLS, where it is built in; where it is not, the sentence that says so.
#include <boost/test/unit_test.hpp>

#include <pando/http/client.hpp>
#include <pando/http/detail/client_tls.hpp>

#include "http/shop.hpp"

#if PANDO_HAS_OPENSSL
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <boost/asio/ssl.hpp>

#include "support/identity.hpp"
#endif

BOOST_AUTO_TEST_SUITE(http_client_tls)

#if PANDO_HAS_OPENSSL

namespace {

using namespace std::chrono_literals;
using namespace shop;
using pando::task;
using pando::http::client_options;
using scripted::run;
using support::identity;
using support::make_identity;

/// A file that is gone after the test.
class file {
 public:
  explicit file(std::string const& text)
      : path_(std::filesystem::temp_directory_path() /
              ("pando-test-" + std::to_string(::getpid()) + ".pem")) {
    std::ofstream(path_) << text;
  }
  file(file const&) = delete;
  ~file() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Answers every request with a note, and says what it was asked.
class tls_server {
 public:
  tls_server(boost::asio::io_context& io, identity const& who)
      : context_(boost::asio::ssl::context::tls_server),
        acceptor_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
    context_.use_private_key(boost::asio::buffer(who.key), boost::asio::ssl::context::pem);
    context_.use_certificate_chain(boost::asio::buffer(who.certificate));
    boost::asio::co_spawn(io, accept(), boost::asio::detached);
  }
  std::string url(std::string const& host) const {
    return "https://" + host + ":" + std::to_string(acceptor_.local_endpoint().port());
  }
  int accepted = 0;
  std::string asked{};
  std::string named{}; ///< the name that the client has said it wants
  bool ends_rudely = false;

 private:
  task<void> accept() {
    for (;;) {
      scripted::tcp::socket socket = co_await acceptor_.async_accept(scripted::use_awaitable);
      ++accepted;
      boost::asio::co_spawn(acceptor_.get_executor(), one(std::move(socket)),
                            boost::asio::detached);
    }
  }
  task<void> one(scripted::tcp::socket socket) {
    using boost::asio::ssl::stream_base;
    boost::asio::ssl::stream<scripted::tcp::socket> stream(std::move(socket), context_);
    try {
      co_await stream.async_handshake(stream_base::server, scripted::use_awaitable);
      auto const* const name =
          ::SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
      named = name == nullptr ? "" : name;
      for (;;) {
        std::string text(4096, ' ');
        auto const count =
            co_await stream.async_read_some(boost::asio::buffer(text), scripted::use_awaitable);
        asked = text.substr(0, count);
        text = scripted::answer("200 OK", R"({"id":7,"text":"seven"})");
        if (ends_rudely) text = "HTTP/1.1 200 OK\r\n\r\n{\"id\":7,\"text\":\"seven\"}";
        co_await boost::asio::async_write(stream, boost::asio::buffer(text),
                                          scripted::use_awaitable);
        if (ends_rudely) co_return; // without close_notify
      }
    } catch (boost::system::system_error const&) { // the client refused, or has gone
    }
  }

  boost::asio::ssl::context context_;
  scripted::tcp::acceptor acceptor_;
};

constexpr long day = 86'400;

} // namespace

BOOST_AUTO_TEST_CASE(calls_over_tls_share_a_connection) {
  auto const who = make_identity("DNS:localhost,IP:127.0.0.1", -day, day);
  file const trusted(who.certificate);
  boost::asio::io_context io(1);
  tls_server at(io, who);
  auto const ca = trusted.path();
  auto const api =
      pando::http::client<Shop>(io.get_executor(), at.url("localhost"), {.ca_file = ca});
  run(io, [&]() -> task<void> {
    for (int i = 0; i < 3; ++i) {
      note got = co_await api.call<"show">(7);
      BOOST_TEST(got.text == "seven");
    }
  });
  BOOST_TEST(at.accepted == 1);
  BOOST_TEST(at.named == "localhost");
  BOOST_TEST(has(at.asked, "GET /shop/note/7 HTTP/1.1\r\nHost: localhost:"));
  auto const by_address =
      pando::http::client<Shop>(io.get_executor(), at.url("127.0.0.1"), {.ca_file = ca});
  run(io, [&]() -> task<void> {
    note got = co_await by_address.call<"show">(7);
    BOOST_TEST(got.text == "seven");
  });
  BOOST_TEST(at.named == "");
}

BOOST_AUTO_TEST_CASE(certificates_are_checked) {
  auto const refused = [](identity const& who, bool is_trusted, std::string const& host) {
    boost::asio::io_context io(1);
    file const certificate(who.certificate);
    tls_server at(io, who);
    auto const ca = is_trusted ? certificate.path() : std::string();
    auto const api = pando::http::client<Shop>(io.get_executor(), at.url(host), {.ca_file = ca});
    std::string why;
    run(io, [&]() -> task<void> {
      auto const call = [&] { return api.call<"show">(7); };
      why = co_await failing<pando::not_running>(call);
    });
    BOOST_TEST(at.asked == "", "nothing is sent to a peer that is not known");
    return why;
  };
  auto const good = make_identity("DNS:localhost,IP:127.0.0.1", -day, day);
  BOOST_TEST(has(refused(good, false, "localhost"), "the TLS handshake failed: "));
  BOOST_TEST(has(refused(good, false, "localhost"), "certificate verify failed"));
  auto const other = make_identity("DNS:example.org", -day, day);
  BOOST_TEST(has(refused(other, true, "localhost"), "certificate verify failed"));
  BOOST_TEST(has(refused(other, true, "127.0.0.1"), "certificate verify failed"));
  auto const old = make_identity("DNS:localhost", -3 * day, -day);
  BOOST_TEST(has(refused(old, true, "localhost"), "certificate verify failed"));
}

BOOST_AUTO_TEST_CASE(an_end_without_goodbye_is_no_end) {
  auto const who = make_identity("DNS:localhost", -day, day);
  file const trusted(who.certificate);
  boost::asio::io_context io(1);
  tls_server at(io, who);
  at.ends_rudely = true;
  auto const ca = trusted.path();
  auto const api =
      pando::http::client<Shop>(io.get_executor(), at.url("localhost"), {.ca_file = ca});
  run(io, [&]() -> task<void> {
    auto const call = [&] { return api.call<"show">(7); };
    auto const why = co_await failing<pando::disconnected>(call);
    BOOST_TEST(has(why, "broke off in the middle of the answer"));
  });
}

BOOST_AUTO_TEST_CASE(what_speaks_no_tls) {
  boost::asio::io_context io(1);
  scripted::server at(io, [](scripted::peer& one) -> task<void> {
    (void)co_await one.more();
    co_await one.say("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  auto url = at.url("localhost");
  url.insert(4, "s");
  auto const api = pando::http::client<Shop>(io.get_executor(), url);
  run(io, [&]() -> task<void> {
    auto const call = [&] { return api.call<"show">(7); };
    auto const why = co_await failing<pando::not_running>(call);
    BOOST_TEST(has(why, "the TLS handshake failed: "));
  });
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used) {
  boost::asio::io_context io(1);
  file const empty("no certificate");
  for (std::string const& path : {empty.path(), std::string("/no/such/file.pem")}) {
    try {
      (void)pando::http::client<Shop>(io.get_executor(), "https://localhost", {.ca_file = path});
      BOOST_ERROR("it was used");
    } catch (std::invalid_argument const& error) {
      BOOST_TEST(has(error.what(), "the certificates of " + path + " cannot be used: "));
    }
  }
}

#else

BOOST_AUTO_TEST_CASE(without_tls_https_is_refused_with_a_sentence) {
  boost::asio::io_context io(1);
  try {
    (void)pando::http::client<shop::Shop>(io.get_executor(), "https://localhost");
    BOOST_ERROR("it was taken");
  } catch (std::invalid_argument const& error) {
    BOOST_TEST(shop::has(error.what(), "built without TLS"));
    BOOST_TEST(shop::has(error.what(), "pando::openssl"));
  }
}

#endif

BOOST_AUTO_TEST_SUITE_END()
