// Section 3 of the user's page at a shell: its console lines, typed beside its programs; and the
// lines of section 4 that find a running app by its name.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>
#include <pando/socket.hpp>

#include "implementation.hpp"
#include "run.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"

namespace {

/// A variable of this process, and of those it starts, for a while.
class variable {
 public:
  variable(std::string name, std::string const& value) : name_(std::move(name)) {
    if (char const* const now = std::getenv(name_.c_str())) before_ = now;
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  variable(variable const&) = delete;
  ~variable() {
    if (before_) ::setenv(name_.c_str(), before_->c_str(), 1);
    else ::unsetenv(name_.c_str());
  }

 private:
  std::string name_;
  std::optional<std::string> before_;
};

/// A shell in a folder of its own, with `./shop` there and `pando` to be found, if it is built.
class console {
 public:
  explicit console(std::string const& shop) {
    std::filesystem::create_directory(at("run"));
    std::filesystem::permissions(at("run"), std::filesystem::perms::owner_all);
    link_to(shop, "shop");
    link_to("../cli/pando_tool", "pando");
  }

  bool has(std::string const& name) const { return std::filesystem::exists(at(name)); }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream(at(name)) << text;
  }
  /// What a line writes, errors too, and the exit code it ends with.
  std::string type(std::string const& line) {
    auto const ended = support::run(shell(line), log());
    return ended.written + "-> " + std::to_string(ended.code);
  }
  /// A line that stays: all that is typed after it meets what it started.
  std::unique_ptr<support::process> start(std::string const& line, std::string const& until) {
    auto made = std::make_unique<support::process>(shell("exec " + line), log());
    BOOST_REQUIRE_MESSAGE(made->writes(until), made->written());
    return made;
  }
  std::string at(std::string const& name) const { return folder_.path() + "/" + name; }

 private:
  std::vector<std::string> shell(std::string const& line) const {
    return {"bash", "--norc", "-c", "cd '" + folder_.path() + "' && " + line};
  }
  std::string log() { return at(std::to_string(++logs_) + ".log"); }
  void link_to(std::string const& program, std::string const& as) const {
    auto const built = std::filesystem::absolute(support::program(program));
    if (std::filesystem::exists(built)) std::filesystem::create_symlink(built, at(as));
  }

  support::scratch_folder folder_{};
  variable runtime_{"XDG_RUNTIME_DIR", at("run")};
  variable socket_{"PANDO_SOCKET", ""};
  variable path_{"PATH", folder_.path() + ":" + std::getenv("PATH")};
  variable no_proxy_{"no_proxy", "localhost"};
  int logs_ = 0;
};

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

/// The port of `http://localhost:PORT` in what an app wrote.
std::string port_in(std::string const& text) {
  std::string const before = "http://localhost:";
  auto const begin = text.find(before) + before.size();
  return text.substr(begin, text.find_first_not_of("0123456789", begin) - begin);
}

struct Desk : pando::controller<"desk", pando::route<"greet", std::string()>> {};

auto const desk = pando::implement<Desk>(
    pando::on<"greet"> = [](pando::io& io) -> pando::task<std::string> {
      io.log("somebody is there");
      io.error("nobody was expected");
      std::string const name = co_await io.prompt("Your name?");
      co_return "Good day, " + name;
    });

} // namespace

BOOST_AUTO_TEST_SUITE(console_lines)

BOOST_AUTO_TEST_CASE(the_shop_is_served_and_asked) {
  console at("shop");
  BOOST_TEST(at.type("./shop user list") ==
             "shop: shop is not running (nobody listens at " + at.at("run/pando/shop.sock") +
                 "); start it with 'shop serve'\n-> 3");
  auto shop = at.start("./shop serve --http 0", "http://localhost:");
  BOOST_TEST(has(shop->written(), " info socket " + at.at("run/pando/shop.sock") + "\n"));

  BOOST_TEST(at.type("./shop user create --email a@b.c --password secret123") ==
             "id     1\nemail  a@b.c\n-> 0");
  BOOST_TEST(at.type("./shop user create --email a@b.c --password secret123") ==
             "shop: EmailTaken\n  email  a@b.c\n-> 1");
  BOOST_TEST(at.type("./shop user list --json") == "[{\"id\":1,\"email\":\"a@b.c\"}]\n-> 0");

  auto const url = "localhost:" + port_in(shop->written()) + "/user";
  auto const curl = "curl -sS -w ' %{http_code}\\n' -X POST " + url +
                    " -H 'content-type: application/json' -d ";
  BOOST_TEST(at.type(curl + R"('{"email":"c@d.e","password":"secret123"}')") ==
             "{\"id\":2,\"email\":\"c@d.e\"} 200\n-> 0");
  auto const taken = at.type(curl + R"('{"email":"a@b.c","password":"secret123"}')");
  BOOST_TEST(has(taken, "urn:pando:error:EmailTaken"), taken);
  BOOST_TEST(has(taken, " 409\n-> 0"), taken);

  BOOST_TEST(at.type("./shop socket-path") == at.at("run/pando/shop.sock") + "\n-> 0");
  BOOST_TEST(at.type(R"(echo '{"jsonrpc":"2.0","id":1,"method":"user.list"}')"
                     " | nc -U -N \"$(./shop socket-path)\"") ==
             R"({"jsonrpc":"2.0","id":1,"result":[{"id":1,"email":"a@b.c"},)"
             R"({"id":2,"email":"c@d.e"}]})" "\n-> 0");
  if (at.has("pando"))
    BOOST_TEST(at.type("pando --app shop user list") ==
               "id  email\n 1  a@b.c\n 2  c@d.e\n-> 0");
  else
    BOOST_TEST_MESSAGE("the tool is not built");

  shop->signal(SIGTERM);
  BOOST_TEST(shop->wait() == 0);
  BOOST_TEST(!at.has("run/pando/shop.sock"));
}

