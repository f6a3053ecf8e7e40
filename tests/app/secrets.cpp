// Secrets are shown to nobody by accident: not in tables, on terminals, in errors, help or logs.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "app/installed.hpp"
#include "app/vault.hpp"
#include "cli/session.hpp"
#include "support/raw_http.hpp"
#include "user_code/run.hpp"

BOOST_AUTO_TEST_SUITE(secrets)

namespace {

using app_test::installed;
using app_test::port_of;

bool tells(std::string const& text) { return text.find(vault::word) != text.npos; }

/// The vault, which runs, and commands of it given in both ways.
struct opened : installed {
  opened() : installed("vault") {}

  std::vector<std::string> words(std::vector<std::string> of, bool in_process) const {
    of.insert(of.begin(), "vault");
    if (in_process) of.push_back("--in-process");
    return command(of);
  }
  std::string piped(std::vector<std::string> const& of, bool in_process) const {
    auto const ran = shop::run(words(of, in_process), {}, place);
    return "\n" + ran.out + "--\n" + ran.err + "-> " + std::to_string(ran.code);
  }
  std::string typed(std::vector<std::string> const& of, bool in_process) const {
    shop::session person(words(of, in_process), place);
    auto const seen = person.rest();
    return "\n" + seen + "-> " + std::to_string(person.wait());
  }

  std::unique_ptr<support::process> running = serve();
};

} // namespace

BOOST_AUTO_TEST_CASE(in_a_table) {
  opened it;
  for (bool const in_process : {true, false}) {
    auto const shown = R"(
{"id":1,"word":"***"}
{"id":2,"word":"***"}
id  word
 1  ***
 2  ***
--
-> 0)";
    BOOST_TEST(it.piped({"keys"}, in_process) == shown);
    // What a script asked for is the result, not the table.
    BOOST_TEST(it.piped({"keys", "--json"}, in_process) == R"(
[{"id":1,"word":"hunter2"},{"id":2,"word":"hunter2"}]
--
{"id":1,"word":"***"}
{"id":2,"word":"***"}
-> 0)");
    for (std::vector<std::string> const& words :
         {std::vector<std::string>{"keys"}, {"keys", "--json"}}) {
      auto const seen = it.typed(words, in_process);
      BOOST_TEST(!tells(seen), seen);
      BOOST_TEST(seen.find("***") != seen.npos);
      BOOST_TEST(seen.ends_with("-> 0"), seen);
    }
  }
  // What is printed by a program that has a link.
  std::string printed;
  run([&]() -> pando::task<void> {
    auto link = co_await pando::connect(co_await boost::asio::this_coro::executor, it.path);
    link.on_stdout([&](std::string_view text) { printed += text; });
    auto const result = co_await link.invoke("vault keys");
    BOOST_TEST(tells(result)); // it is what was asked for
    co_await link.close();
  });
  BOOST_TEST(printed == R"([{"id":1,"word":"***"},{"id":2,"word":"***"}])");
}

BOOST_AUTO_TEST_CASE(in_a_declared_error) {
  opened it;
  for (bool const in_process : {true, false}) {
    BOOST_TEST(it.piped({"seal"}, in_process) == "\n--\nvault: Sealed\n  word  ***\n-> 5");
    BOOST_TEST(it.piped({"seal", "--json"}, in_process) ==
               "\n--\n{\"error\":\"Sealed\",\"value\":{\"word\":\"hunter2\"}}\n-> 5");
    BOOST_TEST(it.typed({"seal"}, in_process) ==
               "\nvault: \x1b[31mSealed\x1b[0m\r\n  \x1b[1mword\x1b[0m  ***\r\n-> 5");
    BOOST_TEST(it.typed({"seal", "--json"}, in_process) ==
               "\n{\"error\":\"Sealed\",\"value\":{\"word\":\"***\"}}\r\n-> 5");
  }
}

BOOST_AUTO_TEST_CASE(in_an_alternative) {
  opened it;
  for (bool const in_process : {true, false}) {
    BOOST_TEST(it.piped({"either"}, in_process) ==
               "\ntype   string\nvalue  ***\n--\n-> 0");
    BOOST_TEST(!tells(it.typed({"either"}, in_process)));
    BOOST_TEST(!tells(it.typed({"either", "--json"}, in_process)));
  }
}

