// A command that is run here and the same in the running app: what it prints, where, and its exit
// code are the same, octet for octet; and what they are.
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "app/installed.hpp"
#include "cli/session.hpp"

BOOST_AUTO_TEST_SUITE(transcripts)

namespace {

using app_test::installed;

/// What is waited for, and typed then.
using script = std::vector<std::pair<std::string, std::string>>;

/// The desk, which runs, and commands given to it both ways.
struct both_ways : installed {
  both_ways() : installed("desk") {}

  std::string piped(std::vector<std::string> words, bool in_process) const {
    words.insert(words.begin(), "desk");
    if (in_process) words.push_back("--in-process");
    auto const ran = shop::run(command(words), {}, place);
    return "\n" + ran.out + "--\n" + ran.err + "-> " + std::to_string(ran.code);
  }
  /// Output, errors and exit code of a command without a terminal.
  std::string piped(std::vector<std::string> const& words) const {
    auto const here = piped(words, true);
    BOOST_TEST(piped(words, false) == here);
    return here;
  }
  std::string typed(std::vector<std::string> words, script const& answers, bool in_process) const {
    words.insert(words.begin(), "desk");
    if (in_process) words.push_back("--in-process");
    shop::session person(command(words), place);
    std::string seen;
    for (auto const& [question, answer] : answers) {
      seen += person.until(question);
      if (question == "word? ") BOOST_TEST(person.turns(false));
      person.type(answer);
    }
    seen += person.rest();
    return "\n" + seen + "-> " + std::to_string(person.wait());
  }
  /// All that a terminal shows, and the exit code.
  std::string typed(std::vector<std::string> const& words, script const& answers = {}) const {
    auto const here = typed(words, answers, true);
    BOOST_TEST(typed(words, answers, false) == here);
    return here;
  }

  std::unique_ptr<support::process> running = serve();
};

} // namespace

BOOST_AUTO_TEST_CASE(results) {
  both_ways it;
  BOOST_TEST(it.piped({"show", "7"}) == R"(
id      7
name    a "name" é
tags    one, two
weight  0.5
key     ***
--
-> 0)");
  BOOST_TEST(it.piped({"show", "7", "--json"}) ==
             "\n"
             R"({"id":7,"name":"a \"name\" é","tags":["one","two"],"weight":0.5,"key":"hush"})"
             "\n--\n-> 0");
  BOOST_TEST(it.piped({"list"}) == "\nid  name\n 1  one\n22  twenty-two\n--\n-> 0");
  BOOST_TEST(it.piped({"list", "--json"}) ==
             "\n"
             R"([{"id":1,"name":"one"},{"id":22,"name":"twenty-two"}])"
             "\n--\n-> 0");
  BOOST_TEST(it.piped({"drop", "--id", "7"}) == "\n--\n-> 0");
  BOOST_TEST(it.piped({"feed", "--items", "2"}) ==
             "\n        id  name\n         1  row\n         2  row\n--\n-> 0");
  BOOST_TEST(it.piped({"feed", "--items", "2", "--json"}) ==
             "\n{\"id\":1,\"name\":\"row\"}\n{\"id\":2,\"name\":\"row\"}\n--\n-> 0");
  BOOST_TEST(it.typed({"show", "7"}) == "\n\x1b[1mid    \x1b[0m  7\r\n"
                                        "\x1b[1mname  \x1b[0m  a \"name\" é\r\n"
                                        "\x1b[1mtags  \x1b[0m  one, two\r\n"
                                        "\x1b[1mweight\x1b[0m  0.5\r\n"
                                        "\x1b[1mkey   \x1b[0m  ***\r\n-> 0");
  BOOST_TEST(it.typed({"show", "7", "--json"}) ==
             "\n"
             R"({"id":7,"name":"a \"name\" é","tags":["one","two"],"weight":0.5,"key":"***"})"
             "\r\n-> 0");
  BOOST_TEST(it.typed({"list"}) == "\n\x1b[1mid  name\x1b[0m\r\n 1  one\r\n22  twenty-two\r\n-> 0");
  BOOST_TEST(it.typed({"feed", "--items", "2"}) ==
             "\n\x1b[1m        id  name\x1b[0m\r\n         1  row\r\n         2  row\r\n-> 0");
}

BOOST_AUTO_TEST_CASE(errors) {
  both_ways it;
  BOOST_TEST(it.piped({"show", "404"}) == "\n--\ndesk: Gone\n  id  404\n-> 7");
  BOOST_TEST(it.piped({"show", "404", "--json"}) ==
             "\n--\n{\"error\":\"Gone\",\"value\":{\"id\":404}}\n-> 7");
  BOOST_TEST(it.piped({"feed", "--items", "2", "--breaks"}) ==
             "\n        id  name\n         1  row\n         2  row\n"
             "--\ndesk: Gone\n  id  2\n-> 7");
  BOOST_TEST(it.piped({"order", "--name", "x", "--count", "3"}) ==
             "\n--\ndesk: the request is not valid\n  --count must be even\n-> 2");
  BOOST_TEST(it.piped({"order", "--name", "x", "--count", "3", "--json"}) ==
             "\n--\n"
             R"({"error":"invalid_request","message":"the request is not valid",)"
             R"("violations":[{"path":"/count","rule":"rule","message":"must be even"}]})"
             "\n-> 2");
  BOOST_TEST(it.piped({"order", "--nmae", "x", "--count", "11"}) == R"(
--
desk desk order: 3 problems
  --nmae is no flag of this command; did you mean --name?
  --count takes an integer, at most 10, even, not '11'
  --name is missing: text, non-empty
Run 'desk desk order --help' to see what it takes.
-> 2)");
  BOOST_TEST(it.piped({"wait", "--ms", "60000", "--timeout", "50ms"}) ==
             "\n--\ndesk: no answer within 50 ms\n-> 70");
  BOOST_TEST(it.typed({"show", "404"}) ==
             "\ndesk: \x1b[31mGone\x1b[0m\r\n  \x1b[1mid\x1b[0m  404\r\n-> 7");
  BOOST_TEST(it.typed({"order", "--name", "x", "--count", "3"}) ==
             "\ndesk: \x1b[31mthe request is not valid\x1b[0m\r\n  --count must be even\r\n-> 2");
}

