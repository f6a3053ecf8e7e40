// Entities over doors: HTTP, JSON texts, the typed client of a link.
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/http/expose.hpp>
#include <pando/pando.hpp>

#include "support/raw_http.hpp"
#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(entities_over_doors)

namespace {

struct AddItem {
  pando::checked<std::string, pando::is::non_empty> name;
  pando::defaulted<int, 1> pieces;
};
struct SoldOut {
  static constexpr int http_status = 409;
  std::string name;
};
struct Range {
  int from;
  int to;
};
struct Basket {
  std::string owner;
  int pieces;
};

/// Lets in who says a name, and no one else.
struct SignedIn {
  void check(pando::caller& who) {
    auto const name = who.header("x-name");
    if (name.empty() && who.transport != "in-process")
      throw pando::unauthenticated("say who you are");
    who.principal = name;
  }
};

struct Cart : pando::entity<"Cart", pando::rpc<"AddItem", Basket(AddItem), pando::raises<SoldOut>>,
                            pando::rpc<"Total", int()>, pando::rpc<"Empty", void()>,
                            pando::rpc<"Numbers", pando::stream<int>(Range)>,
                            pando::rpc<"Seen", std::string(), pando::guarded_by<SignedIn>,
                                       pando::discardable>,
                            pando::rpc<"Order", int(AddItem), pando::discardable>,
                            pando::rpc<"Keep", int(AddItem), pando::persisted,
                                       pando::discardable>> {};
struct Shelf : pando::entity<"Shelf", pando::rpc<"Put", int(AddItem)>> {};

struct CartState {
  int pieces = 0;
};
pando::stream<int> numbers(Range in) {
  for (int i = in.from; i < in.to; ++i) co_yield i;
  if (in.to == 13) throw std::runtime_error("thirteen");
}

inline auto const carts = pando::implement<Cart>(
    pando::state<CartState>,
    pando::on<"AddItem"> =
        [](CartState& s, AddItem in, pando::entity_context& about) {
          if (*in.name == "moon") throw SoldOut{*in.name};
          s.pieces += in.pieces;
          return Basket{std::string(about.id()), s.pieces};
        },
    pando::on<"Total"> = [](CartState& s) -> pando::task<int> { co_return s.pieces; },
    pando::on<"Empty"> = [](CartState& s) { s.pieces = 0; },
    pando::on<"Numbers"> = [](Range in) { return numbers(in); },
    pando::on<"Seen"> =
        [](pando::caller const& who) {
          return who.principal + " by " + std::string(who.transport);
        },
    pando::on<"Order"> = [](CartState& s, AddItem in) { return s.pieces += in.pieces; },
    pando::on<"Keep"> = [](CartState& s, AddItem in) -> pando::task<int> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                      std::chrono::milliseconds(20)); // whoever asked has gone
      co_await timer.async_wait(boost::asio::use_awaitable);
      co_return s.pieces += in.pieces;
    });
inline auto const shelves = pando::implement<Shelf>(
    pando::state<CartState>,
    pando::on<"Put"> = [](CartState& s, AddItem in) { return s.pieces += in.pieces; });

template <class Body>
void run(Body body) {
  boost::asio::io_context io(1);
  std::exception_ptr failed;
  boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
    failed = error;
    io.stop();
  });
  io.run();
  if (failed) std::rethrow_exception(failed);
}

auto make(SignedIn& guard) {
  auto app = pando::app(carts, shelves, pando::http::expose<Cart>()).provide(guard).named("carts");
  app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
  return app;
}

} // namespace

