// A start that cannot be: what it says, how it ends, and that its fleet hears nothing of it.
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <pando/sqlite.hpp>

#include "app/installed.hpp"
#include "support/process.hpp"
#include "support/raw_http.hpp"

BOOST_AUTO_TEST_SUITE(starts)

namespace {

using app_test::installed;
using app_test::port_of;

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_serve_is_told_and_cannot_be_is_a_faulty_command_line) {
  installed it("lamps");
  auto const store = it.folder.path() + "/lamps.db";
  auto const refused = [&](std::vector<std::string> flags, std::string const& said) {
    flags.insert(flags.begin(), "serve");
    auto const end = it.run(flags);
    BOOST_TEST(end.code == 2, end.written);
    BOOST_TEST(has(end.written, said), end.written);
    BOOST_TEST(!std::filesystem::exists(it.path));
    BOOST_TEST(!std::filesystem::exists(store));
  };
  refused({"--store", "mysql://x/y"}, "there is no such engine");
  refused({"--client-only"}, "--runner and --client-only need --store");
  refused({"--runner", "127.0.0.1:0"}, "--runner and --client-only need --store");
  if (!PANDO_HAS_SQLITE) return;
  refused({"--store", store, "--runner", "nonsense"}, "'nonsense' is no address of a runner");
  refused({"--store", store, "--lease-ms", "5000", "--margin-ms", "6000"},
          "a lease of 5000 ms would end before it is renewed");
  refused({"--store", store, "--client-only", "--runner", "127.0.0.1:0"}, "it has no --runner");
  refused({"--store", store, "--client-only", "--weight", "2"},
          "--client-only hosts no entities, so it has no --weight");
}

/// `--store "$DATABASE_URL"` where there is no such variable.
BOOST_AUTO_TEST_CASE(an_empty_text_is_nothing_that_was_meant) {
  installed it("lamps");
  auto const refused = [&](std::vector<std::string> const& flags, std::string const& said) {
    auto const end = it.run(flags);
    BOOST_TEST(end.code == 2, end.written);
    BOOST_TEST(end.written == "lamps: " + said + "\n");
    BOOST_TEST(!std::filesystem::exists(it.path));
  };
  auto const store =
      "--store is empty: it wants a file, postgres://…, or memory, or is left out";
  refused({"serve", "--store", ""}, store);
  refused({"serve", "--store="}, store);
  refused({"serve", "--no-socket", "--store", ""}, store);
  for (std::string const flag :
       {"--socket", "--runner", "--runner-listen", "--cors-origin", "--health-selector"})
    refused({"serve", flag, ""}, flag + " is empty: it wants a value, or is left out");
}

BOOST_AUTO_TEST_CASE(more_threads_than_a_process_can_use_are_refused_at_once) {
  installed it;
  for (std::string const wrong : {"1025", "100000"}) {
    auto const refused = it.run({"serve", "--threads", wrong});
    BOOST_TEST(refused.code == 2);
    BOOST_TEST(refused.written ==
               "swap serve: --threads takes an integer from 0 up, at most 1024, 0 is one for each "
               "core, not '" + wrong + "'\nRun 'swap serve --help' to see what it takes.\n");
  }
}

BOOST_AUTO_TEST_CASE(help_says_what_each_flag_is_for) {
  installed it("lamps");
  auto const help = it.run({"serve", "--help"}).written;
  for (std::string const line :
       {"--http <text>", "where to serve HTTP: PORT, or HOST:PORT", "what keeps and shares entities",
        "where other processes reach this one's entities: HOST:PORT, or a path",
        "where it listens for them, if that is another HOST:PORT",
        "call entities of other processes, and host none",
        "labels of the pods that are runners: app=shop",
        "time after which a runner without a sign of life loses its shards",
        "Example:\n  lamps serve --http 3000\n"})
    BOOST_TEST(has(help, line), line << " in\n" << help);
  BOOST_TEST(!has(help, "--no-no"), help);
  for (std::string const twice : {"--no-no-socket", "--no-no-metrics"}) {
    auto const refused = it.run({"serve", twice});
    BOOST_TEST(refused.code == 2);
    BOOST_TEST(has(refused.written, twice + " is no flag of this command"), refused.written);
  }
}

