// What whoever operates an app sees: its metrics, its readiness, and `cluster status` and its kin,
// all of real processes.
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/inspection.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/http.hpp>
#include <pando/pando.hpp>
#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include <sqlite3.h>
#endif

#include "app/installed.hpp"
#include "support/comes_true.hpp"
#ifdef PANDO_WITH_OPENSSL
#include "support/identity.hpp"
#endif
#include "support/process.hpp"
#include "support/prometheus.hpp"
#include "support/raw_http.hpp"

BOOST_AUTO_TEST_SUITE(inspection)

namespace {

using app_test::installed;
using app_test::port_of;
using raw_http::get;
using raw_http::post;
using support::comes_true;
using support::prometheus;

/// Processes of `lamps`, each with a socket of its own.
struct lamps : installed {
  lamps() : installed("lamps") {}

  struct one {
    std::string socket;
    std::unique_ptr<support::process> process;
    std::uint16_t port = 0;

    raw_http::answer ask(std::string const& request) const {
      raw_http::connection web(port);
      web.send(request);
      return web.read(request.starts_with("HEAD"));
    }
    prometheus metrics() const {
      auto const got = ask(get("/metrics"));
      BOOST_REQUIRE(got.status == 200);
      BOOST_TEST(got.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
      return prometheus(got.body);
    }
  };

  one start(std::vector<std::string> flags = {}, support::environment more = {}) {
    one made;
    made.socket = folder.path() + "/" + std::to_string(++started_) + ".sock";
    flags.insert(flags.begin(), {"serve", "--http", "127.0.0.1:0", "--socket", made.socket});
    if (std::find(flags.begin(), flags.end(), "--store") == flags.end())
      flags.insert(flags.end(), {"--store", "memory"});
    made.process = std::make_unique<support::process>(command(flags), log(), more);
    BOOST_REQUIRE_MESSAGE(made.process->writes("://"), made.process->written());
    made.port = port_of(*made.process);
    return made;
  }
  one runner(std::string const& host = "127.0.0.1", std::vector<std::string> flags = {},
             support::environment more = {}) {
    flags.insert(flags.end(),
                 {"--store", folder.path() + "/lamps.db", "--runner", host + ":0"});
    return start(std::move(flags), std::move(more));
  }
  support::ran say(one const& by, std::vector<std::string> words) {
    words.insert(words.begin(), {support::program("lamps"), "--socket", by.socket});
    return support::run(words, log());
  }
  boost::json::value json(one const& by, std::vector<std::string> words) {
    words.insert(words.begin(), "cluster");
    words.push_back("--json");
    auto const said = say(by, words);
    BOOST_REQUIRE_MESSAGE(said.code == 0, said.written);
    return boost::json::parse(said.written);
  }
  boost::json::object status(one const& by) { return json(by, {"status"}).as_object(); }
  std::int64_t held(one const& by) { return status(by).at("shards_held").to_number<std::int64_t>(); }
  /// Each shard is one's, and both have some.
  bool is_shared_by(one const& a, one const& b) {
    auto const there = held(b);
    return there != 0 && held(a) + there == 300;
  }

