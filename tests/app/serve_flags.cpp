// Flags of `serve` as a real program takes them: how many threads, and the limits of its socket.
#include <filesystem>
#include <string>
#include <vector>

#include <sched.h>

#include <boost/test/unit_test.hpp>

#include "app/installed.hpp"
#include "socket/things.hpp"
#include "support/comes_true.hpp"
#include "support/process.hpp"
#include "support/raw_frames.hpp"

BOOST_AUTO_TEST_SUITE(serve_flags)

namespace {

using app_test::installed;
using support::comes_true;
using support::process;
using things::raw_client;

constexpr char who[] = R"({"jsonrpc":"2.0","id":2,"method":"swap.who"})";
constexpr char slow[] = R"({"jsonrpc":"2.0","id":1,"method":"swap.slow","params":{"ms":60000}})";

/// `who`, with so much white space that it is so long.
std::string who_of(std::size_t length) {
  std::string line = who;
  line.insert(1, std::string(length - line.size(), ' '));
  return line;
}

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

BOOST_AUTO_TEST_CASE(longest_message_of_the_socket) {
  installed it;
  auto running = it.serve({"--socket-max-frame", "2048"});
  raw_client lines(it.path);
  BOOST_TEST(has(lines.ask(who_of(2048)), "\"result\""));
  auto const refused = lines.ask(who_of(2049));
  BOOST_TEST(has(refused, "a line is longer than 2048 bytes"), refused);
  BOOST_TEST(lines.is_closed());

  raw_client frames(it.path);
  raw_frames::greet(frames);
  auto const padded = [](std::size_t length) {
    auto const bare = raw_frames::invoke(1, "swap.who", "{}").size() - pando::frames::header_size;
    return raw_frames::invoke(1, "swap.who", "{" + std::string(length - bare, ' ') + "}");
  };
  frames.send(padded(2048));
  BOOST_TEST((raw_frames::next(frames).head.what == pando::frames::kind::answer));
  frames.send(padded(2049));
  auto const last = raw_frames::next(frames);
  BOOST_TEST((last.head.what == pando::frames::kind::goodbye));
  BOOST_TEST(has(last.payload, "2049 bytes, and 2048 are the limit"), last.payload);
  BOOST_TEST(frames.is_closed());
  raw_client another(it.path);
  BOOST_TEST(has(another.ask(who), "\"result\""));
}

BOOST_AUTO_TEST_CASE(calls_at_once_on_a_connection_of_the_socket) {
  installed it;
  auto running = it.serve({"--socket-max-calls", "1"});
  raw_client client(it.path);
  client.send(std::string(slow) + "\n");
  auto const refused = client.ask(who); // read behind it, so that the first is under way
  BOOST_TEST(has(refused, "too many calls at once on this connection"), refused);
  BOOST_TEST(has(refused, "\"id\":2"), refused);
  raw_client another(it.path);
  BOOST_TEST(has(another.ask(who), "\"result\""));
  auto const ended = client.ask(R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":1}})");
  BOOST_TEST(has(ended, "\"id\":1"), ended);
  BOOST_TEST(has(client.ask(who), "\"result\""));
}

BOOST_AUTO_TEST_CASE(connections_of_the_socket) {
  installed it;
  auto running = it.serve({"--socket-max-connections", "2"});
  raw_client first(it.path);
  BOOST_TEST(has(first.ask(who), "\"result\""));
  {
    raw_client second(it.path);
    BOOST_TEST(has(second.ask(who), "\"result\""));
    raw_client third(it.path);
    BOOST_TEST(third.is_closed());
    BOOST_TEST(running->writes("is refused: 2 are open"), running->written());
  }
  BOOST_TEST(comes_true([&] { return has(raw_client(it.path).ask(who), "\"result\""); }));
  BOOST_TEST(has(first.ask(who), "\"result\""));
}

BOOST_AUTO_TEST_CASE(limits_of_the_socket_that_cannot_be) {
  installed it;
  struct one {
    char const* flag;
    char const* value;
    char const* sentence;
  };
  for (auto const& [flag, value, sentence] :
       {one{"--socket-max-frame", "1023", "at least 1024"},
        one{"--socket-max-frame", "1073741825", "at most 1073741824"},
        one{"--socket-max-calls", "0", "at least 1"},
        one{"--socket-max-calls", "65536", "at most 65535"},
        one{"--socket-max-connections", "0", "at least 1"},
        one{"--socket-max-connections", "-1", ""}, one{"--socket-max-frame", "16MiB", ""}}) {
    auto const refused = it.run({"serve", flag, value});
    BOOST_TEST(refused.code == 2, flag << " " << value);
    BOOST_TEST(has(refused.written, flag), refused.written);
    BOOST_TEST(has(refused.written, sentence), refused.written);
    BOOST_TEST(!std::filesystem::exists(it.path));
  }
  auto const help = it.run({"serve", "--help"}).written;
  for (auto const* const line :
       {"--socket-max-frame", "--socket-max-calls", "--socket-max-connections", "16777216", "4096",
        "65535", "on each connection"})
    BOOST_TEST(has(help, line), line << " in\n" << help);
  BOOST_TEST_MESSAGE(help);
}

BOOST_AUTO_TEST_SUITE_END()
