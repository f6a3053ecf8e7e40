// A command on a terminal: questions, secrets, progress, tables, colour, Ctrl-C and Ctrl-D.
#include <csignal>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/cli/terminal.hpp>

#include "session.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(terminal)

namespace {

shop::session shop_session(std::vector<std::string> arguments, shop::environment const& more = {},
                           unsigned short columns = 80) {
  arguments.insert(arguments.begin(), shop::program("shop"));
  return shop::session(arguments, more, columns);
}

constexpr auto bold = "\x1b[1m";

} // namespace

BOOST_AUTO_TEST_CASE(a_text_is_asked_for) {
  auto shop = shop_session({"thing", "echo", "ask:text"});
  BOOST_TEST(shop.until("Name? ") == "Name? ");
  shop.type("Bob Long\n");
  BOOST_TEST(shop.rest() == "Bob Long\r\nanswer Bob Long\r\n");
  BOOST_TEST(shop.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_secret_is_not_seen) {
  auto shop = shop_session({"thing", "echo", "ask:secret"});
  BOOST_TEST(shop.until("Password: ") == "Password: ");
  BOOST_TEST(shop.turns(false));
  shop.type("hunter2\n");
  BOOST_TEST(shop.rest() == "\r\nanswer hunter2\r\n");
  BOOST_TEST(shop.echoes());
  BOOST_TEST(shop.wait() == 0);
}

BOOST_AUTO_TEST_CASE(yes_or_no) {
  auto yes = shop_session({"thing", "echo", "ask:confirm"});
  BOOST_TEST(yes.until("[y/n] ") == "Really? [y/n] ");
  yes.type("perhaps\n");
  BOOST_TEST(yes.until("[y/n] ") == "perhaps\r\nPlease answer yes or no.\r\nReally? [y/n] ");
  yes.type(" YES \n");
  BOOST_TEST(yes.rest() == " YES \r\nanswer yes\r\n");
  auto no = shop_session({"thing", "echo", "ask:confirm"});
  no.until("[y/n] ");
  no.type("n\n");
  BOOST_TEST(no.rest() == "n\r\nanswer no\r\n");
}

BOOST_AUTO_TEST_CASE(one_of_several) {
  auto const answer = [](std::vector<std::string> const& typed) {
    auto shop = shop_session({"thing", "echo", "ask:one"});
    auto seen = shop.until("Number: ");
    for (auto const& line : typed) {
      shop.type(line + "\n");
      seen = shop.until(&line == &typed.back() ? "answer  " : "Number: ");
    }
    return seen + shop.rest();
  };
  auto shop = shop_session({"thing", "echo", "ask:one"});
  BOOST_TEST(shop.until("Number: ") == "Which?\r\n  1) red\r\n  2) green\r\n  3) blue\r\nNumber: ");
  BOOST_TEST(answer({"2"}) == "2\r\nanswer  1\r\n");
  BOOST_TEST(answer({"blue"}) == "blue\r\nanswer  2\r\n");
  BOOST_TEST(answer({"gr"}) == "gr\r\nanswer  1\r\n");
  BOOST_TEST(answer({"4", "0", "", "1"}) == "1\r\nanswer  0\r\n");
  shop.type("purple\n");
  BOOST_TEST(shop.until("Number: ") == "purple\r\n'purple' is none of them.\r\nNumber: ");
}

BOOST_AUTO_TEST_CASE(many_of_several) {
  auto const answer = [](std::string const& typed) {
    auto shop = shop_session({"thing", "echo", "ask:many"});
    shop.until("none: ");
    shop.type(typed + "\n");
    return shop.rest();
  };
  BOOST_TEST(answer("1 3") == "1 3\r\nanswer  0 2\r\n");
  BOOST_TEST(answer("1-3") == "1-3\r\nanswer  0 1 2\r\n");
  BOOST_TEST(answer("blue, 1") == "blue, 1\r\nanswer  0 2\r\n");
  BOOST_TEST(answer("all") == "all\r\nanswer  0 1 2\r\n");
  BOOST_TEST(answer("") == "\r\nanswer \r\n");
  auto shop = shop_session({"thing", "echo", "ask:many"});
  BOOST_TEST(shop.until("none: ") == "Which ones?\r\n  1) red\r\n  2) green\r\n  3) blue\r\n"
                                     "Numbers, such as 1 3 or 2-4; all; or nothing for none: ");
  shop.type("1 9\n");
  BOOST_TEST(shop.until("none: ") == "1 9\r\n'9' is none of them.\r\n"
                                     "Numbers, such as 1 3 or 2-4; all; or nothing for none: ");
}

BOOST_AUTO_TEST_CASE(the_end_of_the_input_cancels) {
  for (std::string const what : {"text", "secret", "confirm", "one", "many"}) {
    auto shop = shop_session({"thing", "echo", "ask:" + what});
    shop.until(what == "text"      ? "Name? "
               : what == "confirm" ? "[y/n] "
               : what == "many"    ? "none: "
                                   : ": ");
    if (what == "secret") shop.turns(false);
    shop.type("\x04");
    BOOST_TEST(shop.rest().find("shop: \x1b[31mnobody answered\x1b[0m\r\n") != std::string::npos);
    BOOST_TEST(shop.wait() == 130);
  }
}

BOOST_AUTO_TEST_CASE(a_terminal_that_goes_away_cancels) {
  auto shop = shop_session({"thing", "echo", "ask:text"});
  shop.until("Name? ");
  shop.hang_up();
  int const code = shop.wait();
  BOOST_TEST((code == 130 || code == 128 + SIGHUP));
}

BOOST_AUTO_TEST_CASE(control_c_cancels_the_call_and_a_second_one_ends_the_program) {
  auto shop = shop_session({"thing", "echo", "wait"});
  shop.until("waiting\r\n");
  shop.type("\x03");
  BOOST_TEST(shop.rest() == "^Cshop: \x1b[31mthe call was cancelled\x1b[0m\r\n");
  BOOST_TEST(shop.wait() == 130);
  auto deaf = shop_session({"thing", "echo", "deaf"});
  deaf.until("waiting\r\n");
  deaf.type("\x03");
  deaf.until("^C");
  ::usleep(200'000);
  deaf.type("\x03");
  BOOST_TEST(deaf.wait() == 128 + SIGINT);
}

BOOST_AUTO_TEST_CASE(control_c_ends_a_question_and_the_echo_is_back) {
  auto shop = shop_session({"thing", "echo", "ask:secret"});
  shop.until("Password: ");
  BOOST_TEST(shop.turns(false));
  shop.type("\x03");
  BOOST_TEST(shop.rest().find("nobody answered") != std::string::npos);
  BOOST_TEST(shop.echoes());
  BOOST_TEST(shop.wait() == 130);
}

BOOST_AUTO_TEST_CASE(signals_bring_the_echo_back) {
  for (int const number : {SIGTERM, SIGHUP, SIGQUIT}) {
    auto shop = shop_session({"thing", "echo", "ask:secret"});
    shop.until("Password: ");
    BOOST_TEST(shop.turns(false));
    ::kill(shop.process(), number);
    BOOST_TEST(shop.turns(true));
    BOOST_TEST(shop.wait() == 128 + number);
  }
}

BOOST_AUTO_TEST_CASE(a_stopped_program_leaves_the_echo_on_and_hides_it_again) {
  // dash, unlike others, leaves the terminal's modes to the programs it starts.
  if (!shop::is_installed("dash")) return support::skip("dash is not installed");
  shop::session shell({"dash", "-i"}, {{"PS1", "$ "}, {"SHOP", shop::program("shop")}});
  shell.until("$ ");
  shell.type("\"$SHOP\" thing echo ask:secret\n");
  shell.until("Password: ");
  BOOST_TEST(shell.turns(false));
  shell.type("\x1a");
  shell.until("Stopped");
  BOOST_TEST(shell.turns(true));
  shell.type("fg\n");
  BOOST_TEST(shell.turns(false));
  shell.type("hunter2\n");
  auto const seen = shell.until("answer hunter2");
  BOOST_TEST(seen.find("hunter2") == seen.size() - 7);
  shell.type("exit\n");
  shell.rest();
  shell.wait();
}

BOOST_AUTO_TEST_CASE(missing_values_are_asked_for) {
  auto shop = shop_session({"user", "create"});
  BOOST_TEST(shop.until("): ") == "email (an e-mail address): ");
  shop.type("a@b.c\n");
  BOOST_TEST(shop.until("): ") == "a@b.c\r\npassword (text, at least 8 characters): ");
  shop.turns(false);
  shop.type("secret123\n");
  BOOST_TEST(shop.until("more: ") == "\r\nonce more: ");
  shop.turns(false);
  shop.type("secret124\n");
  BOOST_TEST(shop.until("): ") ==
             "\r\nThese two differ.\r\npassword (text, at least 8 characters): ");
  shop.turns(false);
  shop.type("secret123\n");
  shop.until("more: ");
  shop.turns(false);
  shop.type("secret123\n");
  BOOST_TEST(shop.rest() ==
             std::string("\r\n") + bold + "id   \x1b[0m  7\r\n" + bold + "email\x1b[0m  a@b.c\r\n");
  BOOST_TEST(shop.wait() == 0);
}

BOOST_AUTO_TEST_CASE(answers_are_checked_as_they_are_given) {
  auto shop = shop_session({"user", "show"});
  BOOST_TEST(shop.until("): ") == "id (an integer): ");
  shop.type("seven\n");
  BOOST_TEST(shop.until("): ") ==
             "seven\r\nPlease give an integer, not 'seven'.\r\nid (an integer): ");
  shop.type("7\n");
  shop.rest();
  BOOST_TEST(shop.wait() == 0);
}

BOOST_AUTO_TEST_CASE(every_kind_of_value_can_be_asked_for) {
  auto shop = shop_session({"thing", "make", "--json"});
  auto const answer = [&](std::string const& question, std::string const& typed) {
    auto const seen = shop.until(question);
    BOOST_TEST(seen.find("<no ") == std::string::npos, seen);
    shop.type(typed + "\n");
  };
  answer("active? [y/n] ", "y");
  answer("age (an integer from 0 to 255): ", "7");
  answer("amount (an integer): ", "-5");
  answer("ratio (a number): ", ".5");
  answer("Number: ", "green");
  answer("PT1H30M): ", "90s");
  answer("12:00:00Z): ", "2026-01-31T12:00:00Z");
  answer("174000): ", "00000000-0000-0000-0000-000000000001");
  answer("content): ", "aGk=");
  answer("home.street (text): ", "Long");
  answer("> ", "one tag");
  answer("> ", "another");
  answer("> ", "");
  answer("> ", R"({"sku":"a"})");
  answer("> ", "");
  answer("1 of 2: ", "3");
  answer("2 of 2: ", "4");
  answer("> ", "");
  answer("> ", "k=1");
  answer("> ", "");
  answer("> ", "");
  answer("shape (one of Circle, Square, or JSON): ", "circle");
  answer("shape.circle.radius (a number): ", "2");
  shop.until("2\r\n");
  BOOST_TEST(
      shop.rest() ==
      R"({"home":{"street":"Long"},"active":true,"age":7,"amount":-5,"ratio":0.5,"color":"green",)"
      R"("max_wait":"PT90S","since":"2026-01-31T12:00:00Z",)"
      R"("token":"00000000-0000-0000-0000-000000000001","avatar":"aGk=",)"
      R"("tags":["one tag","another"],"items":[{"sku":"a"}],)"
      R"("range":[3,4],"groups":[],"labels":{"k":1},"places":{},)"
      R"("shape":{"type":"Circle","value":{"radius":2}}})"
      "\r\n");
  BOOST_TEST(shop.wait() == 0);
}

BOOST_AUTO_TEST_CASE(no_answer_to_a_missing_value_is_a_usage_error) {
  auto shop = shop_session({"user", "show"});
  shop.until("): ");
  shop.type("\x04");
  BOOST_TEST(shop.rest() == "\r\nshop user show: <id> is missing: an integer\r\n"
                            "Run 'shop user show --help' to see what it takes.\r\n");
  BOOST_TEST(shop.wait() == 2);
}

BOOST_AUTO_TEST_CASE(other_faults_come_before_questions) {
  auto shop = shop_session({"user", "create", "--frob"});
  BOOST_TEST(shop.rest().find("--frob is no flag of this command") != std::string::npos);
  BOOST_TEST(shop.wait() == 2);
}

BOOST_AUTO_TEST_CASE(progress_is_a_bar_drawn_anew) {
  auto shop = shop_session({"user", "import", "a", "b"});
  auto const seen = shop.rest();
  auto const bar = "\rimporting [####################....................] 1/2\x1b[K";
  BOOST_TEST(seen.find(bar) == 0U, seen);
  BOOST_TEST(seen.find("\r\x1b[K" + std::string(bold) +
                       "        id  email\x1b[0m\r\n"
                       "         1  a\r\n") != std::string::npos,
             seen);
  BOOST_TEST(seen.find("\rimporting [########################################] 2/2\x1b[K\r\n"
                       "         2  b\r\n") != std::string::npos,
             seen);
  auto narrow = shop_session({"user", "import", "a", "b"}, {}, 30);
  BOOST_TEST(narrow.rest().find("\rimporting [######.......] 1/2\x1b[K") != std::string::npos);
  auto dumb = shop_session({"user", "import", "a"}, {{"TERM", "dumb"}});
  BOOST_TEST(dumb.rest().find("importing 1/1 (100%)\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(tables_and_errors_on_a_terminal) {
  auto shop = shop_session({"thing", "echo", "show"});
  BOOST_TEST(shop.rest() == std::string("a \\x1b[31mline\r\n\x1b[31mtrouble\x1b[0m\r\n") + bold +
                                " a  b\x1b[0m\r\n 1  x\r\n22  y\r\nshown\r\n");
}

BOOST_AUTO_TEST_CASE(colour_goes_with_no_color_or_a_dumb_terminal) {
  for (shop::environment const& plain :
       {shop::environment{{"NO_COLOR", "1"}}, shop::environment{{"TERM", "dumb"}}}) {
    auto shop = shop_session({"user", "list"}, plain);
    BOOST_TEST(shop.rest() == "id  email\r\n 7  a@b.c\r\n 8  d@e.f\r\n");
  }
  auto empty = shop_session({"user", "list"}, {{"NO_COLOR", ""}});
  BOOST_TEST(empty.rest().find(bold) == 0U);
  auto help = shop_session({"user", "list", "--help"});
  BOOST_TEST(help.rest().find(bold + std::string("Options:\x1b[0m\r\n")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(secrets_do_not_show_on_a_terminal_whatever_the_form) {
  auto shop = shop_session({"thing", "report", "--json"});
  BOOST_TEST(shop.rest().find(R"("key":"***")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(plain_progress_lines) {
  int lines[2];
  BOOST_REQUIRE_EQUAL(::pipe(lines), 0);
  {
    pando::cli::terminal plain({0, lines[1], lines[1]});
    using kind = pando::io_event::kind;
    for (std::uint64_t at = 1; at <= 1000; ++at) plain.show({kind::progress, "known", at, 1000});
    for (std::uint64_t at = 1; at <= 120; ++at) plain.show({kind::progress, "endless", at, 0});
    plain.show({kind::progress, "", 5, 5});
  }
  ::close(lines[1]);
  std::string seen;
  char room[4096];
  for (ssize_t count = 0; (count = ::read(lines[0], room, sizeof(room))) > 0;)
    seen.append(room, static_cast<std::size_t>(count));
  ::close(lines[0]);
  BOOST_TEST(seen == "known 1/1000 (0%)\nknown 100/1000 (10%)\nknown 200/1000 (20%)\n"
                     "known 300/1000 (30%)\nknown 400/1000 (40%)\nknown 500/1000 (50%)\n"
                     "known 600/1000 (60%)\nknown 700/1000 (70%)\nknown 800/1000 (80%)\n"
                     "known 900/1000 (90%)\nknown 1000/1000 (100%)\n"
                     "endless 1\nendless 2\nendless 5\nendless 10\nendless 20\nendless 50\n"
                     "endless 100\n5/5 (100%)\n");
}

BOOST_AUTO_TEST_SUITE_END()
