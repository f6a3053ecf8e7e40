// What `serve` is told in code and cannot do: it says so before a hook has run.
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>

#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(options_in_code)

namespace {

struct Tally : pando::entity<"Tally", pando::rpc<"Add", int(int)>> {};
struct Vault : pando::entity<"Vault", pando::rpc<"Put", int(int), pando::persisted>> {};
struct Desk : pando::controller<"desk", pando::route<"add", int(int)>> {};

inline auto const tallies = pando::implement<Tally>(
    pando::state<int>, pando::on<"Add"> = [](int by, int& sum) { return sum += by; });
inline auto const vaults = pando::implement<Vault>(
    pando::state<int>, pando::on<"Put"> = [](int by, int& sum) { return sum += by; });
inline auto const desk =
    pando::implement<Desk>(pando::on<"add"> = [](int by) { return by + 1; });

/// What an app is told that cannot be, and whether it has begun all the same.
struct told {
  std::string said; ///< empty: it serves
  int hooks = 0;    ///< that ran
  friend bool operator==(told const&, told const&) = default;
  friend std::ostream& operator<<(std::ostream& to, told const& one) {
    return to << one.said << " (hooks: " << one.hooks << ")";
  }
};

template <class Part>
told serve(Part const& part, pando::serve_options const& options) {
  told found;
  auto app = pando::app(part, pando::on_start([&found] { ++found.hooks; }),
                        pando::on_stop([&found] { ++found.hooks; }))
                 .named("told-in-code");
  boost::asio::io_context loop;
  auto body = [&]() -> pando::task<void> {
    try {
      co_await app.serve(options);
    } catch (std::exception const& why) {
      found.said = why.what();
    }
    if (found.said.empty()) co_await app.stop();
  };
  boost::asio::co_spawn(loop, body, [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
  return found;
}

using change_of_options = std::function<void(pando::serve_options&)>;

/// What it is told without a socket; empty: it serves. Who is refused has run no hook.
template <class Part>
std::string said_of(Part const& part, change_of_options const& change) {
  pando::serve_options options;
  options.no_socket = true;
  change(options);
  auto const found = serve(part, options);
  BOOST_TEST(found.hooks == (found.said.empty() ? 2 : 0), found.said);
  return found.said;
}

std::string needs_a_store(std::string const& what) {
  return "pando: " + what +
         " needs --store, by which processes of the app share its entities; without one they are "
         "all in this process: leave it out";
}

} // namespace

BOOST_AUTO_TEST_CASE(a_place_that_cannot_be_had_is_found_before_the_hooks) {
  support::scratch_folder folder;
  auto const store = folder.path() + "/tally.db";
  auto const path_of = [&](std::size_t octets) {
    return folder.path() + "/" + std::string(octets - folder.path().size() - 1, 'x');
  };
  auto const without_room = path_of(105);
  pando::serve_options options;
  options.store = store;
  options.socket_path = without_room;
  auto const is_refused = [&](std::string const& why) {
    auto const found = serve(tallies, options);
    BOOST_TEST(found.said.find(why) != std::string::npos, found.said);
    BOOST_TEST(found.hooks == 0);
  };
  is_refused(", is no room for the one where other processes reach its entities");
  BOOST_TEST(!std::filesystem::exists(store));

  auto const too_long = path_of(108);
  options.socket_path = too_long;
  for (std::string_view const where : {std::string_view(store), std::string_view()}) {
    options.store = where;
    is_refused("has 108 bytes, and a Unix socket's has at most 107");
  }
  // With a place of its own for entities, the socket alone needs room.
  auto const own = folder.path() + "/runner";
  options.store = store;
  options.socket_path = without_room;
  options.runner = own;
  BOOST_TEST(serve(tallies, options) == (told{{}, 2}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_by_itself_is_found_before_the_hooks) {
  support::scratch_folder folder;
  auto const store = folder.path() + "/tally.db";
  auto const refused = [](change_of_options const& change) { return said_of(tallies, change); };
  using options = pando::serve_options;
  BOOST_TEST(refused([](options& it) { it.http = 70'000; }) ==
             "pando: 70000 is no port; ports are 0 to 65535");
  BOOST_TEST(refused([](options& it) { it.limits.max_body = 0; }) ==
             "pando: the HTTP limit max_body must be above 0");
  BOOST_TEST(refused([](options& it) {
               it.no_socket = false;
               it.limits_of_socket.max_calls = 0;
             }) == "pando: the socket's limit max_calls must be 1 to 65535");
  BOOST_TEST(refused([](options& it) { it.shards = 0; }) ==
             "pando: a group has 1 to 10000 shards, not 0");
  BOOST_TEST(refused([](options& it) { it.threads = 1'025; }) ==
             "pando: 1025 threads are too many: --threads is at most 1024, and 0 is one for each "
             "core");
  BOOST_TEST(refused([&](options& it) {
               it.store = store;
               it.client_only = true;
               it.weight = 2;
             }) == "pando: --client-only hosts no entities, so it has no --weight");
  BOOST_TEST(refused([&](options& it) { it.store = store; }) ==
             "pando: --store without a Unix socket needs --runner HOST:PORT, where other processes "
             "reach this one's entities");
  BOOST_TEST(refused([&](options& it) {
               it.store = "mysql://there";
               it.runner = "127.0.0.1:0";
             }).starts_with("pando: --store mysql://…: there is no such engine"));
  BOOST_TEST(refused([&](options& it) {
               it.store = store;
               it.runner = "127.0.0.1:0";
               it.runner_listen = "/run/elsewhere";
             }) == "pando: a Unix socket is reached where it listens, so --runner alone says its "
                   "path");
  BOOST_TEST(!std::filesystem::exists(store));
}

BOOST_AUTO_TEST_CASE(what_needs_a_store_is_refused_without_one) {
  using options = pando::serve_options;
  auto const both = [&](change_of_options const& change,
                        std::string const& said) {
    BOOST_TEST(said_of(tallies, change) == said);
    BOOST_TEST(said_of(desk, change) == said);
  };
  both([](options& it) { it.weight = 2; }, needs_a_store("--weight"));
  both([](options& it) { it.shards = 12; }, needs_a_store("--shards"));
  both([](options& it) { it.lease_ms = 5'000; }, needs_a_store("--lease-ms"));
  both([](options& it) { it.renewal_ms = 500; }, needs_a_store("renewal_ms"));
  both([](options& it) { it.margin_ms = 400; }, needs_a_store("--margin-ms"));
  both([](options& it) { it.runner_json = true; }, needs_a_store("--runner-json"));
  both([](options& it) { it.retention_s = 60; }, needs_a_store("--retention-s"));
  both([](options& it) { it.health = "kubernetes"; },
       "pando: --health is for runners: with --store, and without --client-only");
  auto const no_store =
      "pando: --runner and --client-only need --store, in which an app's processes find one another";
  BOOST_TEST(said_of(tallies, [](options& it) { it.client_only = true; }) == no_store);
  BOOST_TEST(said_of(tallies, [](options& it) { it.runner = "127.0.0.1:0"; }) == no_store);
  // Of answers that are kept in memory.
  BOOST_TEST(said_of(vaults, [](options& it) { it.retention_s = 60; }) == "");
  BOOST_TEST(said_of(vaults, [](options& it) { it.weight = 2; }) == needs_a_store("--weight"));
  for (auto const& usual : {said_of(tallies, [](options&) {}), said_of(desk, [](options&) {})})
    BOOST_TEST(usual == "");
}

BOOST_AUTO_TEST_SUITE_END()