BOOST_AUTO_TEST_CASE(what_the_shop_says_of_itself) {
  console at("shop");
  auto const help = at.type("./shop user create --help");
  BOOST_TEST(has(help, "Usage: shop user create --email <text> --password <text> [flags]\n"), help);
  BOOST_TEST(has(help, "\n  EmailTaken {email}  exit code 1\n"), help);
  BOOST_TEST(has(help, "\n-> 0"), help);
  BOOST_TEST(at.type("source <(./shop completion bash); COMP_LINE='shop user ' COMP_POINT=10; "
                     "_shop_completion shop; echo \"${COMPREPLY[*]}\"") ==
             "create show list import\n-> 0");
  BOOST_TEST(at.type("./shop routes") ==
             "ROUTE        TAKES        GIVES           COMMAND      ELSEWHERE\n"
             "user.create  CreateUser   User            user create  POST /user\n"
             "user.show    UserId       User            user show    GET /user/{id}\n"
             "user.list                 list of User    user list    GET /user\n"
             "user.import  ImportUsers  stream of User  user import  POST /user/import\n-> 0");
  auto const openapi = at.type("./shop openapi");
  BOOST_TEST(has(openapi, R"({"openapi":"3.1.0","info":{"title":"shop",)"), openapi);
  BOOST_TEST(has(openapi, R"("/user/import":{"post":)"), openapi);
  BOOST_TEST(has(openapi, "}\n-> 0"), openapi);
}

BOOST_AUTO_TEST_CASE(settings_say_where_they_come_from) {
  console at("settings");
  BOOST_TEST(at.type("./shop serve") ==
             "shop: setting smtp_host: is required: text; give it as --smtp-host, SHOP_SMTP_HOST "
             "or \"smtp_host\" in shop.json\n"
             "shop: setting smtp_password: is required: text; give it as --smtp-password, "
             "SHOP_SMTP_PASSWORD or \"smtp_password\" in shop.json\n-> 2");
  at.write("shop.json", R"({"smtp_host":"of.file","smtp_password":"hidden"})");
  BOOST_TEST(at.type("./shop settings") == "smtp_host = \"of.file\"  (shop.json)\n"
                                           "smtp_port = 25         (default)\n"
                                           "smtp_password = \"***\"  (shop.json)\n-> 0");
  BOOST_TEST(at.type("SHOP_SMTP_HOST=of.env SHOP_SMTP_PORT=26 ./shop settings --smtp-port 27") ==
             "smtp_host = \"of.env\"   (environment SHOP_SMTP_HOST)\n"
             "smtp_port = 27         (flag --smtp-port)\n"
             "smtp_password = \"***\"  (shop.json)\n-> 0");
  auto shop = at.start("./shop serve --smtp-host of.flag", "pando/shop.sock");
  BOOST_TEST(at.type("./shop mail relay") == "of.flag:25\n-> 0");
  shop->signal(SIGTERM);
  BOOST_TEST(shop->wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_program_is_found_by_its_name) {
  console at("shop");
  auto shop = at.start("./shop serve", "pando/shop.sock");
  run([]() -> pando::task<void> {
    auto const executor = co_await boost::asio::this_coro::executor;
    auto link = co_await pando::connect(executor, "shop");               // Unix socket, by the app's name
    auto api = link.client<Users>();
    User u = co_await api.call<"create">("a@b.c", "secret123");
    BOOST_TEST(u.id == 1);
    CreateUser in{.email = "a@b.c", .password = "secret123"};
    try {
      (void)co_await api.call<"create">(in);
      BOOST_ERROR("taken twice");
    } catch (EmailTaken const& e) { BOOST_TEST(e.email == "a@b.c"); }
    std::string text = co_await link.invoke("user create", R"({"email":"b@b.c","password":"x"})");
    BOOST_TEST(text == R"({"id":2,"email":"b@b.c"})");
    co_await link.close();
    BOOST_TEST(!link.is_open());
  });
  shop->signal(SIGTERM);
  BOOST_TEST(shop->wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_link_shows_and_asks) {
  console at("shop");
  UserStore store{"shop.db"};
  run([&]() -> pando::task<void> {
    auto const executor = co_await boost::asio::this_coro::executor;
    auto app = pando::app(users, desk).named("shop").provide(store);
    co_await app.serve();
    BOOST_TEST(app.socket_path() == at.at("run/pando/shop.sock"));
    std::string printed;
    std::string warned;
    std::string asked;
    auto const print = [&](std::string_view line) { printed += line; };
    auto const warn = [&](std::string_view line) { warned += line; };
    auto const ask = [&](pando::io_question const& question) {
      asked += question.text;
      return std::string("Ada");
    };
    auto link = co_await pando::connect(executor, "shop");
    link.on_stdout(print);
    link.on_stderr(warn);
    link.on_prompt(ask);
    std::string greeting = co_await link.client<Desk>().call<"greet">();
    BOOST_TEST(greeting == "Good day, Ada");
    BOOST_TEST(printed == "somebody is there");
    BOOST_TEST(warned == "nobody was expected");
    BOOST_TEST(asked == "Your name?");
    co_await link.close();
    co_await app.stop();
  });
}

BOOST_AUTO_TEST_SUITE_END()
