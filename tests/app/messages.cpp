// Persisted calls as whoever operates an app sees them, in `cluster messages` and in its metrics;
// and whom their handlers know as their callers. All of real processes on SQLite.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/message_ids.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/sqlite.hpp>

#include "app/installed.hpp"
#include "support/comes_true.hpp"
#include "support/process.hpp"
#include "support/prometheus.hpp"
#include "support/raw_http.hpp"

#if PANDO_HAS_SQLITE

BOOST_AUTO_TEST_SUITE(messages)

namespace {

using app_test::port_of;
using raw_http::get;
using raw_http::post;
using support::comes_true;
using namespace std::chrono_literals;

using texts = std::vector<std::string>;

/// Processes of `letters` on one file.
struct letters : app_test::installed {
  letters() : installed("letters") {}

  struct one {
    std::string socket;
    std::unique_ptr<support::process> process;
    std::uint16_t port = 0;

    raw_http::answer ask(std::string const& request) const {
      raw_http::connection web(port);
      web.send(request);
      return web.read();
    }
    support::prometheus metrics() const { return support::prometheus(ask(get("/metrics")).body); }
  };

  one start(texts flags) {
    one made;
    made.socket = folder.path() + "/" + std::to_string(++started_) + ".sock";
    flags.insert(flags.begin(), {"serve", "--http", "127.0.0.1:0", "--socket", made.socket,
                                 "--store", file});
    made.process = std::make_unique<support::process>(command(flags), log());
    BOOST_REQUIRE_MESSAGE(made.process->writes("://"), made.process->written());
    made.port = port_of(*made.process);
    return made;
  }
  one runner() { return start({"--runner", "127.0.0.1:0"}); }
  one client() { return start({"--client-only"}); }
  /// It has taken all shards.
  one ready_runner() {
    auto made = runner();
    BOOST_REQUIRE(comes_true([&] { return status(made).at("shards_held").to_number<int>() == 300; }));
    return made;
  }

  support::ran say(one const& by, texts words) {
    words.insert(words.begin(), {support::program("letters"), "--socket", by.socket});
    return support::run(words, log());
  }
  boost::json::object json(one const& by, texts words) {
    words.insert(words.begin(), "cluster");
    words.push_back("--json");
    auto const said = say(by, words);
    BOOST_REQUIRE_MESSAGE(said.code == 0, said.written);
    return boost::json::parse(said.written).as_object();
  }
  boost::json::object status(one const& by) { return json(by, {"status"}); }
  boost::json::object all(one const& by, texts flags = {}) {
    flags.insert(flags.begin(), "messages");
    return json(by, std::move(flags));
  }
  /// "waiting Send a, failed Fail b".
  std::string listed(one const& by, texts flags = {}) {
    std::string text;
    auto const found = all(by, std::move(flags));
    for (auto const& each : found.at("messages").as_array()) {
      if (!text.empty()) text += ", ";
      for (char const* const part : {"state", "rpc", "instance"})
        text += (part[0] == 's' ? "" : " ") + std::string(each.at(part).as_string());
    }
    return text;
  }

  /// Stores them as a program does that is not there any more.
  void store(std::span<pando::store::message_operation> all) {
    boost::asio::io_context io(1);
    std::exception_ptr failed;
    auto const body = [&]() -> pando::task<void> {
      auto const storage = pando::store::make_sqlite_storage(file);
      co_await storage->open();
      co_await storage->apply(all);
      co_await storage->close();
    };
    boost::asio::co_spawn(io, body, [&](std::exception_ptr error) { failed = error; });
    io.run();
    if (failed) std::rethrow_exception(failed);
    for (auto const& each : all)
      BOOST_REQUIRE((each.outcome == pando::store::storage_outcome::stored));
  }
  void store(std::string const& rpc, std::string const& instance, std::string const& payload,
             std::chrono::milliseconds ago = 0ms, std::optional<std::chrono::hours> due_in = {}) {
    pando::store::message_operation made;
    auto const now = std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
    auto& what = made.what;
    what.id = ids_.next((now - ago).time_since_epoch().count(), 1000);
    what.group = "default";
    what.shard = pando::cluster::shard_of(what.group, instance);
    what.entity = "Letter";
    what.instance = instance;
    what.rpc = rpc;
    what.payload = payload;
    if (due_in) what.deliver_at = now + *due_in;
    store(std::span(&made, 1));
  }

  std::string file = folder.path() + "/letters.db";