BOOST_AUTO_TEST_CASE(by_words_and_texts) {
  SignedIn guard;
  auto app = make(guard);
  run([&]() -> pando::task<void> {
    std::string text =
        co_await app.invoke("cart add-item", R"({"entity_id":"a","name":"pear","pieces":3})");
    BOOST_TEST(text == R"({"owner":"a","pieces":3})");
    text = co_await app.invoke("cart total", R"({"entity_id":"a"})");
    BOOST_TEST(text == "3");
    text = co_await app.invoke("cart total", R"({"entity_id":"b"})");
    BOOST_TEST(text == "0");
    text = co_await app.invoke("cart numbers", R"({"entity_id":"a","from":1,"to":4})");
    BOOST_TEST(text == "[1,2,3]");
    text = co_await app.invoke("cart order discard", R"({"entity_id":"c","name":"y"})");
    BOOST_TEST(text == "null"); // nothing is told of its end
    text = co_await app.invoke("cart total", R"({"entity_id":"c"})");
    BOOST_TEST(text == "1");
    text = co_await app.invoke("shelf put", R"({"entity_id":"s","name":"x"})");
    BOOST_TEST(text == "1"); // commands open what HTTP does not
    auto const typed = app.client<Cart>("a");
    int const total = co_await typed.call<"Total">();
    BOOST_TEST(total == 3); // the same instance
    try {
      co_await app.invoke("cart add-item", R"({"entity_id":"","name":""})");
      BOOST_ERROR("a rule was broken");
    } catch (pando::invalid_request const& refused) {
      BOOST_REQUIRE_EQUAL(refused.faults().list.size(), 2U);
      BOOST_TEST(refused.faults().list[0].path == "/entity_id");
      BOOST_TEST(refused.faults().list[1].path == "/name");
    }
  });
}