 private:
  int started_ = 0;
};

std::string text_of(boost::json::value const& value, char const* name) {
  return std::string(value.at(name).as_string());
}
std::int64_t number_of(boost::json::value const& value, char const* name) {
  return value.at(name).to_number<std::int64_t>();
}
bool contains(std::string const& text, std::string const& part) {
  return text.find(part) != text.npos;
}

std::string series(std::string const& route, std::string const& way, std::string const& outcome) {
  return "pando_calls_total{route=\"" + route + "\",transport=\"" + way + "\",outcome=\"" + outcome +
         "\"}";
}

} // namespace

BOOST_AUTO_TEST_CASE(metrics_of_an_app_that_is_alone) {
  lamps it;
  auto app = it.start();
  for (int const times : {1, 2, 3})
    BOOST_TEST(app.ask(post("/lamp/red/touch", "{\"times\":" + std::to_string(times) + "}")).status ==
               200);
  BOOST_TEST(app.ask(post("/lamp/red/touch", R"({"times":"x"})")).status == 422);
  BOOST_TEST(app.ask(post("/lamp/blue/fall", "{}")).status == 500);
  BOOST_TEST(app.ask(get("/desk/half/8")).body == "4");
  BOOST_TEST(app.ask(get("/desk/half/7")).status == 409);
  BOOST_TEST(app.ask(get("/desk/broken")).status == 500);
  BOOST_TEST(it.say(app, {"desk", "half", "--value", "2"}).code == 0);

  auto const now = app.metrics();
  BOOST_TEST(now[series("lamp.touch", "http", "ok")] == 3);
  BOOST_TEST(now[series("lamp.touch", "http", "failed")] == 1);
  BOOST_TEST(now[series("desk.half", "http", "ok")] == 1);
  BOOST_TEST(now[series("desk.half", "http", "declared")] == 1);
  BOOST_TEST(now[series("desk.broken", "http", "defect")] == 1);
  BOOST_TEST(now[series("desk.half", "cli", "ok")] == 1);
  BOOST_TEST(now[R"(pando_call_seconds_count{route="desk.half",transport="http"})"] == 2);
  BOOST_TEST(now[R"(pando_call_seconds_bucket{route="desk.half",transport="http",le="+Inf"})"] == 2);
  BOOST_TEST(now[R"(pando_calls_in_flight{transport="http"})"] == 0);
  BOOST_TEST(now["pando_http_connections"] >= 1); // whoever asks
  BOOST_TEST(now[R"(pando_app_info{app="lamps",pando="0.1.0"})"] == 1);
  auto const entity = [&](std::string const& name) {
    return now["pando_entity_" + name + R"({entity="Lamp"})"];
  };
  BOOST_TEST(entity("instances") == 2);
  BOOST_TEST(entity("activations_total") == 2);
  BOOST_TEST(entity("passivations_total") == 0);
  BOOST_TEST(entity("calls_waiting") == 0);
  BOOST_TEST(entity("instances_failing") == 1);
  BOOST_TEST(entity("defects_total") == 1);
  auto const rpc = [&](std::string const& of, std::string const& outcome) {
    return now[R"(pando_entity_calls_total{entity="Lamp",rpc=")" + of + R"(",outcome=")" + outcome +
               "\"}"];
  };
  BOOST_TEST(rpc("Touch", "ok") == 3);
  BOOST_TEST(rpc("Fall", "defect") == 1);
  BOOST_TEST(rpc("Fall", "ok") == 0);
  // The program's own, with what must be escaped.
  BOOST_TEST(now.help_of("lamp_touches_total") == "Touches of \\\\ all\\nlamps.");
  auto const labels = now.labels_of("lamp_touches_total");
  BOOST_REQUIRE(labels.size() == 1U);
  BOOST_TEST(labels[0].at("room") == "the \"red\" one\n");
  BOOST_TEST(now[R"(lamp_touches_total{floor="2",room="the \"red\" one\n"})"] == 6);
  BOOST_TEST(now["lamp_lit"] == 3);
  BOOST_TEST(now[R"(lamp_wait_seconds_bucket{le="0.0025"})"] == 0);
  BOOST_TEST(now[R"(lamp_wait_seconds_bucket{le="0.005"})"] == 3);
  BOOST_TEST(now["lamp_wait_seconds_sum"] == 0.009, boost::test_tools::tolerance(1e-9));
  // An id, or a door's name that a client makes up, is in no series.
  BOOST_TEST(it.say(app, {"lamp", "touch", "secret-id", "--times", "1"}).code == 0);
  auto const text = app.ask(get("/metrics")).body;
  BOOST_TEST(!contains(text, "secret-id"));
  BOOST_TEST(!contains(text, "\"red\""));
}

BOOST_AUTO_TEST_CASE(the_page_of_metrics) {
  lamps it;
  auto app = it.start();
  auto const head = app.ask(get("/metrics", {}, "HEAD"));
  BOOST_TEST(head.status == 200);
  BOOST_TEST(app.ask(post("/metrics", "{}")).status == 405);
  BOOST_TEST(app.ask(get("/metrics/")).status == 200);
  auto silent = it.start({"--no-metrics"});
  BOOST_TEST(silent.ask(get("/metrics")).status == 404);
  BOOST_TEST(silent.ask(get("/healthz")).status == 200);
  auto own = it.start({}, {{"LAMPS_METRICS", "1"}});
  BOOST_TEST(own.ask(get("/metrics")).body == "\"the app's own\"");
  BOOST_TEST(own.process->writes("/metrics is a route of this app's"), own.process->written());
}

BOOST_AUTO_TEST_CASE(an_app_that_is_alone_is_asked) {
  lamps it;
  auto app = it.start();
  BOOST_TEST(it.say(app, {"lamp", "touch", "red", "--times", "1"}).code == 0);
  BOOST_TEST(it.say(app, {"lamp", "fall", "blue"}).code == 70);
  auto const status = it.status(app);
  BOOST_TEST(text_of(status, "store") == "memory"); // for its persisted calls
  BOOST_TEST(number_of(status, "instances") == 2);
  BOOST_TEST(number_of(status, "runners_up") == 1);
  BOOST_TEST(number_of(status, "messages_waiting") == 0);
  BOOST_TEST(text_of(status, "advice") ==
             "1 of the instances of Lamp here failed in their last call: look into the log");
  auto const entities = it.json(app, {"entities"}).as_array();
  BOOST_REQUIRE(entities.size() == 1U);
  BOOST_TEST(text_of(entities[0], "entity") == "Lamp");
  BOOST_TEST(number_of(entities[0], "failing") == 1);
  BOOST_TEST(number_of(entities[0], "defects") == 1);
  // For people: names and values, and tables.
  auto const shown = it.say(app, {"cluster", "status"});
  BOOST_TEST(shown.code == 0);
  BOOST_TEST(contains(shown.written, "advice"), shown.written);
  auto const table = it.say(app, {"cluster", "entities"});
  BOOST_TEST(contains(table.written, "Lamp"), table.written);
  BOOST_TEST(contains(table.written, "failing"), table.written);
  // Never over HTTP.
  BOOST_TEST(app.ask(get("/cluster/status")).status == 404);
  BOOST_TEST(app.ask(post("/cluster/health", "{}")).status == 404);
  BOOST_TEST(!contains(app.ask(get("/openapi.json")).body, "cluster"));
  // Nonsense.
  BOOST_TEST(it.say(app, {"cluster", "stats"}).code == 2);
  BOOST_TEST(it.say(app, {"cluster", "health"}).code == 2);
  BOOST_TEST(it.say(app, {"cluster", "shards", "--state", "mine"}).code == 2);
  auto const last = it.say(app, {"cluster", "health", text_of(status, "address"), "down"});
  BOOST_TEST(last.code == 2);
  BOOST_TEST(contains(last.written, "is the last that is up"), last.written);
}