BOOST_AUTO_TEST_CASE(guards_that_refuse) {
  both_ways it;
  BOOST_TEST(it.piped({"lab"}) == "\n--\ndesk: show your badge\n-> 1");
  BOOST_TEST(it.piped({"lab", "--json"}) ==
             "\n--\n{\"error\":\"unauthenticated\",\"message\":\"show your badge\"}\n-> 1");
  BOOST_TEST(it.typed({"lab"}) == "\ndesk: \x1b[31mshow your badge\x1b[0m\r\n-> 1");
  // The request is not valid either: the guard comes first.
  BOOST_TEST(it.piped({"office", "--name", "x", "--count", "3"}) ==
             "\n--\ndesk: the office is closed\n-> 1");
  BOOST_TEST(it.piped({"office", "--name", "x", "--count", "3", "--json"}) ==
             "\n--\n{\"error\":\"forbidden\",\"message\":\"the office is closed\"}\n-> 1");
}

BOOST_AUTO_TEST_CASE(what_a_handler_says) {
  both_ways it;
  BOOST_TEST(it.piped({"say"}) == R"(
a line
{"id":1,"name":"one"}
{"id":22,"name":"twenty-two"}
é\x1b[31m and more
said
--
trouble
working 1/2 (50%)
working 2/2 (100%)
-> 0)");
  BOOST_TEST(it.piped({"say", "--json"}) == R"(
"said"
--
a line
trouble
working 1/2 (50%)
working 2/2 (100%)
{"id":1,"name":"one"}
{"id":22,"name":"twenty-two"}
é\x1b[31m and more
-> 0)");
  BOOST_TEST(it.typed({"say"}) ==
             "\na line\r\n\x1b[31mtrouble\x1b[0m\r\n"
             "\rworking [####################....................] 1/2\x1b[K"
             "\rworking [########################################] 2/2\x1b[K\r\n"
             "\x1b[1mid  name\x1b[0m\r\n 1  one\r\n22  twenty-two\r\n"
             "é\\x1b[31m and more\r\nsaid\r\n-> 0");
}

BOOST_AUTO_TEST_CASE(what_a_handler_asks) {
  both_ways it;
  BOOST_TEST(it.piped({"talk"}) == "\n--\ndesk: nobody answered the question\n-> 130");
  BOOST_TEST(it.typed({"talk"}, {{"name? ", "Ada L\n"},
                                 {"word? ", "hush\n"},
                                 {"[y/n] ", "y\n"},
                                 {"Number: ", "2\n"},
                                 {"none: ", "1 3\n"}}) ==
             "\nYour name? Ada L\r\n"
             "\rasking [####################....................] 1/2\x1b[K\r\x1b[KThe word? \r\n"
             "thank you\r\nSure? [y/n] y\r\n"
             "Which?\r\n  1) red\r\n  2) green\r\n  3) blue\r\nNumber: 2\r\n"
             "Which ones?\r\n  1) red\r\n  2) green\r\n  3) blue\r\n"
             "Numbers, such as 1 3 or 2-4; all; or nothing for none: 1 3\r\n"
             "Ada L/hush!green2\r\n-> 0");
  BOOST_TEST(it.typed({"talk"}, {{"name? ", "\x04"}}) ==
             "\nYour name? \r\ndesk: \x1b[31mnobody answered the question\x1b[0m\r\n-> 130");
}

BOOST_AUTO_TEST_CASE(control_c) {
  both_ways it;
  for (bool const in_process : {true, false}) {
    auto const begin = [&](std::vector<std::string> words) {
      words.insert(words.begin(), "desk");
      if (in_process) words.push_back("--in-process");
      return it.command(words);
    };
    // The first cancels the call, and its handler is told.
    shop::session person(begin({"wait", "--ms", "60000", "--says"}), it.place);
    BOOST_TEST(person.until("waiting\r\n") == "waiting\r\n");
    person.type("\x03");
    BOOST_TEST(person.rest() ==
               "^Ctold so\r\ndesk: \x1b[31mthe caller cancelled the call\x1b[0m\r\n");
    BOOST_TEST(person.wait() == 130);
    // The second ends the program, whatever the handler does.
    shop::session deaf(begin({"deaf", "--ms", "4000"}), it.place);
    deaf.until("cannot hear\r\n");
    auto const begun = std::chrono::steady_clock::now();
    deaf.type("\x03");
    BOOST_TEST(deaf.until("^C") == "^C");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    deaf.type("\x03");
    BOOST_TEST(deaf.wait() == 128 + SIGINT);
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(2)));
  }
  BOOST_TEST(it.run({"desk", "told", "--json"}).written ==
             "{\"waiting\":1,\"cancelled\":1,\"told_so\":1}\n");
  it.running->signal(SIGTERM);
  BOOST_TEST(it.running->wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
