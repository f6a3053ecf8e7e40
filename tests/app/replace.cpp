// `serve --replace`: a new process takes the place of one that runs, under load and against odds.
#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "app/installed.hpp"
#include "app/swap.hpp"
#include "socket/things.hpp"
#include "support/process.hpp"
#include "support/raw_http.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(serve_replace)

namespace {

using app_test::port_of;
using support::process;
using swap_app::Swap;
using swap_app::Who;

constexpr char rpc_who[] = R"({"jsonrpc":"2.0","id":1,"method":"swap.who"})";

/// One app after the other at one place.
struct place {
  support::scratch_folder folder{};
  std::string path = folder.path() + "/swap.sock";

  std::vector<std::string> command(std::vector<std::string> more) const {
    std::vector<std::string> all{support::program("swap"), "serve", "--socket", path};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Starts one, and waits until it serves.
  std::unique_ptr<process> start(std::vector<std::string> more, support::environment how = {}) {
    auto made = std::make_unique<process>(command(std::move(more)), log(), how);
    BOOST_REQUIRE_MESSAGE(made->writes("http://"), made->written());
    return made;
  }
  std::unique_ptr<process> replace(support::environment how = {},
                                   std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--replace", "--drain-ms", "3000"});
    auto made = std::make_unique<process>(command(std::move(more)), log(), how);
    BOOST_REQUIRE_MESSAGE(made->writes("took the place of pid"), made->written());
    return made;
  }
  support::ran fails(std::vector<std::string> more, support::environment how = {}) {
    more.insert(more.begin(), "--replace");
    return support::run(command(std::move(more)), log(), how);
  }
  std::string log() { return folder.path() + "/" + std::to_string(++logs_) + ".log"; }

 private:
  int logs_ = 0;
};

/// Who answers on a connection that is new.
int who_by_http(std::uint16_t port) {
  auto const got = raw_http::connection(port).ask(raw_http::get("/swap/who"));
  BOOST_REQUIRE_EQUAL(got.status, 200);
  return std::atoi(got.body.c_str() + got.body.find(':') + 1);
}
int who_by_socket(std::string const& path) {
  things::raw_client client(path);
  auto const got = client.ask(rpc_who);
  auto const at = got.find("\"process\":");
  BOOST_REQUIRE_MESSAGE(at != got.npos, got);
  return std::atoi(got.c_str() + at + 10);
}

/// Runs a coroutine to its end and rethrows what it throws. On any thread, so no check stands here.
template <class Body>
void run_apart(boost::asio::io_context& io, Body body) {
  std::exception_ptr failed;
  boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
    failed = error;
    io.stop();
  });
  io.restart();
  io.run();
  if (failed) std::rethrow_exception(failed);
}

/// What threads ask of the app all the time, until this ends. Every request must be answered.
class load {
 public:
  ~load() { stop(); }
  void stop() {
    is_over_ = true;
    for (auto& one : threads_) one.join();
    threads_.clear();
  }
  /// `once` asks once and gives who answered.
  void add(std::string what, std::function<int()> once) {
    threads_.emplace_back([this, what = std::move(what), once = std::move(once)] {
      while (!is_over_) {
        try {
          note(once());
        } catch (std::exception const& error) {
          std::lock_guard const lock(mutex_);
          faults.push_back(what + ": " + error.what());
        }
      }
    });
  }
  bool has_seen(int process) {
    std::lock_guard const lock(mutex_);
    return seen_.count(process) != 0;
  }
  std::size_t answers() const { return answers_; }

  std::vector<std::string> faults;

 private:
  void note(int process) {
    ++answers_;
    std::lock_guard const lock(mutex_);
    seen_.insert(process);
  }

  std::atomic<bool> is_over_{false};
  std::atomic<std::size_t> answers_{0};
  std::mutex mutex_;
  std::set<int> seen_;
  std::vector<std::thread> threads_;
};

int number_after(std::string const& text, std::string const& mark) {
  auto const at = text.find(mark);
  if (at == text.npos) throw std::runtime_error("no answer: " + text);
  return std::atoi(text.c_str() + at + mark.size());
}

/// A connection that is kept as long as the server keeps it.
struct kept_http {
  std::uint16_t port;
  std::optional<raw_http::connection> connection{};
  int operator()() {
    if (!connection) connection.emplace(port);
    auto const got = connection->ask(raw_http::get("/swap/who"));
    if (got.header("connection") == "close") connection.reset();
    if (got.status != 200) throw std::runtime_error("status " + std::to_string(got.status));
    return number_after(got.body, "\"process\":");
  }
};

/// A typed client whose link outlives the app that it was made with.
struct kept_link {
  explicit kept_link(std::string where) : path(std::move(where)) {}
  int operator()() {
    int process = 0;
    run_apart(io, [&]() -> pando::task<void> {
      if (!link) link = co_await pando::connect(io.get_executor(), path);
      auto const api = link->client<Swap>();
      Who const who = co_await api.call<"who">();
      process = who.process;
    });
    return process;
  }
  std::string path;
  boost::asio::io_context io{1};
  std::optional<pando::socket::link> link{};
};