#if PANDO_HAS_SQLITE

BOOST_AUTO_TEST_CASE(a_fleet_is_asked) {
  lamps it;
  auto const one = it.runner();
  auto const other = it.runner();
  auto const held = [&](lamps::one const& of) { return it.held(of); };
  BOOST_TEST(comes_true([&] { return it.is_shared_by(one, other); }));
  auto const status = it.status(one);
  BOOST_TEST(text_of(status, "role") == "runner");
  BOOST_TEST(contains(text_of(status, "store"), "lamps.db"), text_of(status, "store"));
  BOOST_TEST(status.at("enlisted").as_bool());
  BOOST_TEST(number_of(status, "runners") == 2);
  BOOST_TEST(number_of(status, "runners_up") == 2);
  BOOST_TEST(number_of(status, "shards") == 300);
  BOOST_TEST(number_of(status, "shards_assigned") == number_of(status, "shards_held"));
  auto const mine = text_of(status, "address");
  auto const theirs = text_of(it.status(other), "address");

  auto const runners = it.json(one, {"runners"}).as_array();
  BOOST_REQUIRE(runners.size() == 2U);
  std::int64_t shards = 0;
  for (auto const& each : runners) {
    BOOST_TEST(text_of(each, "state") == "up");
    BOOST_TEST(each.at("here").as_bool() == (text_of(each, "address") == mine));
    shards += number_of(each, "shards");
  }
  BOOST_TEST(shards == 300);
  BOOST_TEST(it.json(one, {"shards"}).as_array().size() == 300U);
  auto const here = it.json(one, {"shards", "--state", "here"}).as_array();
  BOOST_TEST(here.size() == static_cast<std::size_t>(held(one)));
  BOOST_TEST(text_of(here.front(), "owner") == mine);
  BOOST_TEST(number_of(here.front(), "epoch") >= 1);
  auto const away = it.json(one, {"shards", "--owner", theirs, "--group", "default"}).as_array();
  BOOST_TEST(away.size() == static_cast<std::size_t>(held(other)));
  BOOST_TEST(text_of(away.front(), "state") == "elsewhere");
  BOOST_TEST(it.json(one, {"shards", "--group", "none"}).as_array().empty());

  // Persisted calls, and one whose key was another's.
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(it.say(one, {"lamp", "keep", "l" + std::to_string(i), "--key", "k", "--value", "1"})
                   .code == 0);
  BOOST_TEST(it.say(one, {"lamp", "keep", "l1", "--key", "k", "--value", "2"}).code == 1);
  auto const a = one.metrics();
  auto const b = other.metrics();
  BOOST_TEST(a["pando_persisted_answered_total"] + b["pando_persisted_answered_total"] == 20);
  BOOST_TEST(a["pando_persisted_stored_total"] + b["pando_persisted_stored_total"] == 20);
  BOOST_TEST(a["pando_persisted_conflicts_total"] + b["pando_persisted_conflicts_total"] == 1);
  BOOST_TEST(b["pando_persisted_taken_total"] > 0); // of shards that are elsewhere
  BOOST_TEST(a[R"(pando_cluster_runners{state="up"})"] == 2);
  BOOST_TEST(a["pando_cluster_shards_held"] + b["pando_cluster_shards_held"] == 300);
  BOOST_TEST(a["pando_cluster_shards_given_total"] > 0);
  // A machine that is too busy to renew loses them; then it says so.
  bool const says_lost = one.process->written().find("its leases have ended") != std::string::npos;
  BOOST_TEST((a["pando_cluster_shards_lost_total"] != 0) == says_lost);
  BOOST_TEST(a["pando_cluster_enlisted"] == 1);
  BOOST_TEST(a["pando_cluster_lease_left_seconds"] > 0);
  BOOST_TEST(a[R"(pando_storage_seconds_count{operation="renew"})"] > 0);
  BOOST_TEST(a[R"(pando_storage_failures_total{operation="renew"})"] == 0);
  BOOST_TEST(number_of(it.status(one), "messages_answered") == 20);

  // Shards leave a runner that is marked, and come back; the last one stays.
  BOOST_TEST(it.say(one, {"cluster", "health", theirs, "down"}).code == 0);
  BOOST_TEST(comes_true([&] { return held(one) == 300 && held(other) == 0; }));
  auto const marked = it.json(one, {"runners"}).as_array();
  for (auto const& each : marked)
    BOOST_TEST(text_of(each, "state") == (text_of(each, "address") == theirs ? "down" : "up"));
  auto const last = it.say(other, {"cluster", "health", mine, "down"});
  BOOST_TEST(last.code == 2);
  BOOST_TEST(contains(last.written, "is the last that is up"), last.written);
  auto const nobody = it.say(one, {"cluster", "health", "127.0.0.1:1", "down"});
  BOOST_TEST(nobody.code == 2);
  BOOST_TEST(contains(nobody.written, "there is no runner at 127.0.0.1:1"), nobody.written);
  BOOST_TEST(it.say(one, {"cluster", "health", theirs, "sideways"}).code == 2);
  BOOST_TEST(it.say(one, {"cluster", "health", theirs, "up"}).code == 0);
  BOOST_TEST(comes_true([&] { return held(other) != 0; }));
}

