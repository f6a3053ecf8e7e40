// Real programs, as people and other programs meet them: exit codes, signals, peers that misbehave.
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "app/installed.hpp"
#include "cli/session.hpp"
#include "socket/things.hpp"
#include "support/comes_true.hpp"
#include "support/descriptors.hpp"
#include "support/process.hpp"
#include "support/raw_frames.hpp"
#include "support/raw_http.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(processes)

namespace {

using app_test::installed;
using app_test::port_of;
using support::comes_true;
using support::process;
using things::raw_client;

constexpr char rpc_who[] = R"({"jsonrpc":"2.0","id":1,"method":"swap.who"})";
constexpr char rpc_slow[] =
    R"({"jsonrpc":"2.0","id":1,"method":"swap.slow","params":{"ms":60000}})";

/// Bytes of memory that it has.
std::size_t memory_of(process const& which) {
  std::ifstream in("/proc/" + std::to_string(which.id()) + "/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t descriptors_of(process const& which) {
  return support::descriptors(std::to_string(which.id()));
}

} // namespace

BOOST_AUTO_TEST_CASE(exit_codes) {
  installed it("api");
  auto const none = it.run({"api", "show", "7"});
  BOOST_TEST(none.code == 3);
  BOOST_TEST(none.written == "api: no app is running at " + it.path + "; start it with 'api serve'\n");
  auto running = it.serve();
  BOOST_TEST(it.run({"api", "show", "7"}).code == 0);
  BOOST_TEST(it.run({"api", "sign-up", "--email", "taken@example.com", "--password", "longenough",
                     "--age", "20"})
                 .code == 9);
  auto const wrong = it.run({"api", "sign-up", "--emial", "x", "--age", "y"});
  BOOST_TEST(wrong.code == 2);
  for (auto const* const field : {"--emial", "--password", "--age"})
    BOOST_TEST(wrong.written.find(field) != std::string::npos, wrong.written);
  BOOST_TEST(it.run({"api", "shwo", "7"}).written.find("did you mean") != std::string::npos);
  auto const broken = it.run({"api", "broken"});
  BOOST_TEST(broken.code == 70);
  BOOST_TEST(broken.written.find("secret") == std::string::npos);
  auto const id = broken.written.rfind(' '); // it is said once
  BOOST_TEST(broken.written.starts_with("api: the app failed; its log has the details under id "),
             broken.written);
  BOOST_TEST(broken.written.find(broken.written.substr(id, 5)) == id, broken.written);
  BOOST_TEST(it.run({"api", "wait", "--ms", "60000", "--timeout", "50ms"}).code == 70);
  BOOST_TEST(it.run({"socket-path"}).written == it.path + "\n");
  BOOST_TEST(it.run({"openapi"}).written.find("\"openapi\":\"3.1.0\"") != std::string::npos);
  BOOST_TEST(it.run({"serve", "--http", "99999"}).code == 2);
  auto const store = it.run({"serve", "--no-socket", "--store", "postgres://localhost/x"});
  BOOST_TEST(store.code == 2);
  BOOST_TEST(store.written.find("--store postgres://…: this app stores") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(signals) {
  installed it;
  for (int const which : {SIGTERM, SIGINT}) {
    auto running = it.serve();
    raw_client slow(it.path);
    slow.send(R"({"jsonrpc":"2.0","id":1,"method":"swap.slow","params":{"ms":400}})" "\n");
    raw_http::connection web(port_of(*running));
    web.send(raw_http::post("/swap/slow", R"({"ms":400})"));
    raw_client unheard(it.path);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    unheard.send(std::string(rpc_who) + "\n"); // it was accepted, and says something only now
    running->signal(which);
    BOOST_TEST(slow.line().value_or("lost").find("result") != std::string::npos);
    BOOST_TEST(unheard.line().value_or("lost").find("result") != std::string::npos);
    BOOST_TEST(web.read().status == 200);
    BOOST_TEST(running->wait() == 0);
    BOOST_TEST(!std::filesystem::exists(it.path));
  }
  for (int const which : {SIGTERM, SIGINT}) {
    auto running = it.serve();
    raw_client slow(it.path);
    slow.send(std::string(rpc_slow) + "\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    running->signal(which);
    BOOST_TEST(running->writes("a second signal ends at once"));
    BOOST_TEST(running->runs());
    running->signal(which);
    BOOST_TEST(running->wait(std::chrono::seconds(2)) == 128 + which);
    BOOST_TEST(slow.is_closed());
  }
}

BOOST_AUTO_TEST_CASE(one_app_at_a_place) {
  installed it;
  auto first = it.serve();
  auto const second = it.run({"serve"});
  BOOST_TEST(second.code == 1);
  BOOST_TEST(second.written == "swap: cannot serve: an app runs at " + it.path + " already (pid " +
                                   std::to_string(first->id()) +
                                   "); stop it, or choose another place with --socket or "
                                   "PANDO_SOCKET\n");
  raw_client client(it.path);
  BOOST_TEST(client.ask(rpc_who).find("result") != std::string::npos);
  auto const other = it.run({"serve", "--no-socket", "--http",
                             "127.0.0.1:" + std::to_string(port_of(*first))});
  BOOST_TEST(other.code == 1);
  BOOST_TEST(other.written.find("Address already in use") != std::string::npos);
  // Killed, it leaves its socket behind: a client says so, the next app replaces it.
  first->signal(SIGKILL);
  first->wait();
  BOOST_TEST(std::filesystem::exists(it.path));
  auto const call = it.run({"swap", "who"});
  BOOST_TEST(call.code == 3);
  BOOST_TEST(call.written.find("no app is running at " + it.path) != std::string::npos);
  auto next = it.serve();
  BOOST_TEST(it.run({"swap", "who"}).code == 0);
}

BOOST_AUTO_TEST_CASE(places_of_the_socket) {
  installed it;
  auto const chosen = it.folder.path() + "/chosen.sock";
  for (auto const& words : std::vector<std::vector<std::string>>{
           {"serve", "--socket", chosen}, {"--socket", chosen, "serve"}}) {
    process running(it.command(words), it.log(), it.place);
    BOOST_TEST(running.writes("socket " + chosen));
    BOOST_TEST(it.run({"swap", "who", "--socket", chosen}).code == 0);
    BOOST_TEST(it.run({"swap", "who"}).code == 3);
  }
  auto const long_path = it.folder.path() + "/" + std::string(100, 'x');
  auto const refused = it.run({"serve", "--socket", long_path});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(refused.written.find("and a Unix socket's has at most 107") != std::string::npos);
  auto none = it.place;
  none.push_back({"PANDO_NO_SOCKET", "1"});
  process silent(it.command({"serve", "--http", "127.0.0.1:0"}), it.log(), none);
  BOOST_TEST(silent.writes("http://"));
  BOOST_TEST(!std::filesystem::exists(it.path));
  BOOST_TEST(raw_http::connection(port_of(silent)).ask(raw_http::get("/swap/who")).status == 200);
}

BOOST_AUTO_TEST_CASE(questions_of_the_running_app) {
  installed it("api");
  auto running = it.serve();
  for (bool const in_process : {false, true}) {
    auto command = it.command({"api", "ask"});
    if (in_process) command.push_back("--in-process");
    shop::session person(command, it.place);
    person.until("Your name?");
    person.type("Ada\n");
    person.until("Sure?");
    person.type("y\n");
    BOOST_TEST(person.rest().find("Ada!") != std::string::npos);
    BOOST_TEST(person.wait() == 0);
    shop::session leaving(command, it.place);
    leaving.until("Your name?");
    leaving.type("\x04"); // Ctrl-D
    leaving.rest();
    BOOST_TEST(leaving.wait() == 130);
    BOOST_TEST(support::run(command, it.log(), it.place).code == 130); // no terminal, no answer
  }
  {
    shop::session killed(it.command({"api", "ask"}), it.place);
    killed.until("Your name?");
  }
  running->signal(SIGTERM); // a question that nobody answers does not hold it
  BOOST_TEST(running->wait(std::chrono::seconds(5)) == 0);
}

BOOST_AUTO_TEST_CASE(clients_killed_in_mid_call) {
  installed it;
  auto running = it.serve();
  auto const cancelled = [&] { return std::atoi(it.run({"swap", "cancelled"}).written.c_str()); };
  auto const begun = [&] {
    static constexpr std::string_view said = "a slow call begins";
    auto const log = running->written();
    int count = 0;
    for (auto at = log.find(said); at != log.npos; at = log.find(said, at + said.size())) ++count;
    return count;
  };
  {
    process command(it.command({"swap", "slow", "--ms", "60000"}), it.log(), it.place);
    process interrupted(it.command({"swap", "slow", "--ms", "60000"}), it.log(), it.place);
    BOOST_TEST(comes_true([&] { return begun() == 2; }));
    command.signal(SIGKILL);
    BOOST_TEST(command.wait() == 128 + SIGKILL);
    BOOST_TEST(comes_true([&] { return cancelled() == 1; }));
    interrupted.signal(SIGINT);
    BOOST_TEST(interrupted.wait() == 130);
    BOOST_TEST(comes_true([&] { return cancelled() == 2; }));
  }
  raw_client line(it.path);
  line.send(std::string(rpc_slow) + "\n");
  raw_http::connection web(port_of(*running));
  web.send(raw_http::post("/swap/slow", R"({"ms":60000})"));
  raw_http::connection reset(port_of(*running));
  reset.send(raw_http::post("/swap/slow", R"({"ms":60000})"));
  BOOST_TEST(comes_true([&] { return begun() == 5; }));
  line.close();
  web.close();
  reset.reset();
  BOOST_TEST(comes_true([&] { return cancelled() == 5; }));
  running->signal(SIGTERM);
  BOOST_TEST(running->wait(std::chrono::seconds(5)) == 0);
}

BOOST_AUTO_TEST_CASE(ten_thousand_connections) {
  installed it;
  auto running = it.serve({"--threads", "2"});
  auto const port = port_of(*running);
  auto const before = descriptors_of(*running);
  for (int i = 0; i < 10'000; ++i) {
    raw_client client(it.path);
    raw_http::connection web(port);
    if (i % 5 == 1) client.send("{\"jsonrpc\"");
    if (i % 5 == 2) client.send("\x93pando\x01\n");
    if (i % 5 == 3) web.send("GET /swap/who HT");
    if (i % 5 == 4) web.reset();
    // Who comes last of a hundred is answered, so those before it are accepted: in the kernel's queue
    // thousands would wait, and be counted or not by chance.
    if (i % 100 != 99) continue;
    BOOST_REQUIRE(client.ask(rpc_who).find("result") != std::string::npos);
    BOOST_REQUIRE(raw_http::connection(port).ask(raw_http::get("/swap/who")).status == 200);
  }
  // Nobody is left, and nothing of them: not one descriptor more than before.
  BOOST_TEST(comes_true([&] { return descriptors_of(*running) <= before; }),
             descriptors_of(*running) << " descriptors, and " << before << " before");
  running->signal(SIGTERM);
  BOOST_TEST(running->wait(std::chrono::seconds(5)) == 0);
}

BOOST_AUTO_TEST_CASE(half_closed_and_slow_peers) {
  installed it;
  auto running = it.serve();
  raw_http::connection web(port_of(*running));
  for (char const one : raw_http::post("/swap/slow", R"({"ms":50})")) {
    web.send(std::string_view(&one, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  web.end_sending();
  BOOST_TEST(web.read().status == 200);
  BOOST_TEST(web.is_at_end());
  raw_client line(it.path);
  for (char const one : std::string(rpc_who)) {
    line.send(std::string_view(&one, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  line.half_close(); // the end of input ends the line
  BOOST_TEST(line.line().value_or("lost").find("\"process\"") != std::string::npos);
  BOOST_TEST(line.is_closed());
}

BOOST_AUTO_TEST_CASE(readers_that_stop_cost_little) {
  installed it("desk");
  // AddressSanitizer keeps what is freed, 256 MB of it unless told: that is not what is measured.
  it.place.push_back({"ASAN_OPTIONS", "quarantine_size_mb=1"});
  auto running = it.serve();
  raw_client frames(it.path);
  raw_frames::greet(frames);
  raw_client line(it.path);
  BOOST_TEST(line.ask(R"({"jsonrpc":"2.0","id":1,"method":"pando.ping"})").ends_with("\"pong\"}"));
  auto const before = memory_of(*running);
  constexpr char endless[] = R"({"items":2000000000})"; // 90 GB of them
  frames.send(raw_frames::invoke(1, "desk.feed", endless) +
              raw_frames::made(pando::frames::kind::credit, 1, raw_frames::number(~0ULL)));
  line.send(R"({"jsonrpc":"2.0","id":2,"method":"desk.feed","params":)" + std::string(endless) +
            "}\n");
  BOOST_TEST(raw_frames::next(frames).payload == R"({"id":1,"name":"row"})");
  BOOST_TEST(line.line().value_or("lost").find("stream.item") != std::string::npos);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    BOOST_TEST(memory_of(*running) - before < 8U << 20); // each may have 1 MiB waiting
    BOOST_TEST(it.run({"desk", "show", "7"}).code == 0);
  }
  running->signal(SIGTERM); // and they do not hold it
  BOOST_TEST(running->writes("SIGTERM"));
  frames.close();
  line.close();
  BOOST_TEST(running->wait(std::chrono::seconds(5)) == 0);
}

BOOST_AUTO_TEST_CASE(another_user) {
  if (::geteuid() != 0) return support::skip("only root can be another user");
  installed it;
  auto running = it.serve();
  ::chmod(it.folder.path().c_str(), 0755);
  auto command = it.command({"swap", "who"});
  command.insert(command.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  auto tried = support::run(command, it.log(), it.place);
  BOOST_TEST(tried.code == 1); // the socket's mode keeps others out
  BOOST_TEST(tried.written == "swap: " + it.path + ": Permission denied\n");
  ::chmod(it.path.c_str(), 0777);
  tried = support::run(command, it.log(), it.place);
  BOOST_TEST(tried.code == 1); // and so does each side
  BOOST_TEST(tried.written == "swap: " + it.path + ": it belongs to another user (uid 0)\n");
  BOOST_TEST(running->writes("is refused: this app serves uid 0 only"));
}

BOOST_AUTO_TEST_CASE(a_command_of_another_build) {
  installed it;
  auto running = it.serve();
  auto const text = std::string("breaking");
  it.place.push_back({"SWAP_BUILD", text});
  auto const odd = it.run({"swap", "slow", "--ms", "1", "--why", "x"});
  BOOST_TEST(odd.code == 2);
  BOOST_TEST(odd.written.find("why") != std::string::npos, odd.written);
}

BOOST_AUTO_TEST_CASE(completion_through_the_tool) {
  auto const tool = support::program("../cli/pando_tool");
  if (!std::filesystem::exists(tool)) {
    BOOST_TEST_MESSAGE("the tool is not built");
    return;
  }
  support::scratch_folder folder;
  auto const bin = folder.path() + "/bin";
  std::filesystem::create_directory(bin);
  std::filesystem::create_symlink(std::filesystem::absolute(tool), bin + "/pando");
  support::environment const where{{"XDG_RUNTIME_DIR", folder.path()},
                                   {"PATH", bin + ":" + std::getenv("PATH")}};
  process app({support::program("swap"), "serve"}, folder.path() + "/log", where);
  BOOST_REQUIRE(app.writes("/pando/swap.sock"));
  auto const offers = [&](std::string const& line) {
    auto const script = "source <(pando --app swap completion bash)\n"
                        "COMP_LINE=$1 COMP_POINT=${#1}\n"
                        "_pando_completion pando\n"
                        "echo \"${COMPREPLY[*]}\"";
    return support::run({"bash", "--norc", "-c", script, "bash", line}, folder.path() + "/out",
                        where)
        .written;
  };
  BOOST_TEST(offers("pando --app s") == "swap\n");
  BOOST_TEST(offers("pando --app swap sw") == "swap\n");
  BOOST_TEST(offers("pando --app swap swap ") == "who slow cancelled\n");
  BOOST_TEST(offers("pando --app swap swap slow --m") == "--ms\n");
  for (auto const* const shell : {"zsh", "fish"}) {
    auto const script = support::run({bin + "/pando", "--app", "swap", "completion", shell},
                                     folder.path() + "/out", where);
    BOOST_TEST(script.code == 0);
    BOOST_TEST(script.written.find("pando") != std::string::npos);
  }
  BOOST_TEST(support::run({bin + "/pando", "--app", "swap", "swap", "who"}, folder.path() + "/out",
                          where)
                 .code == 0);
  BOOST_TEST(support::run({bin + "/pando", "--app", "gone", "swap", "who"}, folder.path() + "/out",
                          where)
                 .code == 3);
}

BOOST_AUTO_TEST_SUITE_END()
