// Where sockets are, and which folders are refused.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <pando/link/socket_path.hpp>

BOOST_AUTO_TEST_SUITE(socket_path)

namespace {

/// Sets a variable of the environment for one test.
class variable {
 public:
  variable(char const* name, char const* value) : name_(name) {
    if (char const* const before = std::getenv(name)) before_ = before, had_ = true;
    if (value == nullptr) ::unsetenv(name);
    else ::setenv(name, value, 1);
  }
  variable(variable const&) = delete;
  ~variable() {
    if (had_) ::setenv(name_, before_.c_str(), 1);
    else ::unsetenv(name_);
  }

 private:
  char const* name_;
  std::string before_;
  bool had_ = false;
};

std::string own_folder() { return "/tmp/pando-" + std::to_string(::geteuid()); }

} // namespace

BOOST_AUTO_TEST_CASE(the_runtime_folder_comes_first) {
  variable const runtime("XDG_RUNTIME_DIR", "/run/user/7//");
  auto const folders = pando::socket_folders();
  BOOST_REQUIRE_EQUAL(folders.size(), 2U);
  BOOST_TEST(folders[0] == "/run/user/7/pando");
  BOOST_TEST(folders[1] == own_folder());
  BOOST_TEST(pando::socket_path_of("shop") == "/run/user/7/pando/shop.sock");
}

BOOST_AUTO_TEST_CASE(without_it_the_user_has_a_folder_below_tmp) {
  for (char const* const value : {static_cast<char const*>(nullptr), "", "relative/place"}) {
    variable const runtime("XDG_RUNTIME_DIR", value);
    BOOST_TEST(pando::socket_path_of("shop") == own_folder() + "/shop.sock");
    BOOST_TEST(pando::socket_folders().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(names_are_file_names) {
  for (char const* const fine : {"shop", "Shop_2", "my-shop.v1", "_"})
    BOOST_TEST(pando::why_no_app_name(fine) == "");
  BOOST_TEST(pando::why_no_app_name(std::string(64, 'a')) == "");
  for (char const* const bad : {"a/b", "..", ".hidden", "-x", "a b", "caf\xc3\xa9", "a\nb"})
    BOOST_TEST(pando::why_no_app_name(bad).find("is no name of an app") != std::string::npos);
  BOOST_TEST(pando::why_no_app_name("") ==
             "the name of an app is empty; give it one, as in .named(\"shop\")");
  BOOST_TEST(pando::why_no_app_name(std::string(65, 'a')) ==
             "the name of an app has at most 64 characters, and this one has 65");
}

BOOST_AUTO_TEST_CASE(the_kernel_takes_107_bytes) {
  BOOST_TEST(pando::why_no_socket_path(std::string(107, 'a')) == "");
  auto const path = std::string(108, 'a');
  BOOST_TEST(pando::why_no_socket_path(path) ==
             "the path of the socket, " + path +
                 ", has 108 bytes, and a Unix socket's has at most 107; choose a shorter one with "
                 "--socket or PANDO_SOCKET");
  BOOST_TEST(pando::why_no_socket_path("") == "the path of the socket is empty");
  BOOST_TEST(pando::why_no_socket_path(std::string_view("a\0b", 3)) ==
             "the path of the socket has a NUL in it");
}

BOOST_AUTO_TEST_CASE(a_folder_that_others_may_enter_is_refused) {
  char place[] = "/tmp/pando-test-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(place) != nullptr);
  std::string const folder = place;
  BOOST_TEST(pando::why_not_private(folder) == "");
  ::chmod(place, 0750);
  BOOST_TEST(pando::why_not_private(folder) ==
             folder + " can be entered by other users; run: chmod 700 " + folder);
  ::chmod(place, 0700);
  std::string const link = folder + "/link";
  std::filesystem::create_directory_symlink(folder, link);
  BOOST_TEST(pando::why_not_private(link) ==
             link + " is no folder; remove it, or choose another place");
  BOOST_TEST(pando::why_not_private(folder + "/none") ==
             folder + "/none cannot be looked at: No such file or directory");
  if (::geteuid() == 0) {
    std::string const theirs = folder + "/theirs";
    std::filesystem::create_directory(theirs);
    BOOST_REQUIRE_EQUAL(::chown(theirs.c_str(), 12345, 12345), 0);
    BOOST_TEST(pando::why_not_private(theirs) ==
               theirs + " belongs to another user (uid 12345); choose another place with --socket "
                        "or XDG_RUNTIME_DIR");
  }
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_SUITE_END()