 private:
  pando::cluster::message_ids ids_;
  int started_ = 0;
};

bool contains(std::string const& text, std::string const& part) {
  return text.find(part) != text.npos;
}
std::string text_of(boost::json::value const& of, char const* name) {
  return std::string(of.at(name).as_string());
}
bool has(boost::json::value const& of, char const* name) {
  auto const* const found = of.as_object().if_contains(name);
  return found != nullptr && !found->is_null();
}
std::int64_t number_of(boost::json::value const& of, char const* name) {
  return of.at(name).to_number<std::int64_t>();
}

} // namespace

BOOST_AUTO_TEST_CASE(an_empty_list_is_said) {
  letters it;
  auto const app = it.ready_runner();
  auto const none = it.all(app);
  BOOST_TEST(none.at("messages").as_array().empty());
  BOOST_TEST(text_of(none, "advice") == "nothing; there are no such messages");
  auto const said = it.say(app, {"cluster", "messages"});
  BOOST_TEST(said.code == 0);
  BOOST_TEST(contains(said.written, "there are no such messages"), said.written);
  // What has ended well is nobody's trouble.
  BOOST_TEST(app.ask(post("/letter/a/send", R"({"text":"hello"})")).status == 200);
  BOOST_TEST(it.listed(app) == "");
}

BOOST_AUTO_TEST_CASE(a_message_that_cannot_be_read_is_shown_also_after_a_restart) {
  letters it;
  std::string const secret = "the secret of the request";
  {
    auto app = it.ready_runner();
    it.store("Send", "old", R"({"text":17,"more":")" + secret + R"("})");
    BOOST_TEST(comes_true([&] { return it.listed(app) == "unreadable Send old"; }));
    auto const now = it.status(app);
    BOOST_TEST(number_of(now, "unreadable_since_start") == 1);
    BOOST_TEST(contains(text_of(now, "advice"), "cluster messages --state unreadable"));
    BOOST_TEST(app.metrics()["pando_persisted_unreadable_total"] == 1);
    app.process->signal(SIGTERM);
    BOOST_TEST(app.process->wait() == 0);
  }
  auto const app = it.ready_runner();
  BOOST_TEST(number_of(it.status(app), "unreadable_since_start") == 0); // of this process
  auto const found = it.all(app, {"--state", "unreadable"});
  auto const& messages = found.at("messages").as_array();
  BOOST_REQUIRE(messages.size() == 1U);
  auto const& one = messages[0];
  BOOST_TEST(text_of(one, "entity") == "Letter");
  BOOST_TEST(text_of(one, "instance") == "old");
  BOOST_TEST(text_of(one, "rpc") == "Send");
  BOOST_TEST(text_of(one, "group") == "default");
  BOOST_TEST(number_of(one, "shard") == pando::cluster::shard_of("default", "old"));
  BOOST_TEST(number_of(one, "id") > 0);
  auto const why = text_of(one, "why");
  BOOST_TEST(contains(why, "cannot be read by this version of the program: /text: "), why);
  BOOST_TEST(contains(text_of(found, "advice"), "make the unreadable calls again"));
  auto const said = it.say(app, {"cluster", "messages"});
  BOOST_TEST(contains(said.written, "unreadable"), said.written);
  BOOST_TEST(contains(said.written, "cannot be read"), said.written);
  BOOST_TEST(!contains(said.written + boost::json::serialize(found), secret));
  BOOST_TEST(it.listed(app, {"--state", "failed"}) == "");
}

