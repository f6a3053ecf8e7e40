// Calls through a running app's socket: what is sent, and what every kind of answer becomes.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/cli/socket_backend.hpp>
#include <pando/schema/json.hpp>

#include "fake_app.hpp"
#include "shop.hpp"

BOOST_AUTO_TEST_SUITE(socket_backend)

namespace {

using pando::cli::call_end;
using shop::notice;
using shop::response;

/// Notes what is shown, answers questions as it is told.
class noting_sink final : public pando::io_sink {
 public:
  void show(pando::io_event const& event) override {
    constexpr std::string_view kinds[]{"log", "error", "table", "progress"};
    seen +=
        std::string(kinds[static_cast<std::size_t>(event.what)]) + " " + std::string(event.text);
    if (event.what == pando::io_event::kind::progress)
      seen += " " + std::to_string(event.done) + "/" + std::to_string(event.total);
    seen += "; ";
  }
  void ask(pando::io_question const& question,
           std::function<void(pando::io_answer)> then) override {
    seen += "asked " + question.text;
    for (auto const& option : question.options) seen += " " + option;
    seen += "; ";
    if (later) {
      std::thread([given = answer, then] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        then(given);
      }).detach();
    } else {
      then(answer);
    }
  }
  std::string seen;
  pando::io_answer answer{};
  bool later = false;
};

struct called {
  call_end end;
  std::string heard; ///< what the app heard first
  std::string seen;
  std::string items;
};

/// Calls an app that answers as `serve` does, after it has heard the request.
called call(std::function<void(shop::fake_connection&)> const& serve,
            pando::cli::invocation what = {"user.show", R"({"id":7})"},
            noting_sink* sink = nullptr) {
  shop::private_folder folder;
  called result;
  {
    shop::fake_app app(folder.socket("shop"), [&](shop::fake_connection& client) {
      result.heard = client.hear();
      serve(client);
    });
    what.socket = folder.socket("shop");
    noting_sink own;
    auto& io = sink == nullptr ? own : *sink;
    pando::cli::socket_backend backend("shop");
    result.end = backend.invoke(what, io, [&](std::string_view item) {
      (result.items += item) += "; ";
      return true;
    });
    result.seen = io.seen;
  }
  return result;
}

std::string failure_of(call_end const& end) {
  return std::string(pando::row_of_failure(end.code).name) + ": " + end.message;
}