BOOST_AUTO_TEST_CASE(in_a_line_that_is_wrong) {
  opened it;
  auto const said = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "open");
    auto const text = it.piped(words, false);
    BOOST_TEST(!tells(text), text);
    BOOST_TEST(text.ends_with("-> 2"), text);
    return text;
  };
  BOOST_TEST(said({"--words=x", "--code", "hunter2"}).find("--code takes one of integer, boolean") !=
             std::string::npos);
  BOOST_TEST(said({"--words=x", "--pin", "hunter2"}).find("--pin takes an integer") !=
             std::string::npos);
  BOOST_TEST(said({"--words", "-zhunter2"}).find("dash: --words=-…)") != std::string::npos);
  BOOST_TEST(said({"--wodrs", "hunter2"}).find("did you mean --words?") != std::string::npos);
  BOOST_TEST(said({"--wodrs=hunter2"}).find("did you mean --words?") != std::string::npos);
  BOOST_TEST(said({"--words=x", "hunter2"}).find("a word stands bare, and this") !=
             std::string::npos);
  BOOST_TEST(said({"--input", "/dev/null", "hunter2"}).find("is not JSON") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(while_it_is_typed) {
  opened it;
  shop::session person(it.words({"open"}, false), it.place);
  auto const answer = [&](std::string const& question, std::string const& text) {
    auto const seen = person.until(question);
    BOOST_TEST(seen.find("<no ") == seen.npos, seen);
    BOOST_TEST(person.turns(false));
    person.type(text + "\n");
  };
  answer("> ", "hunter2");
  answer("once more: ", "hunter3");
  answer("> ", "hunter2");
  answer("once more: ", "hunter2");
  answer("> ", "");
  auto const seen = person.rest();
  BOOST_TEST(!tells(seen), seen);
  BOOST_TEST(seen.ends_with("\r\n1\r\n"), seen);
  BOOST_TEST(person.wait() == 0);
}

BOOST_AUTO_TEST_CASE(in_what_is_said_of_the_app) {
  opened it;
  for (auto const& words : std::vector<std::vector<std::string>>{
           {"vault", "open", "--help"}, {"openapi"}, {"routes", "--json"}, {"--help"}}) {
    auto const said = it.run(words);
    BOOST_TEST(said.code == 0);
    BOOST_TEST(!tells(said.written), said.written);
  }
  auto const help = it.run({"vault", "open", "--help"}).written;
  for (auto const* const line : {"text; once for each; secret", "one of integer, boolean, or JSON; secret",
                                 "at most 9; secret", "secret; default hidden"})
    BOOST_TEST(help.find(line) != std::string::npos, line << " in\n" << help);
  raw_http::connection web(port_of(*it.running));
  auto const document = web.ask(raw_http::get("/openapi.json"));
  BOOST_TEST(document.status == 200);
  BOOST_TEST(!tells(document.body));
}

BOOST_AUTO_TEST_CASE(in_violations_and_the_log) {
  opened it;
  raw_http::connection web(port_of(*it.running));
  auto const wrong = web.ask(raw_http::post(
      "/vault/open", R"({"words":[{"hunter2":1},2],"code":{"type":"hunter2","value":"hunter2"},)"
                     R"("pin":"hunter2","fallback":["hunter2"]})"));
  BOOST_TEST(wrong.status == 422);
  for (auto const* const place : {"/words/0", "/words/1", "/code", "/pin", "/fallback"})
    BOOST_TEST(wrong.body.find(place) != std::string::npos, wrong.body);
  // The type of an alternative is a name of the contract's, and not what is secret about it.
  auto const pin = web.ask(raw_http::post("/vault/open", R"({"words":[],"pin":10})"));
  BOOST_TEST(pin.status == 422);
  BOOST_TEST(pin.body.find("at most 9") != std::string::npos);
  BOOST_TEST(pin.body.find("10") == std::string::npos, pin.body);
  auto const long_one = web.ask(raw_http::get("/vault/probe/hunter2"));
  BOOST_TEST(long_one.status == 422);
  BOOST_TEST(long_one.body.find("at most 3") != std::string::npos);
  BOOST_TEST(!tells(long_one.body), long_one.body);
  BOOST_TEST(!tells(wrong.body), wrong.body);
  auto const amounts = web.ask(raw_http::get("/vault/probe/abc?amounts=hunter2&amounts=hunter2"));
  BOOST_TEST(amounts.status == 422);
  BOOST_TEST(amounts.body.find("is not accepted") != std::string::npos, amounts.body);
  BOOST_TEST(!tells(amounts.body), amounts.body);
  auto const leaked = web.ask(raw_http::post("/vault/leak", ""));
  BOOST_TEST(leaked.status == 500);
  BOOST_TEST(!tells(leaked.body), leaked.body);
  BOOST_TEST(!tells(it.piped({"leak"}, true)));
  it.running->signal(SIGTERM);
  BOOST_TEST(it.running->wait() == 0);
  auto const log = it.running->written();
  BOOST_TEST(log.find("route vault.leak failed") != log.npos, log);
  BOOST_TEST(!tells(log), log);
}

BOOST_AUTO_TEST_SUITE_END()