/// Runners that are to have no shards take none, however long one waits.
BOOST_AUTO_TEST_CASE(that_all_runners_have_weight_0_is_said) {
  lamps it;
  auto const one = it.runner("127.0.0.1", {"--weight", "0"});
  auto const advice = [&] { return text_of(it.status(one), "advice"); };
  std::string const said =
      "start a runner with --weight above 0: all that are up have weight 0, and take no shards";
  BOOST_TEST(comes_true([&] { return advice() == said; }), advice());
  auto const other = it.runner();
  BOOST_TEST(comes_true([&] { return advice() == "nothing"; }), advice());
  BOOST_TEST(it.held(other) == 300);
}

/// What is said of shards, and of what is stored, is not taken in silence where there is no store.
BOOST_AUTO_TEST_CASE(runners_that_are_marked_or_silent_are_named) {
  lamps it;
  auto const one = it.runner();
  auto const other = it.runner();
  auto const theirs = text_of(it.status(other), "address");
  auto const advice = [&] { return text_of(it.status(one), "advice"); };
  BOOST_TEST(one.process->writes("runner " + theirs + " has joined"));
  BOOST_TEST(it.say(one, {"cluster", "health", theirs, "down"}).code == 0);
  BOOST_TEST(one.process->writes("runner " + theirs + " is marked down by hand"));
  BOOST_TEST(comes_true([&] {
    return advice() == "runner " + theirs + " is marked down, and gets no shards: cluster health " +
                           theirs + " up gives it some, unless it is stopping";
  }), advice());
  BOOST_TEST(it.say(one, {"cluster", "health", theirs, "up"}).code == 0);
  BOOST_TEST(comes_true([&] { return advice() == "nothing"; }), advice());
  other.process->signal(SIGSTOP);
  BOOST_TEST(comes_true([&] {
    return contains(advice(), "runner " + theirs + " has given no sign of life for ");
  }), advice());
  BOOST_TEST(one.process->writes("runner " + theirs + " is silent"));
  other.process->signal(SIGCONT);
  BOOST_TEST(comes_true([&] { return advice() == "nothing"; }), advice());
}

BOOST_AUTO_TEST_CASE(a_file_that_was_replaced_under_a_runner_makes_it_not_ready) {
  lamps it;
  auto const one = it.runner();
  for (std::string const more : {"", "-wal", "-shm"})
    (void)::unlink((it.folder.path() + "/lamps.db" + more).c_str());
  auto const next = it.runner(); // makes a new one
  BOOST_TEST(comes_true([&] { return it.held(next) == 300; }));
  BOOST_TEST(comes_true([&] { return one.ask(get("/readyz")).status == 503; }));
  BOOST_TEST(comes_true([&] { return it.held(one) == 0; }));
  BOOST_TEST(contains(text_of(it.status(one), "trouble"), "was removed or replaced"));
  BOOST_TEST(next.ask(get("/readyz")).status == 200);
}

BOOST_AUTO_TEST_CASE(flags_that_need_a_store) {
  lamps it;
  std::vector<std::string> const with_memory{"serve", "--no-socket", "--store", "memory"};
  auto const refused = [&](std::vector<std::string> const& more, std::string const& said) {
    auto flags = with_memory;
    flags.insert(flags.end(), more.begin(), more.end());
    auto const end = it.run(flags);
    BOOST_TEST(end.code == 2, end.written);
    BOOST_TEST(end.written == said);
  };
  auto const needs = [](std::string const& flag) {
    return "lamps: " + flag + " needs --store, by which processes of the app share its entities; "
           "without one they are all in this process: leave it out\n";
  };
  refused({"--shards", "12"}, needs("--shards"));
  refused({"--shards=300"}, needs("--shards")); // which is the default
  refused({"--weight", "0.5"}, needs("--weight"));
  refused({"--runner-json"}, needs("--runner-json"));
  refused({"--lease-ms", "5000", "--margin-ms", "400"}, needs("--lease-ms") + needs("--margin-ms"));
  refused({"--shards", "0"}, it.run({"serve", "--shards", "0"}).written); // no number of shards
  auto app = it.start({"--retention-s", "60"}); // of the answers in memory
  BOOST_TEST(text_of(it.status(app), "store") == "memory");
}