/// Sets a variable of the environment for one test.
struct variable {
  variable(char const* name, std::string const& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~variable() { ::unsetenv(name_); }
  char const* name_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_call_and_its_result) {
  auto const made = call([](auto& client) {
    client.say(response(R"("result":{"id":7,"big":12345678901234567890})"));
  });
  BOOST_TEST(made.heard == R"({"jsonrpc":"2.0","id":1,"method":"user.show","door":"cli","params":{"id":7}})");
  BOOST_TEST((made.end.what == call_end::kind::result));
  BOOST_TEST(made.end.json == R"({"id":7,"big":12345678901234567890})");
  auto const bare =
      call([](auto& client) { client.say(response(R"("result":null)")); }, {"a.b", ""});
  BOOST_TEST(bare.heard == R"({"jsonrpc":"2.0","id":1,"method":"a.b","door":"cli"})");
  BOOST_TEST(bare.end.json == "null");
}

BOOST_AUTO_TEST_CASE(a_request_is_one_line) {
  auto const made =
      call([](auto& client) { client.say(response(R"("result":1)")); }, {"a.b", "{\n\"id\":\n7}"});
  BOOST_TEST(made.heard == R"({"jsonrpc":"2.0","id":1,"method":"a.b","door":"cli","params":{ "id": 7}})");
}

BOOST_AUTO_TEST_CASE(declared_errors_and_failures) {
  auto const declared = call([](auto& client) {
    client.say(response(
        R"("error":{"code":-32000,"message":"NoSuchUser","data":{"error":"NoSuchUser","value":{"id":7}}})"));
  });
  BOOST_TEST((declared.end.what == call_end::kind::declared));
  BOOST_TEST(declared.end.name == "NoSuchUser");
  BOOST_TEST(declared.end.json == R"({"id":7})");
  auto const refused = call([](auto& client) {
    client.say(response(
        R"("error":{"code":-32602,"message":"not valid","data":{"failure":"invalid_request","violations":[{"path":"/id","rule":"at_least","message":"must be more"}]}})"));
  });
  BOOST_TEST(failure_of(refused.end) == "invalid_request: not valid");
  BOOST_REQUIRE_EQUAL(refused.end.faults.list.size(), 1U);
  BOOST_TEST(refused.end.faults.list[0].path == "/id");
  BOOST_TEST(refused.end.faults.list[0].message == "must be more");
  auto const broken = call([](auto& client) {
    client.say(response(
        R"("error":{"code":-32603,"message":"the app failed","data":{"failure":"internal","id":"f-1"}})"));
  });
  BOOST_TEST(failure_of(broken.end) == "internal: the app failed");
  BOOST_TEST(broken.end.id == "f-1");
  auto const plain = call([](auto& client) {
    client.say(response(R"("error":{"code":-32601,"message":"no such method"})"));
  });
  BOOST_TEST(failure_of(plain.end) == "no_such_route: no such method");
}

BOOST_AUTO_TEST_CASE(what_is_shown_and_streamed_comes_in_order) {
  auto const made = call([](auto& client) {
    client.say(notice("io.log", R"("text":"hello")"));
    client.say(notice("io.progress", R"("text":"working","done":1,"total":2)"));
    client.say(notice("stream.item", R"("item":{"id":1})"));
    client.say(notice("io.error", R"("text":"oops")"));
    client.say(notice("io.table", R"("rows":[{"a":1}])"));
    client.say(notice("io.unknown", R"("x":1)"));
    client.say(notice("stream.item", R"("item":2)"));
    client.say(response(R"("result":null)"));
  });
  BOOST_TEST(made.seen == R"(log hello; progress working 1/2; error oops; table [{"a":1}]; )");
  BOOST_TEST(made.items == R"({"id":1}; 2; )");
  BOOST_TEST((made.end.what == call_end::kind::result));
}

BOOST_AUTO_TEST_CASE(questions_are_answered) {
  auto const ask = [](std::string const& params, pando::io_answer answer, bool later = false) {
    noting_sink sink;
    sink.answer = std::move(answer);
    sink.later = later;
    std::string heard;
    auto const made = call(
        [&](auto& client) {
          client.say(R"({"jsonrpc":"2.0","id":"prompt-1","method":"io.prompt","params":{"id":1,)" +
                     params + "}}");
          heard = client.hear();
          client.say(response(R"("result":null)"));
        },
        {"a.b", ""}, &sink);
    return made.seen + heard;
  };
  auto const answered = [](std::string const& result) {
    return R"({"jsonrpc":"2.0","id":"prompt-1","result":)" + result + "}";
  };
  auto const text = R"("kind":"text","text":"Name?")";
  BOOST_TEST(ask(text, {false, "Bob", {}}) == "asked Name?; " + answered("\"Bob\""));
  BOOST_TEST(ask(text, {false, "Bob", {}}, true) == "asked Name?; " + answered("\"Bob\""));
  BOOST_TEST(ask(text, {}) == "asked Name?; " + answered("null"));
  BOOST_TEST(ask(R"("kind":"secret","text":"Pin")", {false, "1", {}}) ==
             "asked Pin; " + answered("\"1\""));
  auto const confirm = R"("kind":"confirm","text":"Sure?")";
  BOOST_TEST(ask(confirm, {false, "yes", {}}) == "asked Sure?; " + answered("true"));
  BOOST_TEST(ask(confirm, {false, "no", {}}) == "asked Sure?; " + answered("false"));
  auto const one = R"("kind":"choose_one","text":"Which","options":["a","b"])";
  BOOST_TEST(ask(one, {false, "", {1}}) == "asked Which a b; " + answered("1"));
  auto const many = R"("kind":"choose_many","text":"Which","options":["a","b"])";
  BOOST_TEST(ask(many, {false, "", {0, 1}}) == "asked Which a b; " + answered("[0,1]"));
  BOOST_TEST(ask(many, {false, "", {}}) == "asked Which a b; " + answered("[]"));
  BOOST_TEST(ask(R"("kind":"paint","text":"?")", {false, "x", {}}) == answered("null"));
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_is_told) {
  auto const made = call([](auto& client) { client.end(); });
  BOOST_TEST(failure_of(made.end) == "disconnected: shop ended the connection before the answer: "
                                     "whether the call ran is unknown");
  auto const nonsense = call([](auto& client) { client.say("HTTP/1.1 400"); });
  BOOST_TEST(failure_of(nonsense.end) ==
             "incompatible: shop answered with something else than JSON");
}

BOOST_AUTO_TEST_CASE(a_call_that_takes_too_long_is_given_up) {
  std::string cancelled;
  pando::cli::invocation what{"a.b", ""};
  what.timeout = std::chrono::milliseconds(50);
  auto const made = call([&](auto& client) { cancelled = client.hear(); }, what);
  BOOST_TEST(made.heard == R"({"jsonrpc":"2.0","id":1,"method":"a.b","door":"cli","timeout_ms":50})");
  BOOST_TEST(failure_of(made.end) == "deadline_exceeded: no answer within 50 ms");
  BOOST_TEST(cancelled == R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":1}})");
}

BOOST_AUTO_TEST_CASE(a_call_that_the_app_cancels_at_its_deadline_took_too_long) {
  auto const answers = [](auto& client) {
    client.say(
        response(R"("error":{"code":-32003,"message":"stopped","data":{"failure":"cancelled"}})"));
  };
  auto const within = [&](std::chrono::milliseconds timeout) {
    pando::cli::invocation what{"a.b", ""};
    what.timeout = timeout;
    return failure_of(call(answers, what).end);
  };
  // The app's clock is the first, by less than the machine takes to say so.
  BOOST_TEST(within(std::chrono::milliseconds(15)) == "deadline_exceeded: no answer within 15 ms");
  // Long before the deadline it was somebody else.
  BOOST_TEST(within(std::chrono::hours(1)) == "cancelled: stopped");
}

BOOST_AUTO_TEST_CASE(cancelling_tells_the_app_and_waits_for_its_answer) {
  shop::private_folder folder;
  std::string cancelled;
  shop::fake_app app(folder.socket("shop"), [&](shop::fake_connection& client) {
    client.hear();
    client.say(notice("io.log", R"("text":"waiting")"));
    cancelled = client.hear();
    client.say(
        response(R"("error":{"code":-32003,"message":"stopped","data":{"failure":"cancelled"}})"));
  });
  pando::cli::socket_backend backend("shop");
  backend.cancel(); // before the call: nothing
  noting_sink io;
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    backend.cancel();
    backend.cancel();
  });
  auto const end =
      backend.invoke({"a.b", "", folder.socket("shop")}, io, [](std::string_view) { return true; });
  canceller.join();
  BOOST_TEST(failure_of(end) == "cancelled: stopped");
  BOOST_TEST(cancelled == R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":1}})");
}

