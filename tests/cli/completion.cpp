// Completion: what is offered for a line, and the scripts run by the shells themselves.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/cli/completion.hpp>

#include "typed.hpp"

BOOST_AUTO_TEST_SUITE(completion)

namespace {

/// What is offered for a line whose last word is unfinished: words apart by blanks, `:files` first.
std::string offered(std::string const& line) {
  auto words = shop::split(line);
  if (line.empty() || line.back() == ' ') words.emplace_back();
  auto const found = pando::cli::complete(shop::commands(), words);
  std::string text = found.files ? ":files " : "";
  if (found.goes_on) text += ":goes-on ";
  for (auto const& one : found.list) text += one.text + " ";
  return text.empty() ? text : text.substr(0, text.size() - 1);
}

std::string answered(std::vector<std::string> const& arguments) {
  return pando::cli::answer_completion(arguments, [](std::span<std::string const> words) {
    return pando::cli::complete(shop::commands(), words);
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(commands) {
  BOOST_TEST(offered("") == "serve user thing");
  BOOST_TEST(offered("u") == "user");
  BOOST_TEST(offered("user ") == "create show list rm import");
  BOOST_TEST(offered("user l") == "list");
  BOOST_TEST(offered("user li ") == "");
  BOOST_TEST(offered("user list ") == "admins");
  BOOST_TEST(offered("thing ta") == "take-over");
  BOOST_TEST(offered("x") == "");
  BOOST_TEST(offered("--json us") == "user");
  BOOST_TEST(offered("--timeout 5s us") == "user");
}

BOOST_AUTO_TEST_CASE(an_option_that_a_field_hides_is_offered_once) {
  auto const offers = [](std::vector<std::string> const& words) {
    std::string text;
    for (auto const& one : pando::cli::complete(shop::twins(), words).list) text += one.text + " ";
    return text;
  };
  BOOST_TEST(offers({"twin", "make", "--"}) ==
             "--json --input --timeout --socket --in-process --version --help ");
  BOOST_TEST(offers({"twin", "look", "--"}) == "--json --timeout --socket --in-process --help ");
}

BOOST_AUTO_TEST_CASE(flags) {
  BOOST_TEST(offered("user create --") ==
             "--email --password --input --json --timeout --socket --in-process --help");
  BOOST_TEST(offered("user create ") ==
             "--email --password --input --json --timeout --socket --in-process --help");
  BOOST_TEST(offered("user create --e") == "--email");
  BOOST_TEST(offered("user create -e x --") ==
             "--password --input --json --timeout --socket --in-process --help");
  BOOST_TEST(offered("user create --email x --p") == "--password");
  BOOST_TEST(offered("user create --email=x --e") == "");
  BOOST_TEST(offered("user import --lines x --l") == "--lines");
  BOOST_TEST(offered("thing tune --no-") == "--no-tls --no-verbose");
  BOOST_TEST(offered("thing make --lab") == ":goes-on --labels.");
  BOOST_TEST(offered("thing make --shape.c") == "--shape.circle.radius");
  BOOST_TEST(offered("--js") == "--json");
  BOOST_TEST(offered("--v") == "--version");
}

BOOST_AUTO_TEST_CASE(values) {
  BOOST_TEST(offered("thing tune --color ") == "red green dark_blue");
  BOOST_TEST(offered("thing tune --color g") == "green");
  BOOST_TEST(offered("thing tune -c g") == "green");
  BOOST_TEST(offered("thing tune --color=g") == "--color=green");
  BOOST_TEST(offered("thing tune --tls=") == "--tls=true --tls=false");
  BOOST_TEST(offered("thing make --shape ") == "circle square");
  BOOST_TEST(offered("thing limit --size ") == "small large");
  BOOST_TEST(offered("help user sh") == "show");
  BOOST_TEST(offered("user create --email ") == "");
  BOOST_TEST(offered("user create --email -") == "");
  BOOST_TEST(offered("user create --input ") == ":files");
  BOOST_TEST(offered("user create --input=a") == ":files");
  BOOST_TEST(offered("--socket ") == ":files");
  BOOST_TEST(offered("user create --timeout ") == "");
  BOOST_TEST(offered("user show ") == "");
  BOOST_TEST(offered("user list -- ") == "");
}

BOOST_AUTO_TEST_CASE(answers_are_lines_with_notes) {
  BOOST_TEST(answered({"words", "--", "user", "create", "--e"}) == "--email\tan e-mail address\n");
  BOOST_TEST(answered({"words", "--", "user", "c"}) == "create\tAdds a user.\n");
  BOOST_TEST(answered({"words", "--"}) == "serve\tServes.\nuser\nthing\n");
  BOOST_TEST(answered({"words", "--", "thing", "make", "--labels"}) ==
             ":goes-on\n--labels.\tan integer\n");
  BOOST_TEST(answered({"words", "--", "user", "create", "--input", ""}) == ":files\n");
  BOOST_TEST(answered({}) == "");
  BOOST_TEST(answered({"other"}) == "");
}

BOOST_AUTO_TEST_CASE(bash_gives_its_line_and_replaces_behind_its_breaks) {
  auto const line = [](std::string const& text) {
    return answered({"line", text, std::to_string(text.size()), " \t\n\"'@><=;|&(:"});
  };
  BOOST_TEST(line("./shop user cr") == "create\tAdds a user.\n");
  BOOST_TEST(line("shop thing tune --color=g") == "green\n");
  BOOST_TEST(line("shop thing tune --name 'a b' --color g") == "green\n");
  BOOST_TEST(line("shop thing tune --name a\\ b --color g") == "green\n");
  BOOST_TEST(line("shop thing tune --name \"a --color g") == "");
  BOOST_TEST(answered({"line", "shop user create --email", "10"}) ==
             "create\tAdds a user.\nshow\nlist\nrm\nimport\n");
  BOOST_TEST(line("shop") == "");
}

BOOST_AUTO_TEST_CASE(scripts_exist_for_three_shells) {
  for (std::string const shell : {"bash", "zsh", "fish"}) {
    auto const script = pando::cli::completion_script(shell, "my-shop");
    BOOST_TEST(script.find("my-shop") != std::string::npos);
    BOOST_TEST(script.find("my_shop") != std::string::npos);
    BOOST_TEST(script.find("PROGRAM") == std::string::npos);
    BOOST_TEST(script.find("FUNCTION") == std::string::npos);
  }
  BOOST_TEST(pando::cli::completion_script("tcsh", "shop") == "");
}

BOOST_AUTO_TEST_SUITE_END()