void put_under_load(load& on, std::uint16_t port, std::string const& path) {
  for (int i = 0; i < 2; ++i) {
    on.add("new connection", [port] {
      auto const got = raw_http::connection(port).ask(raw_http::get("/swap/who"));
      return number_after(got.body, "\"process\":");
    });
    auto const kept = std::make_shared<kept_http>(kept_http{port});
    on.add("kept connection", [kept] { return (*kept)(); });
  }
  on.add("new JSON-RPC", [path] {
    things::raw_client client(path);
    return number_after(client.ask(rpc_who), "\"process\":");
  });
  on.add("silent at first", [path] {
    things::raw_client client(path);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return number_after(client.ask(rpc_who), "\"process\":");
  });
  auto const kept = std::make_shared<kept_link>(path);
  on.add("kept link", [kept] { return (*kept)(); });
  auto const io = std::make_shared<boost::asio::io_context>(1);
  on.add("typed HTTP", [port, io] {
    int process = 0;
    run_apart(*io, [&]() -> pando::task<void> {
      auto const url = "http://127.0.0.1:" + std::to_string(port);
      auto const api = pando::http::client<Swap>(io->get_executor(), url);
      Who who = co_await api.call<"who">();
      process = who.process;
    });
    return process;
  });
}

/// Calls that take longer than the change.
struct long_calls {
  explicit long_calls(place const& at, std::uint16_t port) : path(at.path), port_(port) {}
  void run() {
    boost::asio::io_context io(1);
    run_apart(io, [&]() -> pando::task<void> {
      auto link = co_await pando::connect(io.get_executor(), path);
      auto const api = link.client<Swap>();
      auto const url = "http://127.0.0.1:" + std::to_string(port_);
      auto const web = pando::http::client<Swap>(io.get_executor(), url);
      auto items = web.stream<"count">(40, 25);
      std::optional<Who> counted = co_await items.next();
      streamed_by = counted->process;
      Who first = co_await api.call<"who">();
      by_link = first.process;
      Who slow = co_await api.call<"slow">(800);
      is_same = slow.process == by_link;
      while (std::optional<Who> next = co_await items.next()) streamed += next->process == streamed_by;
      co_await link.close();
    });
  }
  std::string path;
  int by_link = 0;
  int streamed_by = 0;
  int streamed = 1;
  bool is_same = false;

 private:
  std::uint16_t port_;
};

} // namespace

