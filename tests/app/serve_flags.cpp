// Flags of `serve` as a real program takes them: how many threads it has.
#include <filesystem>
#include <string>
#include <vector>

#include <sched.h>

#include <boost/test/unit_test.hpp>

#include "app/installed.hpp"
#include "socket/things.hpp"
#include "support/process.hpp"

BOOST_AUTO_TEST_SUITE(serve_flags)

namespace {

using app_test::installed;
using support::process;
using things::raw_client;

constexpr char who[] = R"({"jsonrpc":"2.0","id":2,"method":"swap.who"})";
std::size_t threads_of(process const& which) {
  std::size_t count = 0;
  for (auto const& one :
       std::filesystem::directory_iterator("/proc/" + std::to_string(which.id()) + "/task")) {
    (void)one;
    ++count;
  }
  return count;
}

/// How many threads a program has that serves with these flags, which answers by then.
std::size_t threads_with(installed& it, std::vector<std::string> const& flags,
                         std::vector<std::string> const& before = {}) {
  auto words = it.command({"serve", "--http", "127.0.0.1:0"});
  words.insert(words.begin(), before.begin(), before.end());
  words.insert(words.end(), flags.begin(), flags.end());
  process running(words, it.log(), it.place);
  BOOST_REQUIRE_MESSAGE(running.writes("://"), running.written());
  raw_client client(it.path);
  BOOST_TEST(client.ask(who).find("\"result\"") != std::string::npos);
  auto const count = threads_of(running);
  running.signal(SIGTERM);
  BOOST_TEST(running.wait() == 0);
  return count;
}

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(threads_0_is_one_for_each_core_that_it_may_run_on) {
  installed it;
  auto const none_of_its_own = threads_with(it, {});
  BOOST_TEST(threads_with(it, {"--threads", "1"}) == none_of_its_own);
  BOOST_TEST(threads_with(it, {"--threads", "3"}) == none_of_its_own + 3);
  cpu_set_t mine;
  CPU_ZERO(&mine);
  BOOST_REQUIRE(::sched_getaffinity(0, sizeof mine, &mine) == 0);
  auto const cores = static_cast<std::size_t>(CPU_COUNT(&mine));
  BOOST_TEST(threads_with(it, {"--threads", "0"}) == none_of_its_own + cores);
  int first = 0;
  while (!CPU_ISSET(first, &mine)) ++first;
  BOOST_TEST(threads_with(it, {"--threads", "0"}, {"taskset", "-c", std::to_string(first)}) ==
             none_of_its_own + 1);
  for (auto const* const wrong : {"-1", "many", "1.5", "99999999999"}) {
    auto const refused = it.run({"serve", "--threads", wrong});
    BOOST_TEST(refused.code == 2, wrong);
    BOOST_TEST(has(refused.written, "--threads"), refused.written);
  }
}

BOOST_AUTO_TEST_SUITE_END()
