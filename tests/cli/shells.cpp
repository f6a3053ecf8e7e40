// The completion scripts, run by the shells they are for.
#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>

#include "session.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(shells)

namespace {

/// PATH with the test's programs first.
shop::environment with_path() {
  auto const folder = std::filesystem::absolute(shop::program("shop")).parent_path().string();
  return {{"PATH", folder + ":" + std::getenv("PATH")}};
}

/// What bash's function offers for a line, words apart by blanks.
std::string bash_offers(std::string const& line) {
  auto const script = "source <(shop completion bash)\n"
                      "COMP_LINE=$1 COMP_POINT=${#1}\n"
                      "_shop_completion shop\n"
                      "echo \"${COMPREPLY[*]}\"";
  auto const ran = shop::run({"bash", "--norc", "-c", script, "bash", line}, {}, with_path());
  return ran.out + ran.err;
}

std::string fish_offers(std::string const& line) {
  auto const ran = shop::run(
      {"fish", "--no-config", "-c", "shop completion fish | source; complete -C $argv[1]", line},
      {}, with_path());
  return ran.out + ran.err;
}

} // namespace

BOOST_AUTO_TEST_CASE(bash) {
  if (!shop::is_installed("bash")) return support::skip("bash is not installed");
  BOOST_TEST(bash_offers("shop us") == "user\n");
  BOOST_TEST(bash_offers("shop user ") == "create show list rm import\n");
  BOOST_TEST(bash_offers("shop user create --e") == "--email\n");
  BOOST_TEST(bash_offers("shop thing tune --color=g") == "green\n");
  BOOST_TEST(bash_offers("shop thing tune --name 'a b' --color d") == "dark_blue\n");
  BOOST_TEST(bash_offers("shop completion ") == "bash zsh fish\n");
}

BOOST_AUTO_TEST_CASE(bash_at_a_prompt) {
  if (!shop::is_installed("bash")) return support::skip("bash is not installed");
  auto more = with_path();
  more.push_back({"PS1", "$ "});
  more.push_back({"INPUTRC", "/dev/null"});
  shop::session shell({"bash", "--norc", "--noprofile", "-i"}, more);
  shell.until("$ ");
  shell.type("source <(shop completion bash); bind 'set enable-bracketed-paste off'\n");
  shell.until("off'\r\n");
  shell.until("$ ");
  shell.type("shop us\t");
  shell.until("user ");
  shell.type("sh\t7\n");
  BOOST_TEST(shell.until("a@b.c").find("email") != std::string::npos);
  shell.type("shop thing tune --color=gr\t");
  BOOST_TEST(shell.until("green").find("--color=green") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(zsh_at_a_prompt) {
  if (!shop::is_installed("zsh")) return support::skip("zsh is not installed");
  auto more = with_path();
  more.push_back({"PS1", "$ "});
  more.push_back({"TERM", "dumb"});
  shop::session shell({"zsh", "-f", "-i"}, more);
  shell.until("$ ");
  shell.type(
      "autoload -Uz compinit; compinit -u -D; source <(shop completion zsh); echo re''ady\n");
  shell.until("ready");
  shell.until("$ ");
  shell.type("shop us\tsh\t7\n");
  BOOST_TEST(shell.until("a@b.c").find("email") != std::string::npos);
  shell.until("$ ");
  shell.type("shop thing tune --color=gr\t");
  BOOST_TEST(shell.until("green").find("--color=green") != std::string::npos);
  shell.type("\n");
  shell.until("$ ");
  shell.type("exit\n");
  shell.rest();
}

BOOST_AUTO_TEST_CASE(fish) {
  if (!shop::is_installed("fish")) return support::skip("fish is not installed");
  BOOST_TEST(fish_offers("shop us") == "user\n");
  BOOST_TEST(fish_offers("shop user c") == "create\tAdds a user.\n");
  BOOST_TEST(fish_offers("shop user create --e") == "--email\tan e-mail address\n");
  BOOST_TEST(fish_offers("shop thing tune --color=g") == "--color=green\n");
  BOOST_TEST(fish_offers("shop thing tune --color d") == "dark_blue\n");
}

BOOST_AUTO_TEST_SUITE_END()