BOOST_AUTO_TEST_CASE(the_first_and_the_last_line) {
  installed it("lamps");
  auto const has_store = PANDO_HAS_SQLITE != 0;
  auto const store = has_store ? it.folder.path() + "/lamps.db" : std::string("memory");
  auto running = it.serve({"--store", store});
  auto const serves = "lamps serves: pid " + std::to_string(running->id()) + ", store " +
                      (has_store ? "sqlite " : "") + store + "\n";
  BOOST_TEST(running->writes(serves), running->written());
  BOOST_TEST(!has(running->written(), "stopped"));
  running->signal(SIGTERM);
  BOOST_TEST(running->wait() == 0);
  BOOST_TEST(running->written().ends_with(" info lamps stopped\n"), running->written());
  installed other;
  auto plain = other.serve();
  BOOST_TEST(plain->writes("swap serves: pid " + std::to_string(plain->id()) + "\n"));
  installed shut;
  support::process nowhere(shut.command({"serve", "--no-socket"}), shut.log(), shut.place);
  BOOST_TEST(nowhere.writes(", without HTTP and without a Unix socket\n"), nowhere.written());
  // In this program it neither serves nor stops.
  auto const here = other.run({"swap", "cancelled", "--in-process"});
  BOOST_TEST(here.written == "0\n");
}

BOOST_AUTO_TEST_CASE(a_process_that_stands_still_is_given_up) {
  installed it("lamps");
  auto running = it.serve({"--store", "memory"});
  running->signal(SIGSTOP);
  auto const told = it.run({"cluster", "status", "--timeout", "100ms"});
  running->signal(SIGCONT);
  BOOST_TEST(told.code == 70);
  BOOST_TEST(told.written == "lamps: no answer within 100 ms\n");
  BOOST_TEST(has(it.run({"cluster", "status", "--help"}).written,
                 "give up after so long, such as 5s; default 10s"));
  BOOST_TEST(it.run({"cluster", "status"}).code == 0);
}

#if PANDO_HAS_SQLITE
namespace {

/// Processes of one fleet, each with a socket of its own.
struct fleet : installed {
  fleet() : installed("lamps") {}

  std::vector<std::string> flags(std::string const& http, std::string const& socket) const {
    return command({"serve", "--store", folder.path() + "/lamps.db", "--runner", "127.0.0.1:0",
                    "--http", http, "--socket", folder.path() + "/" + socket});
  }
  std::unique_ptr<support::process> start(std::string const& http, std::string const& socket) {
    return std::make_unique<support::process>(flags(http, socket), log());
  }
};

} // namespace

/// With a watcher that starts it each second, a fleet would give shards away each second.
BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_found_before_the_fleet_is_joined) {
  fleet it;
  auto const first = it.start("127.0.0.1:0", "first.sock");
  BOOST_REQUIRE_MESSAGE(first->writes("took 300 shards"), first->written());
  BOOST_REQUIRE_MESSAGE(first->writes("lamps serves"), first->written());
  auto const taken = "127.0.0.1:" + std::to_string(port_of(*first));
  auto const before = first->written();
  auto const second = it.start(taken, "second.sock");
  BOOST_TEST(second->wait() == 1);
  BOOST_TEST(second->written().starts_with("lamps: cannot serve: cannot listen on "),
             second->written());
  BOOST_TEST(has(second->written(), "another program does: stop it, or choose another port"),
             second->written());
  BOOST_TEST(has(second->written(), "Address already in use"), second->written());
  BOOST_TEST(!std::filesystem::exists(it.folder.path() + "/second.sock"));
  auto const runners = support::run(
      it.command({"cluster", "runners", "--json", "--socket", it.folder.path() + "/first.sock"}),
      it.log());
  BOOST_TEST(has(runners.written, "\"address\""), runners.written);
  BOOST_TEST(runners.written.find("\"address\"") == runners.written.rfind("\"address\""),
             runners.written); // nobody else was ever there
  // A socket that no app can have is found as early.
  auto const third = it.start("127.0.0.1:0", "none/third.sock");
  BOOST_TEST(third->wait() == 1);
  BOOST_TEST(has(third->written(), "cannot be looked at"), third->written());
  BOOST_TEST(!has(third->written(), "listens at"), third->written());
  BOOST_TEST(first->written() == before);
  BOOST_TEST(first->runs());
}

/// Who comes while it joins its fleet is answered when it has.
BOOST_AUTO_TEST_CASE(a_start_that_fails_behind_its_doors_leaves_them) {
  fleet it;
  auto words = it.command({"serve", "--store", it.folder.path() + "/no/such/lamps.db", "--http",
                           "127.0.0.1:0", "--socket", it.path});
  auto const failed = support::run(words, it.log());
  BOOST_TEST(failed.code == 1);
  BOOST_TEST(has(failed.written, "make it first"), failed.written);
  BOOST_TEST(!has(failed.written, "://"), failed.written);
  BOOST_TEST(!std::filesystem::exists(it.path));
}
#endif

BOOST_AUTO_TEST_SUITE_END()
