// Client and app built from different versions of a contract.
#include <optional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/socket/link.hpp>

#include "support/served_socket.hpp"
#include "socket/things.hpp"

BOOST_AUTO_TEST_SUITE(contract_versions)

namespace app_build {
enum class Role : std::uint8_t { admin, member };
struct Create {
  std::optional<std::string> nickname; // new, and in front
  std::string email;
  Role role;
};
struct User {
  std::string email;
  std::int64_t id;                   // was 32 bits
  std::optional<std::string> nickname; // new
};
struct ById {
  std::int64_t id;
};
struct Taken {
  std::string email;
};
struct Users
    : pando::controller<"user", pando::route<"list", pando::stream<User>()>, // new, and in front
                        pando::route<"create", User(Create), pando::raises<Taken>>,
                        pando::route<"show", User(ById)>, pando::route<"drop", void(ById)>> {};
inline auto const handlers = pando::implement<Users>(
    pando::on<"list"> = []() -> pando::stream<User> {
      User one{"a@b.c", 1, {}};
      co_yield one;
    },
    pando::on<"create"> = [](Create in) -> User {
      if (in.email == "taken") throw Taken{in.email};
      return {in.email + (in.role == Role::admin ? "!" : ""), 7, in.nickname};
    },
    pando::on<"show"> = [](ById in) { return User{"shown", in.id, "nick"}; },
    pando::on<"drop"> = [](ById) {});
} // namespace app_build

namespace fitting_build {
enum class Role : std::uint8_t { member, admin }; // renumbered
struct Create {
  std::string email;
  Role role;
};
struct User {
  std::int64_t id;
  std::string email;
};
struct ById {
  std::int32_t id;
};
struct Taken {
  std::string email;
};
struct Users
    : pando::controller<"user", pando::route<"show", User(ById)>,
                        pando::route<"create", User(Create), pando::raises<Taken>>,
                        pando::route<"fly", void()>> {}; // not there yet, or not any more
} // namespace fitting_build

namespace differing_build {
struct Create {
  std::string email;
};
struct User {
  std::int32_t id;
  std::string email;
};
struct ById {
  std::string id;
};
struct Users
    : pando::controller<"user", pando::route<"create", User(Create)>,
                        pando::route<"show", User(ById)>, pando::route<"drop", void(ById)>,
                        pando::route<"list", User()>> {};
} // namespace differing_build

namespace {

struct versions {
  versions() {
    run([&]() -> pando::task<void> {
      link = co_await pando::connect(io.get_executor(), door.path());
    });
  }
  template <class Body>
  void run(Body body) {
    bool ended = false;
    boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
      ended = true;
      if (error) std::rethrow_exception(error);
    });
    io.restart();
    while (!ended && io.run_one_for(std::chrono::seconds(20)) != 0) {}
    BOOST_REQUIRE(ended);
  }
  support::routes_of<std::remove_const_t<decltype(app_build::handlers)>> served{
      app_build::handlers};
  support::served_socket door{served.routes};
  boost::asio::io_context io{1};
  std::optional<pando::socket::link> link;
};

} // namespace

BOOST_AUTO_TEST_CASE(the_same_build_talks) {
  versions it;
  it.run([&]() -> pando::task<void> {
    auto api = it.link->client<app_build::Users>();
    app_build::User made = co_await api.call<"create">("nick", "a@b.c", app_build::Role::admin);
    BOOST_TEST((made.email == "a@b.c!" && made.nickname == "nick"));
    auto all = api.stream<"list">();
    std::optional<app_build::User> one = co_await all.next();
    BOOST_TEST(one->email == "a@b.c");
  });
}

BOOST_AUTO_TEST_CASE(a_build_that_fits_talks) {
  versions it;
  it.run([&]() -> pando::task<void> {
    namespace old = fitting_build;
    auto api = it.link->client<old::Users>();
    old::User made = co_await api.call<"create">("a@b.c", old::Role::admin);
    BOOST_TEST((made.id == 7 && made.email == "a@b.c!"));
    made = co_await api.call<"show">(9);
    BOOST_TEST((made.id == 9 && made.email == "shown"));
    try {
      co_await api.call<"create">("taken", old::Role::member);
      BOOST_ERROR("it was taken");
    } catch (old::Taken const& taken) {
      BOOST_TEST(taken.email == "taken");
    }
    try {
      co_await api.call<"fly">();
      BOOST_ERROR("it flew");
    } catch (pando::no_such_route const&) {
    }
    // Both builds over one link, each in its own form.
    auto same = it.link->client<app_build::Users>();
    app_build::User shown = co_await same.call<"show">(11);
    BOOST_TEST((shown.id == 11 && shown.nickname == "nick"));
    made = co_await api.call<"show">(12);
    BOOST_TEST(made.id == 12);
  });
}

BOOST_AUTO_TEST_CASE(a_build_that_differs_is_refused_with_the_routes) {
  versions it;
  it.run([&]() -> pando::task<void> {
    auto api = it.link->client<differing_build::Users>();
    for (int tries = 0; tries < 2; ++tries) {
      try {
        co_await api.call<"drop">("x");
        BOOST_ERROR("it talked");
      } catch (pando::incompatible const& no) {
        BOOST_TEST(
            no.what() ==
            "this program and the app were built from versions of the contract user that do not "
            "fit: user.create (request role: is required and not sent); user.show (request id: is "
            "sent as text and read as a whole number of 64 bits); user.drop (request id: is sent "
            "as text and read as a whole number of 64 bits); user.list (answers with a stream); "
            "build the older of the two again");
      }
    }
    std::string const shown = co_await it.link->invoke("user show", R"({"id":1})");
    BOOST_TEST(shown == R"({"email":"shown","id":1,"nickname":"nick"})");
  });
}

BOOST_AUTO_TEST_SUITE_END()