BOOST_AUTO_TEST_CASE(what_waits_and_why) {
  letters it;
  auto const asker = it.client(); // and no runner
  it.store("Send", "w", R"({"text":"hello"})", 90s);
  it.store("Remind", "later", R"({"when":"2100-01-01T00:00:00Z","text":"x"})", 0ms, 2h);
  auto const found = it.all(asker);
  auto const& messages = found.at("messages").as_array();
  BOOST_REQUIRE(messages.size() == 2U);
  BOOST_TEST(text_of(messages[0], "state") == "waiting");
  BOOST_TEST(text_of(messages[0], "why") == "no runner owns its shard");
  BOOST_TEST(!has(messages[0], "owner"));
  BOOST_TEST(!has(messages[0], "due_in"));
  auto const age = text_of(messages[0], "age");
  BOOST_TEST((age.starts_with("PT1M3") || age.starts_with("PT1M4")), age);
  BOOST_TEST(text_of(messages[1], "state") == "scheduled");
  auto const due = text_of(messages[1], "due_in");
  BOOST_TEST(due.starts_with("PT1H59M"), due);
  BOOST_TEST(contains(text_of(found, "advice"), "cluster runners"));
  // It is taken when somebody comes.
  auto const app = it.ready_runner();
  BOOST_TEST(comes_true([&] { return it.listed(asker) == "scheduled Remind later"; }));
  auto const times = app.metrics();
  std::string const which = R"({entity="Letter",rpc="Send"})";
  BOOST_TEST(times["pando_persisted_call_seconds_count" + which] == 1);
  BOOST_TEST(times["pando_persisted_call_seconds_sum" + which] >= 90);
  BOOST_TEST(times["pando_persisted_call_seconds_sum" + which] < 180);
  BOOST_TEST(times["pando_persisted_run_seconds_count" + which] == 1);
  BOOST_TEST(times["pando_persisted_run_seconds_sum" + which] < 30);
}

BOOST_AUTO_TEST_CASE(what_runs_and_what_has_failed) {
  letters it;
  auto const app = it.ready_runner();
  BOOST_TEST(app.ask(post("/letter/b/fail", R"({"text":"a secret"})")).status == 500);
  BOOST_TEST(app.ask(post("/letter/c/fail", R"({"text":"a secret"})")).status == 500);
  raw_http::connection web(app.port);
  web.send(post("/letter/h/hold", R"({"text":"a secret"})"));
  BOOST_TEST(comes_true([&] { return contains(it.listed(app), "taken Hold h"); }));
  BOOST_TEST(it.listed(app) == "failed Fail c, failed Fail b, taken Hold h");
  auto const found = it.all(app);
  auto const& messages = found.at("messages").as_array();
  auto const why = text_of(messages[0], "why");
  BOOST_TEST(contains(why, "its log has the details under id "), why);
  auto const id = why.substr(why.rfind(' ') + 1);
  BOOST_TEST(app.process->writes(id));
  BOOST_TEST(app.process->writes("the ink ran out"));
  BOOST_TEST(!has(messages[2], "why"));
  BOOST_TEST(text_of(messages[2], "owner").starts_with("127.0.0.1:"));
  BOOST_TEST(!contains(boost::json::serialize(found), "a secret"));
  BOOST_TEST(it.listed(app, {"--state", "failed"}) == "failed Fail c, failed Fail b");
  BOOST_TEST(it.listed(app, {"--entity", "Letter", "--instance", "b"}) == "failed Fail b");
  BOOST_TEST(it.listed(app, {"--entity", "Parcel"}) == "");
  BOOST_TEST(it.listed(app, {"--limit", "1"}) == "failed Fail c, taken Hold h");
  BOOST_TEST(contains(text_of(it.all(app, {"--limit", "1"}), "advice"), "there may be more"));
  BOOST_TEST(!contains(text_of(found, "advice"), "there may be more"));
  auto const times = app.metrics();
  std::string const failed = R"({entity="Letter",rpc="Fail"})";
  BOOST_TEST(times["pando_persisted_call_seconds_count" + failed] == 2);
  BOOST_TEST(times[R"(pando_persisted_run_seconds_count{entity="Letter",rpc="Hold"})"] == 0);
}

/// A look at an entity's ends before those of others do.
BOOST_AUTO_TEST_CASE(what_is_behind_too_many_others_is_not_said_not_to_be) {
  letters it;
  auto const asker = it.client(); // and no runner
  constexpr std::uint32_t queues = 1'000;
  constexpr std::uint64_t depth = pando::store::most_messages_looked_at / queues;
  std::vector<pando::store::message_operation> all(queues + depth);
  for (std::size_t at = 0; at < all.size(); ++at) {
    auto& what = all[at].what;
    what.id = 1'000 + at;
    what.group = "default";
    what.shard = at < queues ? static_cast<std::uint32_t>(at) : 7;
    what.entity = at + 1 == all.size() ? "Parcel" : "Letter";
    what.instance = "x";
    what.rpc = "Send";
    what.payload = R"({"text":"hello"})";
  }
  it.store(all);
  auto const found = it.all(asker, {"--entity", "Parcel"});
  BOOST_TEST(found.at("messages").as_array().empty());
  BOOST_TEST(text_of(found, "advice") ==
             "none of those that were looked at is such a message; there may be more behind the "
             "50000 of each state that are looked at, evenly of each shard");
  auto const failed = it.all(asker, {"--entity", "Parcel", "--state", "failed"});
  BOOST_TEST(text_of(failed, "advice") == "nothing; there are no such messages");
}