BOOST_AUTO_TEST_CASE(under_load_no_request_is_lost) {
  place at;
  auto running = at.start({"--http", "127.0.0.1:0", "--drain-ms", "3000"});
  auto const port = port_of(*running);
  load asked;
  put_under_load(asked, port, at.path);
  // Without a flag the sockets are as they were; with one of the same address too; threads are new.
  std::vector<std::vector<std::string>> const ways{
      {}, {"--http", "127.0.0.1:" + std::to_string(port)}, {"--threads", "2"}, {"--threads", "1"}};
  for (auto const& flags : ways) {
    while (!asked.has_seen(running->id())) std::this_thread::yield();
    long_calls slow(at, port);
    std::thread apart([&] { slow.run(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    auto next = at.replace({}, flags);
    BOOST_TEST(running->wait() == 0);
    BOOST_TEST(running->written().find("replaced by uid") != std::string::npos);
    BOOST_TEST(running->written().find("cut off") == std::string::npos);
    apart.join();
    BOOST_TEST(slow.by_link == running->id());
    BOOST_TEST(slow.is_same);
    BOOST_TEST(slow.streamed_by == running->id());
    BOOST_TEST(slow.streamed == 40);
    while (!asked.has_seen(next->id())) std::this_thread::yield();
    BOOST_TEST(who_by_http(port) == next->id());
    BOOST_TEST(who_by_socket(at.path) == next->id());
    running = std::move(next);
  }
  asked.stop();
  for (auto const& fault : asked.faults) BOOST_ERROR(fault);
  BOOST_TEST_MESSAGE(asked.answers() << " answers");
  BOOST_TEST(asked.answers() > 1000U);
  // The last one owns the place: peers are told its pid, and its end removes the path.
  things::raw_client client(at.path);
  BOOST_TEST(client.peer() == running->id());
  client.close();
  running->signal(SIGTERM);
  BOOST_TEST(running->wait() == 0);
  BOOST_TEST(!std::filesystem::exists(at.path));
}

BOOST_AUTO_TEST_CASE(who_may_not_take_over_changes_nothing) {
  place at;
  auto const nobody = at.fails({});
  BOOST_TEST(nobody.code == 3);
  BOOST_TEST(nobody.written == "swap: cannot serve: no app runs at " + at.path +
                                   ", so there is none to replace; start this one without "
                                   "--replace\n");
  auto running = at.start({"--http", "127.0.0.1:0", "--drain-ms", "3000"});
  auto const port = port_of(*running);
  auto const refused = [&](support::ran const& tried, std::string const& why, int code = 1) {
    BOOST_TEST(tried.code == code);
    BOOST_TEST(tried.written.find("swap: cannot serve: " + why) != std::string::npos,
               tried.written);
    BOOST_TEST(who_by_http(port) == running->id());
    BOOST_TEST(who_by_socket(at.path) == running->id());
  };
  refused(at.fails({}, {{"SWAP_BUILD", "breaking"}}),
          "this build would break who uses the app that runs there: swap.who (does not answer GET "
          "/swap/who any more); swap.slow (request why: is required and not sent); swap.at (is not "
          "served any more); stop that one first, if this is meant");
  refused(at.fails({"--no-socket"}), "--replace goes over the Unix socket", 2);
  refused(at.fails({}, {{"SWAP_FAILS", "1"}}), "the start hook fails");
  refused(at.fails({"--tls-certificate", "x", "--tls-key", "y"}),
          "the app that runs there serves HTTP without TLS");
  refused(at.fails({"--http", "127.0.0.2:" + std::to_string(port)}, {{"SWAP_FAILS", "1"}}),
          "the start hook fails");
  auto const other = at.fails({}, {{"SWAP_NAME", "other"}});
  BOOST_TEST(other.code == 1);
  BOOST_TEST(other.written ==
             "other: cannot serve: the app that runs there is called swap, and this one other\n");
  // A second one while the first has not decided; and one that is killed in between.
  auto const waiting = std::make_unique<process>(at.command({"--replace"}), at.log(),
                                                 support::environment{{"SWAP_WAITS", "60000"}});
  BOOST_REQUIRE(waiting->writes("the start hook waits"));
  refused(at.fails({}, {{"SWAP_FAILS", "1"}}),
          "the app that runs there is not replaced: another program is about to take its place "
          "already");
  waiting->signal(SIGKILL);
  BOOST_TEST(waiting->wait() == 128 + SIGKILL);
  BOOST_TEST(who_by_http(port) == running->id());
  auto next = at.replace({{"SWAP_BUILD", "fitting"}});
  BOOST_TEST(running->wait() == 0);
  BOOST_TEST(who_by_http(port) == next->id());
  BOOST_TEST(raw_http::connection(port).ask(raw_http::get("/swap/more/7")).status == 200);
}

BOOST_AUTO_TEST_CASE(the_old_one_stops_while_the_new_one_starts) {
  place at;
  auto running = at.start({"--http", "127.0.0.1:0", "--drain-ms", "500"});
  process late(at.command({"--replace"}), at.log(), {{"SWAP_WAITS", "6000"}});
  BOOST_REQUIRE(late.writes("the start hook waits"));
  running->signal(SIGTERM);
  BOOST_TEST(running->wait() == 0);
  BOOST_TEST(late.wait() == 1);
  BOOST_TEST(late.written().find("has stopped meanwhile; start this one again") !=
             std::string::npos);
  BOOST_TEST(!std::filesystem::exists(at.path));
  auto again = at.start({"--http", "127.0.0.1:0"});
  BOOST_TEST(who_by_socket(at.path) == again->id());
}

BOOST_AUTO_TEST_CASE(what_is_no_handover_is_refused) {
  place at;
  auto running = at.start({"--http", "127.0.0.1:0"});
  things::raw_client other_version(at.path);
  other_version.send("\x94pando\x02\n");
  BOOST_TEST(other_version.all().find("another version of the handover") != std::string::npos);
  things::raw_client garbage(at.path);
  garbage.send("\x94nonsense");
  BOOST_TEST(garbage.is_closed());
  things::raw_client wrong(at.path);
  wrong.send("\x94pando\x01\n");
  BOOST_TEST(wrong.bytes(4).size() == 4U);
  wrong.send(std::string_view("\x01\0\0\0\x09", 5));
  BOOST_TEST(wrong.is_closed());
  things::raw_client gone(at.path);
  gone.send("\x94pando\x01\n");
  BOOST_TEST(gone.bytes(4).size() == 4U);
  gone.close();
  BOOST_TEST(who_by_socket(at.path) == running->id());
  auto next = at.replace();
  BOOST_TEST(running->wait() == 0);
}

BOOST_AUTO_TEST_CASE(another_user_may_not) {
  if (::geteuid() != 0) return support::skip("only root can be another user");
  place at;
  auto running = at.start({"--http", "127.0.0.1:0"});
  ::chmod(at.folder.path().c_str(), 0755);
  ::chmod(at.path.c_str(), 0777);
  auto command = at.command({"--replace"});
  command.insert(command.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  auto const tried = support::run(command, at.log());
  BOOST_TEST(tried.code == 1);
  BOOST_TEST(tried.written == "swap: cannot serve: the app at " + at.path +
                                  " belongs to another user (uid 0)\n");
  BOOST_TEST(running->writes("is refused: this app serves uid 0 only"));
  BOOST_TEST(who_by_socket(at.path) == running->id());
}

BOOST_AUTO_TEST_SUITE_END()