BOOST_AUTO_TEST_CASE(over_http) {
  SignedIn guard;
  auto app = make(guard);
  boost::asio::io_context io(1);
  auto const done = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  pando::serve_options options;
  options.http = 0;
  options.no_socket = true;
  boost::asio::co_spawn(io, app.serve(options), done);
  while (!app.is_serving()) io.run_one();
  std::thread loop([&] { io.run(); });
  {
    auto const ask = [&](std::string const& path, std::string const& body,
                         std::string const& more = "") {
      raw_http::connection connection(app.http_port());
      return connection.ask("POST " + path + " HTTP/1.1\r\nhost: a\r\n" + more +
                            "content-type: application/json\r\ncontent-length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    auto got = ask("/cart/a/add-item", R"({"name":"pear","pieces":2})");
    BOOST_TEST(got.status == 200);
    BOOST_TEST(got.body == R"({"owner":"a","pieces":2})");
    got = ask("/cart/a/add-item", R"({"name":"moon"})");
    BOOST_TEST(got.status == 409);
    BOOST_TEST(got.body.find("moon") != std::string::npos);
    got = ask("/cart/a/add-item", R"({"name":""})");
    BOOST_TEST(got.status == 422);
    got = ask("/cart/" + std::string(513, 'x') + "/add-item", R"({"name":"pear"})");
    BOOST_TEST(got.status == 422);
    BOOST_TEST(got.body.find("entity_id") != std::string::npos);
    got = ask("/cart/a/empty", "{}");
    BOOST_TEST(got.status == 204);
    got = ask("/cart/a/seen", "{}");
    BOOST_TEST(got.status == 401); // the guard is asked at the door
    got = ask("/cart/a/seen", "{}", "x-name: ada\r\n");
    BOOST_TEST(got.body == R"("ada by http")");
    got = ask("/cart/a/numbers", R"({"from":1,"to":3})");
    BOOST_TEST(got.body.find("1\n2\n") != std::string::npos);
    got = ask("/cart/d/order/discard", R"({"name":"pear","pieces":2})");
    BOOST_TEST(got.status == 202);
    BOOST_TEST(got.body.empty());
    got = ask("/cart/d/order/discard", R"({"name":""})");
    BOOST_TEST(got.status == 422); // what is refused is never begun
    got = ask("/cart/d/seen/discard", "{}");
    BOOST_TEST(got.status == 401); // the guards are those of the rpc
    got = ask("/cart/d/seen/discard", "{}", "x-name: ada\r\n");
    BOOST_TEST(got.status == 202);
    got = ask("/cart/d/keep/discard", R"({"name":"pear","pieces":5})");
    BOOST_TEST(got.status == 202);
    for (int i = 0; i < 500 && got.body != "7"; ++i) { // it is carried out nevertheless
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      got = ask("/cart/d/total", "{}");
    }
    BOOST_TEST(got.body == "7");
    got = ask("/cart/d/empty/discard", "{}");
    BOOST_TEST(got.status == 202);
    got = ask("/cart/d/add-item/discard", R"({"name":"pear"})");
    BOOST_TEST(got.status == 404); // its answer is not to be thrown away
    got = ask("/shelf/a/put", R"({"name":"x"})");
    BOOST_TEST(got.status == 404); // nobody exposed it
    raw_http::connection connection(app.http_port());
    got = connection.ask(raw_http::get("/openapi.json"));
    BOOST_TEST(got.body.find("/cart/{entity_id}/add-item") != std::string::npos);
    BOOST_TEST(got.body.find("/cart/{entity_id}/add-item/discard") == std::string::npos);
    auto const discards = got.body.find("\"/cart/{entity_id}/order/discard\"");
    BOOST_REQUIRE(discards != std::string::npos);
    auto const accepted = got.body.find("\"202\"", discards);
    BOOST_REQUIRE(accepted != std::string::npos);
    BOOST_TEST(got.body.substr(discards, accepted - discards).find("\"200\"") == std::string::npos);
    BOOST_TEST(got.body.find("/shelf") == std::string::npos);
  }
  boost::asio::co_spawn(io, app.stop(), done);
  loop.join();
}

BOOST_AUTO_TEST_CASE(by_the_typed_client_of_a_link) {
  SignedIn guard;
  auto app = make(guard);
  support::scratch_folder const folder;
  auto const path = folder.path() + "/carts.sock";
  run([&]() -> pando::task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    pando::serve_options options;
    options.socket_path = path;
    co_await app.serve(options);
    auto link = co_await pando::connect(home, path);
    auto const cart = link.client<Cart>("a");
    AddItem const pears{std::string("pear"), 4};
    Basket const basket = co_await cart.call<"AddItem">(pears);
    BOOST_TEST(basket.pieces == 4);
    BOOST_TEST(basket.owner == "a");
    int const total = co_await cart.call<"Total">();
    BOOST_TEST(total == 4);
    co_await cart.call<"Empty">();
    auto const local = app.client<Cart>("a");
    int const after = co_await local.call<"Total">();
    BOOST_TEST(after == 0);
    co_await cart.discard<"Keep">("pear", 3); // gone on before it is carried out
    int kept = co_await cart.call<"Total">();
    BOOST_TEST(kept == 3); // one handler at a time: the call waits for that before it
    AddItem const moon{std::string("moon"), 1};
    bool is_sold_out = false;
    try {
      co_await cart.call<"AddItem">(moon);
    } catch (SoldOut const& error) {
      is_sold_out = error.name == "moon";
    }
    BOOST_TEST(is_sold_out);
    auto items = cart.stream<"Numbers">(1, 201);
    int sum = 0;
    while (std::optional<int> item = co_await items.next()) sum += *item;
    BOOST_TEST(sum == 200 * 201 / 2);
    {
      auto dropped = cart.stream<"Numbers">(0, 1'000'000);
      std::optional<int> const first = co_await dropped.next();
      BOOST_TEST(first.has_value());
    }
    bool is_broken = false;
    auto broken = cart.stream<"Numbers">(12, 13);
    try {
      while (co_await broken.next()) {
      }
    } catch (pando::internal_failure const&) {
      is_broken = true;
    }
    BOOST_TEST(is_broken);
    bool is_refused = false;
    try {
      co_await cart.call<"Seen">();
    } catch (pando::unauthenticated const&) {
      is_refused = true;
    }
    BOOST_TEST(is_refused);
    BOOST_CHECK_THROW(link.client<Cart>(""), std::invalid_argument);
    co_await link.close();
    co_await app.stop();
  });
}

BOOST_AUTO_TEST_SUITE_END()
