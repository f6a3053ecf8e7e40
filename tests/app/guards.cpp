// Guards of a controller: they refuse on every door, the controller's before the route's, and
// before the request is looked at.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "app/installed.hpp"
#include "app/vault.hpp"
#include "socket/things.hpp"
#include "support/conformance.hpp"
#include "support/raw_http.hpp"
#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(guards)

namespace {

using names = std::vector<std::string>;

/// The room in this program, on a loop that a test runs.
struct served_room {
  served_room() {
    conformance::run(io, [this]() -> pando::task<void> {
      co_await app.serve({.http = 0, .http_host = "127.0.0.1", .socket_path = path, .threads = 2});
    });
  }
  served_room(served_room const&) = delete;
  ~served_room() {
    conformance::run(io, [this]() -> pando::task<void> { co_await app.stop(); });
  }

  support::scratch_folder folder{};
  std::string path = folder.path() + "/room.sock";
  vault::guards with{};
  boost::asio::io_context io{1};
  decltype(vault::make_app(with)) app = vault::make_app(with);
};

/// One call, which ends in `said`: who was let in, or why not.
template <class Client>
pando::task<std::string> enter(Client client) {
  std::string said;
  try {
    vault::Inside const inside = co_await client.template call<"enter">(3);
    said = inside.principal + " " + std::to_string(inside.steps);
  } catch (pando::forbidden const& refused) {
    said = refused.what();
  }
  co_return said;
}

} // namespace

BOOST_AUTO_TEST_CASE(each_refuses_in_its_turn_on_every_door) {
  served_room it;
  std::string const url = "http://127.0.0.1:" + std::to_string(it.app.http_port());
  struct turn {
    std::string refuses;
    std::string said;
    names asked;
  };
  std::vector<turn> const turns{{"", "gatehalldoor 3", {"gate", "hall", "door"}},
                                {"gate", "no entry: gate", {"gate"}},
                                {"hall", "no entry: hall", {"gate", "hall"}},
                                {"door", "no entry: door", {"gate", "hall", "door"}}};
  for (auto const& one : turns) {
    it.with.all.refuses = one.refuses;
    auto const right = [&](std::string const& said) {
      BOOST_TEST(said == one.said);
      BOOST_TEST(it.with.all.names == one.asked, boost::test_tools::per_element());
      it.with.all.names.clear();
    };
    conformance::run(it.io, [&]() -> pando::task<void> {
      auto const here = co_await enter(it.app.client<vault::Room>());
      right(here);
      auto const home = it.io.get_executor();
      auto link = co_await pando::connect(home, it.path);
      auto const over_socket = co_await enter(link.client<vault::Room>());
      right(over_socket);
      co_await link.close();
      auto const over_http = co_await enter(pando::http::client<vault::Room>(home, url));
      right(over_http);
    });
    // A request that is none: the guards are asked first, and what they say counts.
    bool const is_let_in = one.refuses.empty();
    raw_http::connection web(it.app.http_port());
    auto const answer = web.ask(raw_http::post("/room/enter", "{\"steps\":\"many\""));
    BOOST_TEST(answer.status == (is_let_in ? 400 : 403));
    if (!is_let_in) BOOST_TEST(answer.body.find(one.said) != std::string::npos, answer.body);
    right(one.said);
    things::raw_client line(it.path);
    auto const told =
        line.ask(R"({"jsonrpc":"2.0","id":1,"method":"room.enter","params":{"steps":"many"}})");
    auto const why = is_let_in ? std::string("\"invalid_request\"") : one.said;
    BOOST_TEST(told.find(why) != std::string::npos, told);
    right(one.said);
  }
  // The other route has the controller's alone.
  it.with.all.refuses = "door";
  raw_http::connection web(it.app.http_port());
  auto const answer = web.ask(raw_http::get("/room/look?steps=4"));
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body == R"({"principal":"gatehall","steps":4})");
  it.with.all.refuses = "hall";
  BOOST_TEST(web.ask(raw_http::get("/room/look?steps=4")).status == 403);
}

BOOST_AUTO_TEST_CASE(commands_are_refused_by_a_controllers_guard) {
  for (std::string const refuses : {"gate", "hall", "door", ""}) {
    app_test::installed it("vault");
    it.place.push_back({"VAULT_REFUSES", refuses});
    auto running = it.serve();
    for (bool const in_process : {false, true}) {
      auto const say = [&](std::vector<std::string> words) {
        if (in_process) words.push_back("--in-process");
        return it.run(std::move(words));
      };
      auto const entered = say({"room", "enter", "--steps", "3"});
      auto const looked = say({"room", "look", "--steps", "3", "--json"});
      if (refuses.empty()) {
        BOOST_TEST(entered.code == 0);
        BOOST_TEST(entered.written == "principal  gatehalldoor\nsteps      3\n");
      } else {
        BOOST_TEST(entered.code == 1);
        BOOST_TEST(entered.written == "vault: no entry: " + refuses + "\n");
      }
      bool const sees = refuses.empty() || refuses == "door";
      BOOST_TEST(looked.code == (sees ? 0 : 1));
      BOOST_TEST(looked.written ==
                 (sees ? "{\"principal\":\"gatehall\",\"steps\":3}\n"
                       : "{\"error\":\"forbidden\",\"message\":\"no entry: " + refuses + "\"}\n"));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