/// Other processes reach a runner beside its app's socket, unless it says where else.
BOOST_AUTO_TEST_CASE(a_socket_beside_which_is_no_room) {
  lamps it;
  auto const path_of = [&](std::size_t octets) {
    return it.folder.path() + "/" + std::string(octets - it.folder.path().size() - 1, 'x');
  };
  auto const file = it.folder.path() + "/lamps.db";
  for (std::size_t const octets : {105U, 107U}) { // no process has a number of no digits
    auto const path = path_of(octets);
    auto const end = it.run({"serve", "--store", file, "--socket", path});
    BOOST_TEST(end.code == 2);
    BOOST_TEST(end.written ==
               "lamps: cannot serve: pando: beside the app's socket, " + path + ", is no room for "
               "the one where other processes reach its entities: that path has " +
               std::to_string(octets) + " bytes, and at most 97 leave room for it; choose a shorter "
               "one with --socket or PANDO_SOCKET, or another place for entities with --runner\n");
    BOOST_TEST(!std::filesystem::exists(path));
  }
  BOOST_TEST(!std::filesystem::exists(file));
  auto const serves = [&](std::string const& path, std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"serve", "--socket", path});
    support::process running(it.command(flags), it.log());
    BOOST_TEST(running.writes("socket " + path), running.written());
  };
  serves(path_of(97), {"--store", file});
  serves(path_of(107), {"--store", file, "--runner", "127.0.0.1:0"});
  serves(path_of(107), {"--store", file, "--client-only"});
  serves(path_of(107), {"--store", "memory"});
}

/// A process that only calls has no shards, and sees those of the others.
BOOST_AUTO_TEST_CASE(a_process_that_only_calls_is_asked) {
  lamps it;
  auto const client = it.start({"--client-only", "--store", it.folder.path() + "/lamps.db"});
  auto const all_of = [&](std::string const& state) {
    return it.json(client, {"shards", "--state", state}).as_array().size();
  };
  auto status = it.status(client);
  BOOST_TEST(number_of(status, "shards_unowned") == 300); // nobody hosts them yet
  BOOST_TEST(contains(text_of(status, "advice"), "start a runner"), text_of(status, "advice"));
  auto const unowned = it.json(client, {"shards", "--state", "unowned"}).as_array();
  BOOST_REQUIRE(unowned.size() == 300U);
  BOOST_TEST(!unowned.front().as_object().contains("owner"));

  auto const one = it.runner();
  BOOST_TEST(comes_true([&] { return all_of("elsewhere") == 300U; }));
  BOOST_TEST(all_of("unowned") == 0U);
  BOOST_TEST(all_of("here") == 0U);
  BOOST_TEST(all_of("leaving") == 0U);
  status = it.status(client);
  BOOST_TEST(text_of(status, "role") == "client");
  BOOST_TEST(text_of(status, "address") == "");
  BOOST_TEST(!status.at("enlisted").as_bool());
  for (auto const* const name : {"shards_held", "shards_assigned", "shards_unowned", "instances"})
    BOOST_TEST(number_of(status, name) == 0, name);
  BOOST_TEST(number_of(status, "runners") == 1);
  BOOST_TEST(number_of(status, "runners_up") == 1);
  BOOST_TEST(number_of(status, "shards") == 300);
  BOOST_TEST(text_of(status, "advice") == "nothing");
  BOOST_TEST(!it.json(client, {"runners"}).as_array().front().at("here").as_bool());
  BOOST_TEST(client.metrics()["pando_cluster_enlisted"] == 0);
  BOOST_TEST(client.metrics()["pando_cluster_shards_held"] == 0);
}

/// What goes on in a shard that is given away holds it, until it ends or the drain time does.
BOOST_AUTO_TEST_CASE(shards_that_are_leaving) {
  lamps it;
  auto const one = it.runner();
  auto const other = it.runner();
  auto const held = [&](lamps::one const& of) { return it.held(of); };
  BOOST_TEST(comes_true([&] { return it.is_shared_by(one, other); }));
  std::string id;
  auto const here = it.json(one, {"shards", "--state", "here"}).as_array();
  for (int i = 0; id.empty(); ++i) {
    auto const name = "l" + std::to_string(i);
    for (auto const& each : here)
      if (number_of(each, "shard") == pando::cluster::shard_of("default", name)) id = name;
  }
  std::vector<std::string> const words{support::program("lamps"), "--socket", one.socket, "lamp",
                                       "glow", id, "--ms", "4000"};
  support::process glow(words, it.log());
  auto const busy = [&](std::string const& state) {
    std::int64_t calls = 0;
    auto const all = it.json(one, {"shards", "--state", state}).as_array();
    for (auto const& each : all) calls += number_of(each, "busy");
    return calls;
  };
  BOOST_TEST(comes_true([&] { return busy("here") == 1; }));
  auto const mine = text_of(it.status(one), "address");
  BOOST_TEST(it.say(other, {"cluster", "health", mine, "down"}).code == 0);
  BOOST_TEST(comes_true([&] { return held(one) == 1; })); // the others have gone
  auto const leaving = it.json(one, {"shards", "--state", "leaving"}).as_array();
  BOOST_REQUIRE(leaving.size() == 1U);
  BOOST_TEST(number_of(leaving[0], "shard") == pando::cluster::shard_of("default", id));
  BOOST_TEST(number_of(leaving[0], "busy") == 1);
  BOOST_TEST(text_of(leaving[0], "owner") == mine);
  BOOST_TEST(it.json(one, {"shards", "--state", "here"}).as_array().empty());
  BOOST_TEST(glow.wait() == 0, glow.written());
  BOOST_TEST(comes_true([&] { return held(other) == 300; }));
  BOOST_TEST(it.json(one, {"shards", "--state", "leaving"}).as_array().empty());
}

