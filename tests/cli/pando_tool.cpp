// The tool `pando` as people use it, against an app that answers as the test says.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/cli/detail/value.hpp>
#include <pando/config.hpp>
#include <pando/schema/json.hpp>

#include "fake_app.hpp"
#include "session.hpp"
#include "shop.hpp"

BOOST_AUTO_TEST_SUITE(pando_tool)

namespace {

using shop::notice;
using shop::response;

std::string description() {
  pando::buffer text;
  pando::json::encode(shop::described(), text);
  return std::string(text.view());
}

/// An app that describes itself and answers the calls of these tests.
void serve(shop::fake_connection& client) {
  for (std::string line; !(line = client.hear()).empty();) {
    pando::cli::detail::json_value request;
    std::string why;
    pando::cli::detail::parse_json(line, request, why);
    auto const method = std::string(request.text_of("method"));
    auto const* const params = request.find("params");
    if (method == "pando.describe") {
      client.say(response("\"result\":" + description()));
    } else if (method == "user.show" && params->number_of("id", 0) == 404) {
      client.say(response(R"("error":{"code":-32000,"message":"NoSuchUser",)"
                          R"("data":{"error":"NoSuchUser","value":{"id":404}}})"));
    } else if (method == "user.show") {
      client.say(response(R"("result":{"id":7,"email":"a@b.c"})"));
    } else if (method == "user.import") {
      client.say(notice("io.progress", R"("text":"importing","done":1,"total":1)"));
      client.say(notice("stream.item", R"("item":{"id":1,"email":"x"})"));
      client.say(response("\"result\":null"));
    } else if (method == "thing.echo") {
      client.say(R"({"jsonrpc":"2.0","id":"prompt-1","method":"io.prompt",)"
                 R"("params":{"id":1,"kind":"text","text":"Name?"}})");
      auto const answer = client.hear();
      client.say(
          response("\"result\":\"" + std::to_string(answer.find("\"Bob\"") != answer.npos) + "\""));
    } else {
      client.say(response(R"("error":{"code":-32603,"message":"the app failed"})"));
    }
  }
}

/// The tool, and an app called `shop` that it finds.
struct stage {
  shop::private_folder folder;
  shop::environment where{{"XDG_RUNTIME_DIR", folder.path()}};
  shop::fake_app app{folder.socket("shop"), &serve};

  std::string run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), shop::program("pando_tool"));
    auto const ran = shop::run(arguments, {}, where);
    return ran.out + "--\n" + ran.err + "-> " + std::to_string(ran.code);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(it_drives_an_app_it_knows_nothing_of) {
  stage const here;
  BOOST_TEST(here.run({"--app", "shop", "user", "show", "7"}) ==
             "id     7\nemail  a@b.c\n--\n-> 0");
  BOOST_TEST(here.run({"--app=shop", "user", "show", "7", "--json"}) ==
             "{\"id\":7,\"email\":\"a@b.c\"}\n--\n-> 0");
  BOOST_TEST(here.run({"--socket", here.folder.socket("shop"), "user", "show", "7"}) ==
             "id     7\nemail  a@b.c\n--\n-> 0");
  BOOST_TEST(here.run({"--app", "shop", "user", "show", "404"}) ==
             "--\npando --app shop: NoSuchUser\n  id  404\n-> 4");
  BOOST_TEST(here.run({"--app", "shop", "user", "import", "x"}) ==
             "        id  email\n         1  x\n--\nimporting 1/1 (100%)\n-> 0");
  BOOST_TEST(here.run({"--app", "shop", "user", "list"}) ==
             "--\npando --app shop: the app failed\n-> 70");
  BOOST_TEST(here.run({"--app", "shop", "user", "shw"}) ==
             "--\npando --app shop user: there is no command 'user shw'; did you mean "
             "'user show'?\nRun 'pando --app shop user --help' to see what it takes.\n-> 2");
}

