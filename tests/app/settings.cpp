// Settings of a real program: flags over the environment, that over the file, that over defaults.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/process.hpp"
#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(settings)

namespace {

/// The program in a folder of its own, where its file is.
struct configured {
  void file(std::string const& text) const {
    std::ofstream(folder.path() + "/mail-app.json") << text;
  }
  support::ran run(std::vector<std::string> words) {
    words.insert(words.begin(), {"env", "-C", folder.path(), support::program("settings")});
    return support::run(words, folder.path() + "/out", given);
  }
  support::scratch_folder folder{};
  support::environment given{{"PANDO_SOCKET", folder.path() + "/mail.sock"}};
};

std::string const required =
    "mail-app: setting smtp_host: is required: text; give it as --smtp-host, MAIL_APP_SMTP_HOST or "
    "\"smtp_host\" in mail-app.json\n";

} // namespace

BOOST_AUTO_TEST_CASE(the_strongest_place_wins_and_is_named) {
  configured it;
  it.file(R"({"smtp_host":"file.example","smtp_port":1,"smtp_password":"hush-file",)"
          R"("copies_to":["a@b.c","d@e.f"],"most_open":3})");
  it.given.push_back({"MAIL_APP_SMTP_PORT", "2"});
  it.given.push_back({"MAIL_APP_RETRY_AFTER", "PT1M30S"});
  auto const shown = it.run({"settings", "--most-open", "4"});
  BOOST_TEST(shown.code == 0);
  BOOST_TEST(shown.written ==
             "smtp_host = \"file.example\"     (mail-app.json)\n"
             "smtp_port = 2                  (environment MAIL_APP_SMTP_PORT)\n"
             "smtp_password = \"***\"          (mail-app.json)\n"
             "retry_after = \"PT1M30S\"        (environment MAIL_APP_RETRY_AFTER)\n"
             "copies_to = [\"a@b.c\",\"d@e.f\"]  (mail-app.json)\n"
             "most_open = 4                  (flag --most-open)\n");
  auto const here = it.run({"mail", "seen", "--json", "--in-process"});
  BOOST_TEST(here.code == 0);
  BOOST_TEST(here.written.find(R"({"host":"file.example","port":2,"password_length":9,)"
                               R"("retry_after":90,"copies_to":["a@b.c","d@e.f"],"most_open":3})") !=
                 std::string::npos,
             here.written);
}

BOOST_AUTO_TEST_CASE(a_running_app_uses_its_flags) {
  configured it;
  it.given.push_back({"MAIL_APP_SMTP_PASSWORD", "hush-environment"});
  support::process running({"env", "-C", it.folder.path(), support::program("settings"), "serve",
                            "--smtp-host", "flag.example", "--smtp-port=7", "--copies-to", "x",
                            "--copies-to", "y", "--retry-after", "2m"},
                           it.folder.path() + "/log", it.given);
  BOOST_REQUIRE_MESSAGE(running.writes("mail.sock"), running.written());
  auto const seen = it.run({"mail", "seen", "--json"});
  BOOST_TEST(seen.written == R"({"host":"flag.example","port":7,"password_length":16,)"
                             R"("retry_after":120,"copies_to":["x","y"],"most_open":8})"
                             "\n");
  running.signal(SIGTERM);
  BOOST_TEST(running.wait() == 0);
  BOOST_TEST(running.written().find("hush") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_violation_is_listed_before_anything_starts) {
  configured it;
  for (auto const* const command : {"serve", "settings"}) {
    auto const nothing = it.run({command});
    BOOST_TEST(nothing.code == 2);
    BOOST_TEST(nothing.written.find(required) == 0U, nothing.written);
    BOOST_TEST(nothing.written.find("setting smtp_password: is required") != std::string::npos);
    BOOST_TEST(!std::filesystem::exists(it.folder.path() + "/mail.sock"));
  }
  auto const here = it.run({"mail", "seen", "--in-process"});
  BOOST_TEST(here.code == 2);
  BOOST_TEST(here.written.find("the settings are not valid; smtp_host is required") !=
                 std::string::npos,
             here.written);
  it.file(R"({"smtp_host":"","smtp_password":7,"smtp_prot":25,"copies_to":"x"})");
  it.given.push_back({"MAIL_APP_SMTP_PORT", "many"});
  it.given.push_back({"MAIL_APP_RETRY_AFTER", "soon"});
  it.given.push_back({"MAIL_APP_MOST_OPEN", "300"});
  auto const wrong = it.run({"serve", "--drain-ms", "1"});
  BOOST_TEST(wrong.code == 2);
  for (auto const* const sentence :
       {"setting smtp_host: must be non-empty", "setting smtp_port: ", "setting smtp_password: ",
        "setting retry_after: ", "setting copies_to: ", "setting most_open: ",
        "mail-app.json: has \"smtp_prot\", which is no setting"})
    BOOST_TEST(wrong.written.find(sentence) != std::string::npos,
               sentence << " in\n" << wrong.written);
  BOOST_TEST(!std::filesystem::exists(it.folder.path() + "/mail.sock"));
  // Limits of 0 are told of together, before anything starts.
  auto const none = it.run({"serve", "--http-idle-ms", "0", "--http-max-body", "0"});
  BOOST_TEST(none.code == 2);
  for (auto const* const flag : {"--http-idle-ms", "--http-max-body"})
    BOOST_TEST(none.written.find(flag) != std::string::npos, flag << " in\n" << none.written);
  BOOST_TEST(!std::filesystem::exists(it.folder.path() + "/mail.sock"));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_used_is_told) {
  configured it;
  it.given.push_back({"MAIL_APP_SMTP_HOST", "h"});
  it.given.push_back({"MAIL_APP_SMTP_PASSWORD", "hush"});
  it.given.push_back({"MAIL_APP_COPIES_TO", "x"});
  BOOST_TEST(it.run({"settings"}).written.find("copies_to = [\"x\"]") != std::string::npos);
  for (auto const* const text : {"", "{", "[]", "7", "{\"smtp_port\":1,\"smtp_port\":2"}) {
    it.file(text);
    auto const wrong = it.run({"settings"});
    BOOST_TEST(wrong.code == 2, text);
    BOOST_TEST(wrong.written.find("mail-app: setting mail-app.json: ") == 0U, wrong.written);
  }
  std::filesystem::remove(it.folder.path() + "/mail-app.json");
  std::filesystem::create_directory(it.folder.path() + "/mail-app.json");
  auto const wrong = it.run({"settings"});
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST(wrong.written == "mail-app: setting mail-app.json: cannot be read\n");
}

BOOST_AUTO_TEST_CASE(flags_that_are_none_are_usage_errors) {
  configured it;
  it.given.push_back({"MAIL_APP_SMTP_HOST", "h"});
  it.given.push_back({"MAIL_APP_SMTP_PASSWORD", "hush"});
  auto const unknown = it.run({"serve", "--smtp-hots", "x"});
  BOOST_TEST(unknown.code == 2);
  BOOST_TEST(unknown.written.find("did you mean --smtp-host?") != std::string::npos,
             unknown.written);
  BOOST_TEST(it.run({"serve", "--smtp-port", "many"}).code == 2);
  auto const help = it.run({"serve", "--help"});
  BOOST_TEST(help.code == 0);
  for (auto const* const flag : {"--smtp-host", "--smtp-password", "--most-open", "--replace"})
    BOOST_TEST(help.written.find(flag) != std::string::npos, flag);
}

BOOST_AUTO_TEST_SUITE_END()
