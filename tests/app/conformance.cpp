// The conformance suite over an app's doors: in process, Unix socket, HTTP.
#include <csignal>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "support/comes_true.hpp"
#include "support/conformance.hpp"
#include "support/scratch.hpp"
#include "support/text_doors.hpp"

BOOST_AUTO_TEST_SUITE(doors)

namespace {

struct served {
  support::scratch_folder folder{};
  api::probe seen{};
  api::signed_in guard{};
  boost::asio::io_context io{1};
  decltype(pando::app(api::handlers).provide(std::declval<api::probe&>()).provide(
      std::declval<api::signed_in&>())) app =
      pando::app(api::handlers).named("conformance").provide(seen).provide(guard);

  served() {
    std::string const path = folder.path() + "/app.sock";
    conformance::run(io, [this, &path]() -> pando::task<void> {
      co_await app.serve({.http = 0, .http_host = "127.0.0.1", .socket_path = path});
    });
  }
  ~served() {
    conformance::run(io, [this]() -> pando::task<void> { co_await app.stop(); });
  }
};

/// A program of the API that serves, and its commands: given to it, or run in the command itself.
struct commanded {
  explicit commanded(bool in_process, support::environment more = {})
      : here(in_process), where(std::move(more)) {
    where.push_back({"PANDO_SOCKET", path});
    app = std::make_unique<support::process>(std::vector<std::string>{program, "serve"},
                                             folder.path() + "/log", where);
    BOOST_REQUIRE_MESSAGE(app->writes("socket " + path), app->written());
  }
  ~commanded() {
    app->signal(SIGTERM);
    BOOST_TEST(app->wait() == 0);
  }

  std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), {program, "api"});
    if (here) words.push_back("--in-process");
    return words;
  }
  /// A command that has begun; `number` is that of its log.
  std::unique_ptr<support::process> begin(std::vector<std::string> words, int number = 0) const {
    auto const log = folder.path() + "/" + std::to_string(number);
    return std::make_unique<support::process>(command(std::move(words)), log, where,
                                              log + ".errors");
  }
  support::ran run(std::vector<std::string> words) const {
    auto const one = begin(std::move(words));
    int const code = one->wait();
    return {code, one->written()};
  }
  std::shared_ptr<support::command_channel> channel() const {
    std::vector<std::string> words{program};
    if (here) words.push_back("--in-process");
    return std::make_shared<support::command_channel>(words, folder.path(), where);
  }

  support::scratch_folder folder{};
  bool here;
  std::string path = folder.path() + "/api.sock";
  std::string program = support::program("api");
  support::environment where;
  std::unique_ptr<support::process> app;
};

