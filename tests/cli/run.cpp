// A whole command without a terminal: what it prints where, and its exit code.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <pando/cli/describe.hpp>
#include <pando/cli/run.hpp>
#include <pando/cluster/inspection.hpp>

#include "session.hpp"

BOOST_AUTO_TEST_SUITE(run)

namespace {

shop::ran shop_run(std::string const& line, std::string const& input = {}) {
  std::vector<std::string> arguments{shop::program("shop")};
  std::string word;
  for (char const c : line + " ") {
    if (c != ' ')
      word += c;
    else if (!word.empty())
      arguments.push_back(std::exchange(word, {}));
  }
  return shop::run(arguments, input);
}

/// Output, then errors, then the exit code.
std::string all_of(std::string const& line, std::string const& input = {}) {
  auto const ran = shop_run(line, input);
  return "\n" + ran.out + "--\n" + ran.err + "-> " + std::to_string(ran.code);
}

} // namespace

BOOST_AUTO_TEST_CASE(results) {
  BOOST_TEST(all_of("user show 7") == R"(
id     7
email  a@b.c
--
-> 0)");
  BOOST_TEST(all_of("user show 7 --json") == "\n{\"id\":7,\"email\":\"a@b.c\"}\n--\n-> 0");
  BOOST_TEST(all_of("user list") == R"(
id  email
 7  a@b.c
 8  d@e.f
--
-> 0)");
  BOOST_TEST(all_of("user rm 7") == "\n--\n-> 0");
  BOOST_TEST(all_of("user rm 7 --json") == "\n--\n-> 0");
  BOOST_TEST(all_of("thing echo hello") == "\nhello\n--\n-> 0");
  BOOST_TEST(all_of("thing tune --port 80") == "\nport  80\n--\n-> 0");
}

BOOST_AUTO_TEST_CASE(a_request_from_standard_input) {
  BOOST_TEST(all_of("user create --input -", R"({"email":"x@y.z","password":"12345678"})") == R"(
id     7
email  x@y.z
--
-> 0)");
  BOOST_TEST(all_of("user create --input /nowhere/at/all") == R"(
--
shop user create: 3 problems
  --input /nowhere/at/all cannot be read: No such file or directory
  --email is missing: an e-mail address
  --password is missing: text, at least 8 characters
Run 'shop user create --help' to see what it takes.
-> 2)");
}

BOOST_AUTO_TEST_CASE(streams) {
  BOOST_TEST(all_of("user import a b c") == R"(
        id  email
         1  a
         2  b
         3  c
--
importing 1/3 (33%)
importing 2/3 (66%)
importing 3/3 (100%)
-> 0)");
  BOOST_TEST(shop_run("user import a b --json").out ==
             "{\"id\":1,\"email\":\"a\"}\n{\"id\":2,\"email\":\"b\"}\n");
}

