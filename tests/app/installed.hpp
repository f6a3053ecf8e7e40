// A program of an app as it was installed: started, run, and asked where it serves.
#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/process.hpp"
#include "support/scratch.hpp"

namespace app_test {

/// A program of tests/app/programs and the place of its socket.
struct installed {
  explicit installed(std::string of = "swap") : name(std::move(of)) {}

  std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), support::program(name));
    return words;
  }
  std::unique_ptr<support::process> serve(std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"serve", "--http", "127.0.0.1:0"});
    auto made = std::make_unique<support::process>(command(flags), log(), place);
    BOOST_REQUIRE_MESSAGE(made->writes("://"), made->written());
    return made;
  }
  support::ran run(std::vector<std::string> words) {
    return support::run(command(std::move(words)), log(), place);
  }
  std::string log() { return folder.path() + "/" + std::to_string(++logs_) + ".log"; }

  support::scratch_folder folder{};
  std::string name;
  std::string path = folder.path() + "/app.sock";
  support::environment place{{"PANDO_SOCKET", path}};

 private:
  int logs_ = 0;
};

/// Where it serves HTTP or HTTPS.
inline std::uint16_t port_of(support::process const& which) {
  auto const text = which.written();
  auto const colon = text.find(':', text.find("://") + 3);
  std::uint16_t port = 0;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return port;
}

} // namespace app_test
