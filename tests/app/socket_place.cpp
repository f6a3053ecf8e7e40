// Where a program's socket is when nobody says so and there is no XDG_RUNTIME_DIR: a folder of its
// user's below /tmp, and only if it is really that user's. It runs as a user that nobody is.
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "support/process.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(socket_place)

namespace {

/// The program `swap` as another user, whose folder is not there before or after.
struct somebody {
  somebody() { std::filesystem::remove_all(place); }
  somebody(somebody const&) = delete;
  ~somebody() { std::filesystem::remove_all(place); }

  std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {"env", "-u", "XDG_RUNTIME_DIR", "-u", "PANDO_SOCKET", "-C", "/", "setpriv",
                  "--reuid=" + std::to_string(user), "--regid=" + std::to_string(user),
                  "--clear-groups", support::program("swap")});
    return words;
  }
  support::ran run(std::vector<std::string> words) {
    return support::run(command(std::move(words)), folder.path() + "/run.log");
  }
  struct ::stat seen(std::string const& path) const {
    struct ::stat found{};
    BOOST_TEST(::lstat(path.c_str(), &found) == 0, path);
    return found;
  }

  support::scratch_folder folder{};
  ::uid_t user = 1'000'000 + static_cast<::uid_t>(::getpid());
  std::string place = "/tmp/pando-" + std::to_string(user);
  std::string socket = place + "/swap.sock";
};

} // namespace

BOOST_AUTO_TEST_CASE(a_folder_of_the_users_own) {
  if (::geteuid() != 0) return support::skip("only root can be another user");
  somebody it;
  BOOST_TEST(it.run({"socket-path"}).written == it.socket + "\n");
  // The second time the folder is there already.
  for (std::string const log : {"/first.log", "/second.log"}) {
    support::process running(it.command({"serve"}), it.folder.path() + log);
    BOOST_REQUIRE_MESSAGE(running.writes("socket " + it.socket), running.written());
    auto const around = it.seen(it.place);
    BOOST_TEST(around.st_uid == it.user);
    BOOST_TEST(S_ISDIR(around.st_mode));
    BOOST_TEST((around.st_mode & 07777U) == 0700U);
    auto const inside = it.seen(it.socket);
    BOOST_TEST(inside.st_uid == it.user);
    BOOST_TEST(S_ISSOCK(inside.st_mode));
    BOOST_TEST((inside.st_mode & 07777U) == 0600U);
    BOOST_TEST(it.run({"swap", "who"}).code == 0);
    running.signal(SIGTERM);
    BOOST_TEST(running.wait() == 0);
    BOOST_TEST(!std::filesystem::exists(it.socket));
  }
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_the_users_own_is_refused) {
  if (::geteuid() != 0) return support::skip("only root can be another user");
  somebody it;
  auto const refused = [&](std::string const& why) {
    auto const served = it.run({"serve"});
    BOOST_TEST(served.code == 1);
    BOOST_TEST(served.written == "swap: cannot serve: " + why + "\n");
    BOOST_TEST(!std::filesystem::exists(it.socket));
  };
  auto const make = [&](unsigned mode, ::uid_t owner) {
    std::filesystem::remove_all(it.place);
    BOOST_REQUIRE(::mkdir(it.place.c_str(), 0700) == 0);
    BOOST_REQUIRE(::chown(it.place.c_str(), owner, owner) == 0);
    BOOST_REQUIRE(::chmod(it.place.c_str(), mode) == 0);
  };
  make(0770, it.user); // its group may write there
  refused(it.place + " can be entered by other users; run: chmod 700 " + it.place);
  make(0701, it.user);
  refused(it.place + " can be entered by other users; run: chmod 700 " + it.place);
  make(0777, it.user + 1); // somebody else made it first
  refused(it.place + " belongs to another user (uid " + std::to_string(it.user + 1) +
          "); choose another place with --socket or XDG_RUNTIME_DIR");
  std::filesystem::remove_all(it.place);
  std::filesystem::create_directory_symlink(it.folder.path(), it.place);
  refused(it.place + " is no folder; remove it, or choose another place");
  make(0700, it.user);
  support::process running(it.command({"serve"}), it.folder.path() + "/log");
  BOOST_TEST(running.writes("socket " + it.socket));
}

BOOST_AUTO_TEST_SUITE_END()