/// It is stored that they are held, and that is no call that waits.
BOOST_AUTO_TEST_CASE(what_is_held_outside_does_not_wait) {
  letters it;
  auto const app = it.ready_runner();
  for (std::string const id : {"a", "b", "c"})
    BOOST_TEST(app.ask(post("/drawer/" + id + "/open", "{}")).status == 204);
  BOOST_TEST(app.ask(post("/drawer/c/shut", "{}")).status == 204);
  auto const now = it.status(app);
  BOOST_TEST(number_of(now, "messages_waiting") == 0);
  BOOST_TEST(number_of(now, "messages_answered") == 1); // that c's is not held any more
  BOOST_TEST(it.listed(app) == "");
  it.store("Remind", "later", R"({"when":"2100-01-01T00:00:00Z","text":"x"})", 0ms, 2h);
  BOOST_TEST(number_of(it.status(app), "messages_waiting") == 1);
  BOOST_TEST(comes_true([&] { return app.metrics()["pando_persisted_waiting"] == 1; }));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_listed) {
  letters it;
  auto const app = it.ready_runner();
  for (texts const& flags : {texts{"--state", "stuck"}, texts{"--limit", "0"},
                             texts{"--limit", "1001"}, texts{"--limit", "many"},
                             texts{"--shard", "1"}}) {
    auto words = flags;
    words.insert(words.begin(), {"cluster", "messages"});
    auto const said = it.say(app, words);
    BOOST_TEST(said.code == 2, flags[0] + " " + flags[1] + ": " + said.written);
  }
  for (char const* const path : {"/cluster/messages", "/messages"})
    BOOST_TEST(app.ask(get(path)).status == 404);
}

namespace {

boost::json::value seen(letters::one const& by, std::string const& id, std::string const& headers) {
  auto request = post("/letter/" + id + "/who", "{}");
  request.insert(request.find("\r\n") + 2, headers);
  auto const got = by.ask(request);
  BOOST_REQUIRE_MESSAGE(got.status == 200, got.body);
  return boost::json::parse(got.body);
}

} // namespace

/// By the process that was asked, and by another, which had it from the storage.
BOOST_AUTO_TEST_CASE(a_handler_knows_who_called) {
  letters it;
  auto const app = it.ready_runner();
  auto const other = it.runner();
  BOOST_REQUIRE(
      comes_true([&] { return number_of(it.status(other), "shards_held") >= 100; }));
  bool was_here = false;
  bool was_there = false;
  auto const here = number_of(seen(app, "first", ""), "process");
  BOOST_TEST(here > 0);
  std::int64_t process = here;
  for (int i = 0; i < 40 && !(was_here && was_there); ++i) {
    auto const got = seen(app, "e" + std::to_string(i),
                          "Authorization: Bearer hunter2\r\nX-Name: ada\r\n");
    process = number_of(got, "process");
    (process == here ? was_here : was_there) = true;
    BOOST_TEST(text_of(got, "transport") == "http");
    BOOST_TEST(text_of(got, "peer").starts_with("127.0.0.1:"));
    BOOST_TEST(text_of(got, "principal") == "ada");
    BOOST_TEST(!has(got, "user_id"));
    BOOST_TEST(text_of(got, "header") == ""); // it is not kept
  }
  BOOST_TEST(was_here);
  BOOST_TEST(was_there);
  // By the socket there is a user, and no name.
  auto const said = it.say(app, {"letter", "who", "e1", "--json"});
  BOOST_REQUIRE_MESSAGE(said.code == 0, said.written);
  auto const got = boost::json::parse(said.written);
  BOOST_TEST(number_of(got, "user_id") == static_cast<std::int64_t>(::getuid()));
  BOOST_TEST(text_of(got, "principal") == "");
  // Nothing of the header is in the file, nor in what is to be written to it.
  int names = 0;
  for (auto const& each : std::filesystem::directory_iterator(it.folder.path())) {
    if (!contains(each.path().filename().string(), "letters.db")) continue;
    std::ifstream file(each.path(), std::ios::binary);
    std::string const all(std::istreambuf_iterator<char>(file), {});
    BOOST_TEST(!contains(all, "hunter2"), each.path());
    names += contains(all, "ada");
  }
  BOOST_TEST(names > 0);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