BOOST_AUTO_TEST_CASE(help_and_questions_are_the_apps_own) {
  stage const here;
  BOOST_TEST(here.run({"--app", "shop", "user", "show", "--help"})
                 .find("Usage: pando --app shop user show <id> [flags]\n") == 0U);
  shop::session asked({shop::program("pando_tool"), "--app", "shop", "thing", "echo", "x"},
                      here.where);
  asked.until("Name? ");
  asked.type("Bob\n");
  BOOST_TEST(asked.rest() == "Bob\r\n1\r\n");
  BOOST_TEST(asked.wait() == 0);
  shop::session missing({shop::program("pando_tool"), "--app", "shop", "user", "show"}, here.where);
  missing.until("id (an integer): ");
  missing.type("7\n");
  BOOST_TEST(missing.rest().find("a@b.c") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(routes_and_descriptions) {
  stage const here;
  BOOST_TEST(here.run({"--app", "shop", "routes"})
                 .find("user.show         UserId       User            user show\n") !=
             std::string::npos);
  BOOST_TEST(here.run({"--app", "shop", "describe"}) == description() + "\n--\n-> 0");
  BOOST_TEST(here.run({"--app", "shop", "--version"}) == "shop 1.2.3\n--\n-> 0");
}

BOOST_AUTO_TEST_CASE(running_apps) {
  stage const here;
  auto const json = here.run({"apps", "--json"});
  auto const row = R"({"name":"shop","pid":)" + std::to_string(::getpid()) + R"(,"socket":")" +
                   here.folder.socket("shop") + R"(","version":"1.2.3","routes":15})";
  BOOST_TEST(json.find(row) != std::string::npos, json << " has no " << row);
  auto const table = here.run({"apps"});
  BOOST_TEST(table.find("name  ") == 0U);
  BOOST_TEST(table.find("\nshop  ") != std::string::npos);
  BOOST_TEST(
      here.run({"user", "list"})
          .find("--\npando: 'user' is no command of pando itself; if it is one of an app, say of "
                "which: pando --app NAME user\nRunning: ") == 0U);
}

BOOST_AUTO_TEST_CASE(no_such_app_ends_with_three) {
  stage const here;
  auto const none = here.run({"--app", "blog", "user", "list"});
  BOOST_TEST(none.find("--\npando: blog is not running (nobody listens at " +
                       here.folder.socket("blog") + "); running: ") == 0U);
  BOOST_TEST(none.find("-> 3") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(its_own_command_line) {
  stage const here;
  BOOST_TEST(here.run({"--version"}) == "pando " PANDO_VERSION_STRING "\n--\n-> 0");
  BOOST_TEST(here.run({"--help"}).find("\n  apps                 Lists the apps that run.\n") !=
             std::string::npos);
  BOOST_TEST(here.run({"--app"}) == "--\npando: --app needs a value: <NAME>\n"
                                    "Run 'pando --help' to see what it takes.\n-> 2");
  BOOST_TEST(here.run({"completion", "bash"}).find("complete -F _pando_completion pando\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(completion_asks_the_app) {
  stage const here;
  auto const complete = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"__complete", "words", "--"});
    return here.run(words);
  };
  BOOST_TEST(complete({"a"}) == "apps\tLists the apps that run.\n--\n-> 0");
  BOOST_TEST(complete({"--app", "sho"}) ==
             "shop\tpid " + std::to_string(::getpid()) + "\n--\n-> 0");
  BOOST_TEST(complete({"--app=sho"}) ==
             "--app=shop\tpid " + std::to_string(::getpid()) + "\n--\n-> 0");
  BOOST_TEST(complete({"--app", "shop", "user", "sh"}) == "show\n--\n-> 0");
  BOOST_TEST(complete({"--app", "shop", "thing", "tune", "--color", "g"}) == "green\n--\n-> 0");
  BOOST_TEST(complete({"--app", "blog", "user", "sh"}) == "--\n-> 0");
  BOOST_TEST(complete({"--socket", ""}) == ":files\n--\n-> 0");
}

BOOST_AUTO_TEST_SUITE_END()