/// The typed client of the same, over a link.
BOOST_AUTO_TEST_CASE(a_fleet_is_asked_by_a_program) {
  lamps it;
  auto const one = it.runner();
  bool is_asked = false;
  auto const ask = [&]() -> pando::task<void> {
    auto link = co_await pando::connect(co_await boost::asio::this_coro::executor, one.socket);
    auto const cluster = link.client<pando::cluster::inspection>();
    pando::cluster::cluster_status const status = co_await cluster.call<"status">();
    BOOST_TEST(status.role == "runner");
    BOOST_TEST(status.enlisted);
    BOOST_TEST(status.shards == 300U);
    BOOST_TEST(status.lease_left.count() > 0);
    BOOST_TEST(status.advice == "nothing");
    std::vector<pando::cluster::runner_info> const runners = co_await cluster.call<"runners">();
    BOOST_REQUIRE(runners.size() == 1U);
    BOOST_TEST(runners[0].address == status.address);
    BOOST_TEST(runners[0].here);
    pando::cluster::shard_filter which;
    which.state.emplace("here");
    std::vector<pando::cluster::shard_info> const shards = co_await cluster.call<"shards">(which);
    BOOST_TEST(shards.size() == 300U);
    std::vector<pando::cluster::entity_info> const entities = co_await cluster.call<"entities">();
    BOOST_REQUIRE(entities.size() == 1U);
    BOOST_TEST(entities[0].entity == "Lamp");
    pando::cluster::runner_mark mark;
    mark.address = status.address;
    mark.state = "down";
    std::string refused;
    try {
      co_await cluster.call<"health">(mark);
    } catch (pando::invalid_request const& error) {
      refused = error.what();
    }
    BOOST_TEST(contains(refused, "is the last that is up"), refused);
    co_await link.close();
    is_asked = true;
  };
  boost::asio::io_context loop(1);
  boost::asio::co_spawn(loop, ask, [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
  BOOST_TEST(is_asked);
}

/// How long a lease is, and for how long a key is known, is said to `serve`.
BOOST_AUTO_TEST_CASE(leases_and_keys_last_as_long_as_serve_is_told) {
  lamps it;
  auto const keep = [&](lamps::one const& by, std::string const& value) {
    return it.say(by, {"lamp", "keep", "l1", "--key", "k", "--value", value}).code;
  };
  auto const end = [](lamps::one const& which) {
    which.process->signal(SIGTERM);
    BOOST_TEST(which.process->wait(std::chrono::seconds(10)) == 0);
  };
  std::vector<std::string> const long_lease{"--lease-ms", "20000"};
  auto const first = it.runner("127.0.0.1", long_lease);
  BOOST_TEST(comes_true([&] { return keep(first, "1") == 0; }));
  // A third of it is the longest that it is not renewed for, and 300 ms are its margin.
  auto const left = first.metrics()["pando_cluster_lease_left_seconds"];
  BOOST_TEST(left > 10);
  BOOST_TEST(left <= 19.7);
  end(first);
  // Time goes by.
  ::sqlite3* in = nullptr;
  BOOST_REQUIRE(::sqlite3_open((it.folder.path() + "/lamps.db").c_str(), &in) == SQLITE_OK);
  BOOST_TEST(::sqlite3_exec(in, "UPDATE pando_messages SET answered = answered - 61000", nullptr,
                            nullptr, nullptr) == SQLITE_OK);
  BOOST_TEST(::sqlite3_changes(in) == 1);
  ::sqlite3_close(in);
  auto const patient = it.runner();
  BOOST_TEST(keep(patient, "2") == 1); // seven days
  end(patient);
  auto const brief = it.runner("127.0.0.1", {"--retention-s", "60"});
  BOOST_TEST(comes_true([&] { return keep(brief, "2") == 0; }));
}

BOOST_AUTO_TEST_CASE(not_ready_while_the_storage_is_silent) {
  lamps it;
  auto const app = it.runner();
  BOOST_TEST(app.ask(get("/readyz")).body == R"({"status":"ready"})");
  ::sqlite3* somebody = nullptr;
  BOOST_REQUIRE(::sqlite3_open((it.folder.path() + "/lamps.db").c_str(), &somebody) == SQLITE_OK);
  ::sqlite3_busy_timeout(somebody, 5'000);
  BOOST_REQUIRE(::sqlite3_exec(somebody, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  raw_http::answer got;
  BOOST_TEST(comes_true([&] {
    got = app.ask(get("/readyz"));
    return got.status == 503;
  }));
  BOOST_TEST(got.header("content-type") == "application/problem+json");
  auto const why = boost::json::parse(got.body);
  BOOST_TEST(number_of(why, "status") == 503);
  auto const detail = text_of(why, "detail");
  BOOST_TEST(detail.starts_with("the storage has not answered for "), got.body);
  BOOST_TEST(detail.ends_with(" ms"), got.body); // what it said is not for everybody
  BOOST_TEST(app.ask(get("/healthz")).status == 200);
  // It still says how it stands, and what is wrong.
  auto const status = it.status(app);
  BOOST_TEST(!status.contains("messages_waiting"));
  BOOST_TEST(!text_of(status, "advice").empty());
  BOOST_TEST(text_of(status, "advice") != "nothing");
  BOOST_TEST(app.metrics()["pando_storage_silent_seconds"] > 3);
  ::sqlite3_close(somebody); // and with it the transaction
  BOOST_TEST(comes_true([&] { return app.ask(get("/readyz")).status == 200; }));
  BOOST_TEST(comes_true([&] { return number_of(it.status(app), "shards_held") == 300; }));
  BOOST_TEST(text_of(it.status(app), "advice") == "nothing");
  BOOST_TEST(app.metrics()["pando_cluster_shards_lost_total"] == 300);
}

#ifdef PANDO_WITH_OPENSSL

namespace {

// As much of the API of Kubernetes as is asked for, and some that is not.
struct PodsQuery {
  std::string space;
  std::string labelSelector;
};
struct Condition {
  std::string type;
  std::string status;
};
struct PodStatus {
  std::string podIP;
  std::vector<Condition> conditions;
  std::string phase = "Running";
};
struct Pod {
  PodStatus status;
  std::string kind = "Pod";
};
struct PodList {
  std::vector<Pod> items;
  std::string apiVersion = "v1";
};
struct Kubernetes
    : pando::controller<"api", pando::route<"pods", PodList(PodsQuery),
                                            pando::http::get<"/v1/namespaces/{space}/pods">>> {};

/// An API server that says of pods what the test says, over TLS.
class kubernetes_stand_in {
 public:
  explicit kubernetes_stand_in(std::string folder) : folder_(std::move(folder)) {
    auto const made = support::make_identity("IP:127.0.0.1");
    std::ofstream(folder_ + "/ca.crt") << made.certificate;
    std::ofstream(folder_ + "/key") << made.key;
    std::ofstream(folder_ + "/token") << "the-token\n";
    std::ofstream(folder_ + "/namespace") << "shops";
    start();
  }
  ~kubernetes_stand_in() {
    if (thread_.joinable()) stop();
  }
  /// At the port that it had before, if it had one.
  void start() {
    std::promise<std::uint16_t> at;
    auto port = at.get_future();
    thread_ = std::thread([this, &at] { run(at); });
    port_ = port.get();
  }
  void stop() {
    boost::asio::post(*loop_, [this] { end_->cancel(); });
    thread_.join();
  }
  /// A pod of a Job that is over, listed after those that run: it keeps its address.
  void add_failed(std::string const& ip) {
    std::lock_guard const lock(mutex_);
    failed_.push_back(ip);
  }
  int times_asked() {
    std::lock_guard const lock(mutex_);
    return times_asked_;
  }
  void set(std::string const& ip, bool is_ready) {
    std::lock_guard const lock(mutex_);
    pods_[ip] = is_ready;
  }
  std::string asked() {
    std::lock_guard const lock(mutex_);
    return asked_;
  }
  support::environment environment() const {
    return {{"PANDO_KUBERNETES_URL", "https://127.0.0.1:" + std::to_string(port_)},
            {"PANDO_KUBERNETES_FOLDER", folder_}};
  }

 private:
  PodList pods(PodsQuery const& in, pando::http::headers const& sent) {
    if (sent.get("Authorization", {}) != "Bearer the-token") throw pando::forbidden("not you");
    std::lock_guard const lock(mutex_);
    asked_ = in.space + " " + in.labelSelector;
    ++times_asked_;
    PodList all;
    for (auto const& [ip, is_ready] : pods_)
      all.items.push_back({{ip, {{"Initialized", "True"}, {"Ready", is_ready ? "True" : "False"}}}});
    for (auto const& ip : failed_) all.items.push_back({{ip, {{"Ready", "False"}}, "Failed"}});
    return all;
  }
  void run(std::promise<std::uint16_t>& at) {
    auto const api = pando::implement<Kubernetes>(
        pando::on<"pods"> = [this](PodsQuery in, pando::http::headers const& sent) {
          return pods(in, sent);
        });
    boost::asio::io_context loop(1);
    boost::asio::steady_timer end(loop, std::chrono::hours(1));
    loop_ = &loop;
    end_ = &end;
    auto app = pando::app(api);
    auto const body = [&]() -> pando::task<void> {
      std::string const certificate = folder_ + "/ca.crt";
      std::string const key = folder_ + "/key";
      pando::serve_options how;
      how.http = port_;
      how.http_host = "127.0.0.1";
      how.no_socket = true;
      how.tls.certificate = certificate;
      how.tls.key = key;
      co_await app.serve(how);
      for (int one = 3; one < 256; ++one) // or the programs of the test listen there too
        ::fcntl(one, F_SETFD, FD_CLOEXEC);
      at.set_value(app.http_port());
      boost::system::error_code ignored;
      co_await end.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
      co_await app.stop();
    };
    boost::asio::co_spawn(loop, body, [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    loop.run();
  }

  std::string folder_;
  std::mutex mutex_;
  std::map<std::string, bool> pods_;
  std::vector<std::string> failed_;
  std::string asked_;
  int times_asked_ = 0;
  std::uint16_t port_ = 0;
  boost::asio::io_context* loop_ = nullptr;
  boost::asio::steady_timer* end_ = nullptr;
  std::thread thread_;
};

} // namespace

BOOST_AUTO_TEST_CASE(pods_that_are_not_ready_have_no_shards) {
  support::scratch_folder folder;
  kubernetes_stand_in api(folder.path());
  lamps it;
  std::vector<std::string> const flags{"--health", "kubernetes", "--health-selector",
                                       "app=lamps,tier in (a,b)", "--health-every-ms", "100"};
  api.set("127.0.0.2", true);
  api.add_failed("127.0.0.2");
  auto const one = it.runner("127.0.0.2", flags, api.environment());
  auto const other = it.runner("127.0.0.3", flags, api.environment());
  auto const held = [&](lamps::one const& of) { return it.held(of); };
  // Of the other nothing is known, so its signs of life count.
  BOOST_TEST(comes_true([&] { return held(one) != 0 && held(other) != 0; }));
  BOOST_TEST(comes_true([&] { return !api.asked().empty(); }));
  BOOST_TEST(api.asked() == "shops app=lamps,tier in (a,b)");
  api.set("127.0.0.3", false);
  BOOST_TEST(comes_true([&] { return held(one) == 300 && held(other) == 0; }));
  // The last that is up stays so, whatever is said of it.
  api.set("127.0.0.2", false);
  BOOST_TEST(one.process->writes("is the last that is up"), one.process->written());
  BOOST_TEST(held(one) == 300);
  // Able again meanwhile, it is told of again.
  api.set("127.0.0.2", true);
  auto const before = api.times_asked();
  BOOST_TEST(comes_true([&] { return api.times_asked() > before + 4; }));
  api.set("127.0.0.2", false);
  BOOST_TEST(comes_true([&] {
    auto const written = one.process->written();
    auto const at = written.find("is the last that is up");
    return written.find("is the last that is up", at + 1) != written.npos;
  }));
  api.set("127.0.0.2", true);
  // Out of reach: nothing changes, and it is said once.
  api.stop();
  BOOST_TEST(one.process->writes("nothing changes until it answers"), one.process->written());
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  auto const text = one.process->written();
  auto const first = text.find("nothing changes until it answers");
  BOOST_TEST(text.find("nothing changes until it answers", first + 1) == text.npos, text);
  BOOST_TEST(held(one) == 300);
  api.set("127.0.0.3", true);
  api.start();
  BOOST_TEST(one.process->writes("answers again"), one.process->written());
  BOOST_TEST(comes_true([&] { return held(other) != 0; }));
  one.process->signal(SIGTERM); // what it is asking does not hold it up
  BOOST_TEST(one.process->wait(std::chrono::seconds(10)) == 0, one.process->written_errors());
}

BOOST_AUTO_TEST_CASE(health_that_cannot_be_asked) {
  lamps it;
  auto const refused = [&](std::vector<std::string> flags, support::environment more = {}) {
    more.emplace_back("PANDO_SOCKET", it.path);
    flags.insert(flags.begin(), {support::program("lamps"), "serve"});
    return support::run(flags, it.log(), more);
  };
  std::string const store = it.folder.path() + "/lamps.db";
  auto const outside = refused({"--store", store, "--health", "kubernetes"});
  BOOST_TEST(outside.code == 2);
  BOOST_TEST(contains(outside.written, "this is no pod of Kubernetes"), outside.written);
  auto const bare = refused({"--store", store, "--health", "kubernetes"},
                            {{"KUBERNETES_SERVICE_HOST", "::1"},
                             {"PANDO_KUBERNETES_FOLDER", it.folder.path()}});
  BOOST_TEST(bare.code == 1);
  BOOST_TEST(contains(bare.written, "/token is missing or empty"), bare.written);
  BOOST_TEST(contains(refused({"--health", "kubernetes"}).written, "--health is for runners"));
  BOOST_TEST(contains(refused({"--health-selector", "a=b"}).written, "needs --health"));
  BOOST_TEST(refused({"--store", store, "--health", "doctor"}).code == 2);
  BOOST_TEST(refused({"--store", store, "--health-every-ms", "0"}).code == 2);
}

#endif
#endif

BOOST_AUTO_TEST_SUITE_END()