BOOST_AUTO_TEST_CASE(a_consumer_that_leaves_cancels_its_stream) {
  shop::private_folder folder;
  std::string cancelled;
  shop::fake_app app(folder.socket("shop"), [&](shop::fake_connection& client) {
    client.hear();
    client.say(notice("stream.item", R"("item":1)"));
    cancelled = client.hear();
    client.say(notice("stream.item", R"("item":2)"));
    client.say(response(R"("error":{"code":-32003,"message":"stopped"})"));
  });
  pando::cli::socket_backend backend("shop");
  noting_sink io;
  std::string items;
  auto const end =
      backend.invoke({"a.b", "", folder.socket("shop")}, io, [&](std::string_view item) {
        items += item;
        return false;
      });
  BOOST_TEST(failure_of(end) == "cancelled: stopped");
  BOOST_TEST(items == "1");
  BOOST_TEST(cancelled.find("rpc.cancel") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(apps_are_found_by_name_by_path_and_by_the_environment) {
  shop::private_folder folder;
  variable const runtime("XDG_RUNTIME_DIR", folder.path());
  auto const says = [](std::string const& who) {
    return [who](shop::fake_connection& client) {
      client.hear();
      client.say(response("\"result\":\"" + who + "\""));
    };
  };
  shop::fake_app one(folder.socket("one"), says("one"));
  shop::fake_app two(folder.socket("two"), says("two"));
  auto const who = [&](std::string const& app, std::string const& socket = {}) {
    noting_sink io;
    pando::cli::socket_backend backend(app);
    auto const end = backend.invoke({"a.b", "", socket}, io, [](std::string_view) { return true; });
    return end.what == call_end::kind::result ? end.json : failure_of(end);
  };
  BOOST_TEST(who("one") == "\"one\"");
  BOOST_TEST(who("two") == "\"two\"");
  BOOST_TEST(who("one", folder.socket("two")) == "\"two\"");
  BOOST_TEST(who(folder.socket("two")) == "\"two\"");
  BOOST_TEST(who("three") == "not_running: three is not running (nobody listens at " +
                                 folder.socket("three") + ")");
  BOOST_TEST(who("one", "/nowhere/x.sock") == "not_running: no app is running at /nowhere/x.sock");
  BOOST_TEST(who("..") == "invalid_request: '..' is no name of an app: it has letters, digits, "
                          "'-', '_' and '.', and begins with none of '-' and '.'");
  {
    variable const socket("PANDO_SOCKET", folder.socket("two"));
    BOOST_TEST(who("one") == "\"two\"");
    BOOST_TEST(who("two", folder.socket("one")) == "\"one\"");
  }
  ::chmod((folder.path() + "/pando").c_str(), 0755);
  BOOST_TEST(who("one") == "forbidden: " + folder.path() +
                               "/pando can be entered by other users; "
                               "run: chmod 700 " +
                               folder.path() + "/pando");
}

BOOST_AUTO_TEST_CASE(an_app_describes_itself) {
  shop::private_folder folder;
  variable const runtime("XDG_RUNTIME_DIR", folder.path());
  pando::buffer text;
  pando::json::encode(shop::described(), text);
  std::string answer(text.view());
  std::string heard;
  shop::fake_app app(folder.socket("shop"), [&](shop::fake_connection& client) {
    heard = client.hear();
    if (!answer.empty()) client.say(response("\"result\":" + answer));
  });
  pando::cli::socket_backend backend("shop");
  BOOST_TEST(backend.describe().routes.size() == shop::described().routes.size());
  BOOST_TEST(heard == R"({"jsonrpc":"2.0","id":1,"method":"pando.describe","door":"cli","timeout_ms":5000})");
  answer.insert(1, R"("new_in_the_future":[1,2],)");
  BOOST_TEST(backend.describe().name == "shop");
  auto const trouble = [&] {
    try {
      backend.describe({}, std::chrono::milliseconds(100));
      return std::string("none");
    } catch (pando::failure const& why) {
      return std::string(pando::row_of_failure(why.code()).name) + ": " + why.what();
    }
  };
  answer =
      R"({"name":"shop","version":"1","routes":[{"name":"a.b","controller":"a","request":9,"streams":false,"errors":[],"commands":[],"endpoints":[]}],"types":[]})";
  BOOST_TEST(trouble() ==
             "incompatible: shop describes itself in a way this program does not understand");
  answer = "[]";
  BOOST_TEST(trouble().find("incompatible: shop describes itself in a way this program does not "
                            "understand: ") == 0U);
  answer.clear();
  BOOST_TEST(trouble() == "disconnected: shop ended the connection before the answer: whether the "
                          "call ran is unknown");
}

BOOST_AUTO_TEST_CASE(running_apps_are_listed) {
  shop::private_folder folder;
  variable const runtime("XDG_RUNTIME_DIR", folder.path());
  pando::buffer text;
  pando::json::encode(shop::described(), text);
  auto const answer = response("\"result\":" + std::string(text.view()));
  shop::fake_app shop(folder.socket("shop"), [&](shop::fake_connection& client) {
    client.hear();
    client.say(answer);
  });
  shop::fake_app mute(folder.socket("mute"), [](shop::fake_connection& client) {
    client.hear();
    client.hear();
  });
  {
    shop::fake_app const left(folder.socket("left"), [](shop::fake_connection&) {});
  }
  std::filesystem::create_directory(folder.path() + "/pando/folder.sock");
  auto const all = pando::cli::running_apps(std::chrono::milliseconds(200));
  std::vector<pando::cli::running_app> apps;
  for (auto const& app : all)
    if (app.socket.find(folder.path()) == 0) apps.push_back(app);
  BOOST_REQUIRE_EQUAL(apps.size(), 2U);
  BOOST_TEST(apps[0].name == "mute");
  BOOST_TEST(!apps[0].description.has_value());
  BOOST_TEST(apps[0].trouble == "no answer within 200 ms");
  BOOST_TEST(apps[1].name == "shop");
  BOOST_TEST(apps[1].socket == folder.socket("shop"));
  BOOST_TEST(apps[1].process == ::getpid());
  BOOST_TEST(apps[1].description.value().version == "1.2.3");
}

BOOST_AUTO_TEST_SUITE_END()