/// Whether it has a handler for that signal.
bool minds(support::process const& which, int signal) {
  std::ifstream in("/proc/" + std::to_string(which.id()) + "/status");
  std::uint64_t caught = 0;
  for (std::string word; in >> word;)
    if (word == "SigCgt:") in >> std::hex >> caught;
  return (caught >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(conformance_in_process) {
  served it;
  conformance::all(it.io, it.app.client<api::Api>(), it.seen, it.guard, "in-process");
}

BOOST_AUTO_TEST_CASE(conformance_over_the_unix_socket) {
  served it;
  conformance::run(it.io, [&]() -> pando::task<void> {
    std::string const path = it.app.socket_path();
    auto link = co_await pando::connect(it.io.get_executor(), path);
    auto client = link.client<api::Api>();
    co_await conformance::values(client);
    co_await conformance::errors(client);
    co_await conformance::streams(client, it.seen);
    co_await conformance::deadlines(client, it.seen);
    co_await conformance::late_streams(client, it.seen);
    co_await conformance::many_at_once(client);
    co_await conformance::guards(client, it.guard, "socket");
    co_await link.close();
  });
}

BOOST_AUTO_TEST_CASE(conformance_over_http) {
  served it;
  std::string const url = "http://127.0.0.1:" + std::to_string(it.app.http_port());
  pando::http::client_options options;
  options.authorization = "Bearer tester";
  conformance::all(it.io,
                   pando::http::client<api::Api>(it.io.get_executor(), url, options), it.seen,
                   it.guard, "http");
}

BOOST_AUTO_TEST_CASE(conformance_over_json_rpc) {
  served it;
  auto const channel =
      std::make_shared<support::rpc_channel>(it.io.get_executor(), it.app.socket_path());
  channel->begin();
  conformance::all(it.io, pando::client<api::Api>(channel), it.seen, it.guard, "json-rpc");
  channel->close();
}

BOOST_AUTO_TEST_CASE(conformance_over_the_command_line) {
  for (bool const in_process : {false, true}) {
    commanded it(in_process);
    auto const channel = it.channel();
    pando::client<api::Api> const client(channel);
    boost::asio::io_context io(1);
    conformance::run(io, [&]() -> pando::task<void> {
      co_await conformance::values(client);
      co_await conformance::errors(client);
      auto all = client.stream<"count">(500);
      int last = 0;
      while (std::optional<api::tick> item = co_await all.next()) {
        BOOST_REQUIRE(item->number == last + 1);
        last = item->number;
      }
      BOOST_TEST(last == 500);
      BOOST_TEST(channel->last_code == 0);
      auto items = client.stream<"count">(10, 3);
      last = 0;
      try {
        while (std::optional<api::tick> item = co_await items.next()) last = item->number;
        BOOST_ERROR("a failing stream ended well");
      } catch (api::taken const& error) {
        BOOST_TEST(error.email == "stream");
      }
      BOOST_TEST(last == 3);
      BOOST_TEST(channel->last_code == api::taken::exit_code);
      auto const limited = client.within(std::chrono::milliseconds(300));
      BOOST_CHECK_THROW(co_await limited.call<"wait">(10'000), pando::deadline_exceeded);
      BOOST_TEST(channel->last_code == 70);
      auto late = limited.stream<"count">(1'000'000, 0, 5);
      last = 0;
      try {
        while (std::optional<api::tick> item = co_await late.next()) last = item->number;
        BOOST_ERROR("a late stream ended well");
      } catch (pando::deadline_exceeded const&) {
      }
      BOOST_TEST((last > 0 && last < 100));
      api::whoami who = co_await client.call<"whoami">();
      BOOST_TEST(who.transport == "cli");
      BOOST_TEST(who.principal == "local");
    });
  }
}

BOOST_AUTO_TEST_CASE(many_commands_at_once) {
  for (bool const in_process : {false, true}) {
    commanded it(in_process);
    std::vector<std::unique_ptr<support::process>> all;
    for (int id = 1000; id < 1032; ++id)
      all.push_back(it.begin({"show", std::to_string(id), "--json"}, id));
    for (int id = 1000; id < 1032; ++id) {
      auto& one = *all[static_cast<std::size_t>(id - 1000)];
      BOOST_TEST(one.wait() == 0);
      BOOST_TEST(one.written() == "{\"id\":" + std::to_string(id) + ",\"text\":\"note\"}\n");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_command_that_is_interrupted) {
  for (bool const in_process : {false, true}) {
    commanded it(in_process);
    // A call, as soon as the command minds the signal.
    auto const asking = it.begin({"wait", "--ms", "60000", "--json"});
    BOOST_REQUIRE(support::comes_true([&] { return minds(*asking, SIGINT); }));
    asking->signal(SIGINT);
    BOOST_TEST(asking->wait(std::chrono::seconds(10)) == 130);
    BOOST_TEST(asking->written().empty());
    BOOST_TEST(asking->written_errors().find(R"({"error":"cancelled",)") != std::string::npos,
               asking->written_errors());
    // A stream: what came before is there, whole.
    auto const reading = it.begin({"count", "--last", "1000000", "--wait-ms", "5", "--json"});
    BOOST_TEST(reading->writes("\"number\":3,"));
    reading->signal(SIGINT);
    BOOST_TEST(reading->wait(std::chrono::seconds(10)) == 130);
    auto const lines = reading->written();
    BOOST_TEST(lines.starts_with("{\"number\":1,"));
    BOOST_TEST(lines.ends_with("\"}\n"), lines);
    // A reader that has seen enough ends it too, and well.
    auto words = it.command({"count", "--last", "1000000000", "--json"});
    words.insert(words.begin(),
                 {"bash", "-c", "set -o pipefail; trap '' PIPE; \"$@\" | head -n 1", "bash"});
    auto const left = support::run(words, it.folder.path() + "/left", it.where);
    BOOST_TEST(left.code == 0);
    BOOST_TEST(left.written.starts_with("{\"number\":1,"), left.written);
    // And so does its time, though its handler never waits.
    words = it.command({"count", "--last", "1000000000", "--timeout", "200ms"});
    words.insert(words.begin(), {"bash", "-c", "\"$@\" > /dev/null", "bash"});
    auto const late = support::run(words, it.folder.path() + "/late", it.where);
    BOOST_TEST(late.code == 70);
    BOOST_TEST(late.written.find("no answer within 200 ms") != std::string::npos, late.written);
    BOOST_TEST(it.run({"show", "7", "--json"}).written == "{\"id\":7,\"text\":\"note\"}\n");
  }
}

BOOST_AUTO_TEST_CASE(a_command_before_a_closed_guard) {
  for (bool const in_process : {false, true}) {
    commanded it(in_process, {{"API_CLOSED", "1"}});
    auto const channel = it.channel();
    pando::client<api::Api> const client(channel);
    boost::asio::io_context io(1);
    conformance::run(io, [&]() -> pando::task<void> {
      BOOST_CHECK_THROW((void)co_await client.call<"whoami">(), pando::unauthenticated);
      api::note const shown = co_await client.call<"show">(7);
      BOOST_TEST(shown.id == 7);
    });
    auto const refused = it.begin({"whoami"});
    BOOST_TEST(refused->wait() == 1);
    BOOST_TEST(refused->written_errors().ends_with("api: closed\n"), refused->written_errors());
  }
}

/// By its flags a command says the same as by `--input`.
BOOST_AUTO_TEST_CASE(commands_by_their_flags) {
  for (bool const in_process : {false, true}) {
    commanded it(in_process);
    auto const found = it.run({"search", "--owner", "5", "--contains", "a b&c", "--shades=red",
                               "--shades", "blue", "--limit", "-3", "--json"});
    BOOST_TEST(found.code == 0);
    BOOST_TEST(found.written ==
               R"({"owner":5,"contains":"a b&c","shades":["red","blue"],"limit":-3})"
               "\n");
    auto const plain = it.run({"search", "--owner=5", "--no-shades", "--json"});
    BOOST_TEST(plain.written == R"({"owner":5,"contains":"-","shades":[],"limit":10})"
                                "\n");
    auto const joined = it.run({"sign-up", "--email", "free@example.com", "--password",
                                "longenough", "--age", "20", "--json"});
    BOOST_TEST(joined.written == "{\"id\":20}\n");
    auto const counted =
        it.run({"count", "--last", "3", "--fail-after", "2", "--json"});
    BOOST_TEST(counted.code == api::taken::exit_code);
    // The flags win over what comes by `--input`.
    auto const file = it.folder.path() + "/request.json";
    std::ofstream(file) << R"({"id":1,"text":"from the file"})";
    auto const put = it.run({"put", "--input", file, "--id", "2", "--json"});
    BOOST_TEST(put.written == "{\"id\":2,\"text\":\"from the file\"}\n");
  }
}

BOOST_AUTO_TEST_SUITE_END()