BOOST_AUTO_TEST_CASE(what_a_handler_shows) {
  BOOST_TEST(all_of("thing echo show") == R"(
a \x1b[31mline
{"a":1,"b":"x"}
{"a":22,"b":"y"}
shown
--
trouble
-> 0)");
  BOOST_TEST(all_of("thing echo show --json") == R"(
"shown"
--
a \x1b[31mline
trouble
{"a":1,"b":"x"}
{"a":22,"b":"y"}
-> 0)");
}

namespace {

/// Hears how long it may take.
struct patient final : pando::cli::backend {
  pando::cli::call_end invoke(pando::cli::invocation const& what, pando::io_sink&,
                              std::function<bool(std::string_view)> const&) override {
    timeout = what.timeout;
    return pando::cli::call_end::result("[]");
  }
  void cancel() noexcept override {}
  std::chrono::milliseconds timeout{-1};
};

} // namespace

BOOST_AUTO_TEST_CASE(who_looks_at_a_process_does_not_wait_for_ever) {
  pando::contract_row const* const contracts[]{&pando::contract_table<pando::cluster::inspection>};
  pando::marker_reader const doors[]{&pando::cli::describe_marker};
  auto const within = [&](std::vector<char const*> words) {
    words.insert(words.begin(), {"shop", "cluster"});
    patient heard;
    pando::cli::command_line all{pando::describe(contracts, "shop", "1", doors), {}, "shop"};
    pando::cli::run_options how;
    how.streams.out = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    auto const count = static_cast<int>(words.size());
    BOOST_TEST(pando::cli::run(all, heard, count, words.data(), how) == 0);
    ::close(how.streams.out);
    return heard.timeout.count();
  };
  for (auto const* const command : {"status", "runners", "shards", "entities", "messages"})
    BOOST_TEST(within({command, "--json"}) == 10'000, command);
  BOOST_TEST(within({"health", "127.0.0.1:1", "down"}) == 10'000);
  BOOST_TEST(within({"runners", "--timeout", "90s"}) == 90'000);
  BOOST_TEST(within({"runners", "--timeout", "50ms"}) == 50);
}

BOOST_AUTO_TEST_CASE(declared_errors) {
  BOOST_TEST(all_of("user show 404") == "\n--\nshop: NoSuchUser\n  id  404\n-> 4");
  BOOST_TEST(all_of("user create -e taken@b.c -p secret123") ==
             "\n--\nshop: EmailTaken\n  email  taken@b.c\n-> 1");
  BOOST_TEST(all_of("user create -e taken@b.c -p secret123 --json") ==
             "\n--\n{\"error\":\"EmailTaken\",\"value\":{\"email\":\"taken@b.c\"}}\n-> 1");
}

BOOST_AUTO_TEST_CASE(failures) {
  BOOST_TEST(all_of("user show 3") ==
             "\n--\nshop: shop is not running; start it with 'shop serve'\n-> 3");
  BOOST_TEST(all_of("user show 13") ==
             "\n--\nshop: the app failed; the app's log has it under f-13\n-> 70");
  BOOST_TEST(all_of("user show 15") ==
             "\n--\nshop: the app failed; its log has the details under id f-15\n-> 70");
  BOOST_TEST(
      all_of("user show 13 --json") ==
      "\n--\n{\"error\":\"internal\",\"message\":\"the app failed\",\"id\":\"f-13\"}\n-> 70");
  BOOST_TEST(all_of("user show 14") ==
             "\n--\nshop: the request is not valid\n  <id> must be at least 15\n-> 2");
  // What comes from elsewhere is the app's to judge.
  auto const request = R"({"email":"x","password":"notallowed"})";
  BOOST_TEST(all_of("user create --input -", request) == R"(
--
shop: the request is not valid
  --email must be an e-mail address
  --password must be another one
-> 2)");
  BOOST_TEST(all_of("user create --input - --json", request) ==
             "\n--\n"
             R"({"error":"invalid_request","message":"the request is not valid",)"
             R"("violations":[{"path":"/email","rule":"email","message":)"
             R"("must be an e-mail address"},{"path":"/password","rule":"policy",)"
             R"("message":"must be another one"}]})"
             "\n-> 2");
}

BOOST_AUTO_TEST_CASE(usage_errors_end_with_two) {
  BOOST_TEST(all_of("user create --emial a@b.c") == R"(
--
shop user create: 3 problems
  --emial is no flag of this command; did you mean --email?
  --email is missing: an e-mail address
  --password is missing: text, at least 8 characters
Run 'shop user create --help' to see what it takes.
-> 2)");
  auto const nothing = shop_run("");
  BOOST_TEST(nothing.code == 2);
  BOOST_TEST(nothing.out == "");
  BOOST_TEST(nothing.err.find("Usage: shop COMMAND [flags]\n") != std::string::npos);
  BOOST_TEST(shop_run("user").code == 2);
}

BOOST_AUTO_TEST_CASE(questions_without_a_terminal_are_cancelled) {
  for (std::string const what : {"text", "secret", "confirm", "one", "many"})
    BOOST_TEST(all_of("thing echo ask:" + what, "typed\n") ==
               "\n--\nshop: nobody answered\n-> 130");
}

BOOST_AUTO_TEST_CASE(commands_of_the_program) {
  BOOST_TEST(all_of("serve") == "\nown: serve\n--\n-> 0");
  BOOST_TEST(all_of("--version") == "\nshop 1.2.3\n--\n-> 0");
  BOOST_TEST(shop_run("help user show").out == shop_run("user show --help").out);
  BOOST_TEST(shop_run("help").out == shop_run("--help").out);
  BOOST_TEST(shop_run("--help").code == 0);
  BOOST_TEST(shop_run("--help").out.find("\n  serve                Serves.\n"
                                         "  routes               Lists the routes") !=
             std::string::npos);
  BOOST_TEST(all_of("help usr") == "\n--\nshop: there is no command 'usr'; did you mean 'user'?\n"
                                   "Run 'shop --help' to see what it takes.\n-> 2");
  BOOST_TEST(shop_run("routes").out.find("user.import       ImportUsers  stream of User  user "
                                         "import\n") != std::string::npos);
  BOOST_TEST(
      shop_run("routes --json")
          .out.find(R"({"route":"user.import","streams":true,"commands":["user import"],)") !=
      std::string::npos);
  BOOST_TEST(all_of("completion tcsh") ==
             "\n--\nshop completion: <shell> takes one of bash, zsh, fish, not 'tcsh'\nRun "
             "'shop completion --help' to see what it takes.\n-> 2");
}

BOOST_AUTO_TEST_CASE(secrets_are_for_scripts_only) {
  BOOST_TEST(shop_run("thing report").out.find("key      ***\n") != std::string::npos);
  BOOST_TEST(shop_run("thing report --json").out.find(R"("key":"hunter2")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reader_that_leaves_is_no_error_and_a_full_disk_is) {
  auto const shell = [](std::string const& line) {
    return shop::run({"bash", "-c", "trap '' PIPE; " + line}, {},
                     {{"SHOP", shop::program("shop")}});
  };
  auto const left = shell("{ \"$SHOP\" user import $(seq 20000); echo code $? >&2; } | head -n 1");
  BOOST_TEST(left.out == "        id  email\n");
  BOOST_TEST(left.err.find("code 0\n") != std::string::npos);
  auto const full = shell("\"$SHOP\" user list > /dev/full");
  BOOST_TEST(full.err == "shop: standard output cannot be written: No space left on device\n");
  BOOST_TEST(full.code == 70);
}

BOOST_AUTO_TEST_SUITE_END()
