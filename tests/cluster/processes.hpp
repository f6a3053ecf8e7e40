// Real processes of one app as a fleet, and calls through one of them all the time.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include "cluster/tally.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"

namespace fleet_of_processes {

using namespace std::chrono_literals;

/// Processes of `tally` on one store.
class processes {
 public:
  explicit processes(std::string store = {}) : store_(std::move(store)) {
    if (store_.empty()) store_ = folder_.path() + "/tally.db";
  }
  /// Of all that are started from now on.
  void set(support::environment of_them) { environment_ = std::move(of_them); }

  struct one {
    std::string socket;
    std::unique_ptr<support::process> process;
    int id() const { return static_cast<int>(process->id()); }
  };

  /// `by`: a command that runs it, such as on another host.
  one start(std::vector<std::string> const& flags, bool is_ready = true,
            std::vector<std::string> by = {}) {
    auto const name = folder_.path() + "/" + std::to_string(++count_);
    auto words = std::move(by);
    for (auto const& word :
         {support::program("tally"), std::string("serve"), std::string("--socket"), name + ".sock"})
      words.push_back(word);
    words.insert(words.end(), flags.begin(), flags.end());
    if (std::find(flags.begin(), flags.end(), "--store") == flags.end())
      words.insert(words.end(), {"--store", store_});
    one made{name + ".sock",
             std::make_unique<support::process>(words, name + ".log", environment_)};
    if (is_ready)
      BOOST_REQUIRE_MESSAGE(made.process->writes("info socket"), made.process->written());
    return made;
  }
  one runner() { return start({"--runner", "127.0.0.1:0"}); }
  one beside_its_socket() { return start({}); }
  one client() { return start({"--client-only"}); }

  /// What a command says, without its line's end.
  std::string ask(one const& by, std::vector<std::string> words) {
    words.insert(words.begin(), {support::program("tally"), "--socket", by.socket, "tally"});
    words.push_back("--json");
    auto const said = support::run(words, folder_.path() + "/said");
    auto text = said.written;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  /// Runs that with a link to one of them. Gives false when it threw.
  template <class Body>
  bool with(one const& by, Body body) {
    boost::asio::io_context loop(1);
    bool is_fine = false;
    auto whole = [&]() -> pando::task<void> {
      auto link = co_await pando::connect(co_await boost::asio::this_coro::executor, by.socket);
      co_await body(link);
      co_await link.close();
    };
    boost::asio::co_spawn(loop, std::move(whole),
                          [&](std::exception_ptr error) { is_fine = !error; });
    loop.run();
    return is_fine;
  }
  /// The processes that have those ids; 0 where there was no answer.
  std::vector<int> where(one const& by, std::vector<std::string> const& ids) {
    std::vector<int> found;
    with(by, [&](pando::socket::link& link) -> pando::task<void> {
      for (auto const& id : ids) {
        auto const tally = link.client<tally::Tally>(id);
        int const process = co_await tally.within(std::chrono::seconds(8)).call<"Where">();
        found.push_back(process);
      }
    });
    found.resize(ids.size());
    return found;
  }
  int where(one const& by, std::string const& id) {
    return where(by, std::vector<std::string>{id}).front();
  }
  std::string const& store() const { return store_; }
  std::string folder() const { return folder_.path(); }

 private:
  support::scratch_folder folder_;
  std::string store_;
  support::environment environment_;
  int count_ = 0;
};

/// Calls through one process, all the time, until it is told to stop.
class load {
 public:
  load(std::string socket, int ids)
      : thread_([this, socket = std::move(socket), ids] {
          boost::asio::io_context loop(1);
          boost::asio::co_spawn(loop, run(socket, ids), [](std::exception_ptr) {});
          loop.run();
        }) {}
  ~load() { stop(); }
  void stop() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::atomic<int> answered{0};
  std::vector<std::string> failures; ///< after `stop`

 private:
  pando::task<void> run(std::string socket, int ids) {
    auto link = co_await pando::connect(co_await boost::asio::this_coro::executor, socket);
    for (int i = 0; !stops_; ++i) {
      auto const one = link.client<tally::Tally>("t" + std::to_string(i % ids));
      try {
        co_await one.within(8s).call<"Add">(1);
        ++answered;
      } catch (std::exception const& error) {
        failures.push_back(error.what());
      }
    }
    co_await link.close();
  }
  std::atomic<bool> stops_{false};
  std::thread thread_;
};

/// Persisted calls through one process, several at a time, until it is told to stop; then whether
/// each was answered, and what.
class payments {
 public:
  payments(std::string socket, int at_once)
      : thread_([this, socket = std::move(socket), at_once] {
          boost::asio::io_context loop(1);
          for (int i = 0; i < at_once; ++i)
            boost::asio::co_spawn(loop, run(socket, i), [this](std::exception_ptr error) {
              if (error) failures.push_back("the load itself ended");
            });
          loop.run();
        }) {}
  ~payments() { stop(); }
  void stop() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::atomic<int> answered{0};
  std::map<std::string, tally::Paid> receipts; ///< after `stop`
  std::vector<std::string> failures;           ///< after `stop`

 private:
  pando::task<void> run(std::string socket, int number) {
    auto link = co_await pando::connect(co_await boost::asio::this_coro::executor, socket);
    for (int i = 0; !stops_; ++i) {
      auto const order = std::to_string(number) + "-" + std::to_string(i);
      auto const one = link.client<tally::Tally>("t" + std::to_string((number + i) % 24));
      try {
        tally::Paid const paid = co_await one.within(20s).call<"Pay">(order, i % 4 == 0 ? 5 : 0);
        receipts.emplace(order, paid);
        ++answered;
      } catch (std::exception const& error) {
        failures.push_back(order + ": " + error.what());
      }
    }
    co_await link.close();
  }

  std::atomic<bool> stops_{false};
  std::thread thread_;
};

inline std::int64_t ms_since(std::chrono::steady_clock::time_point begin) {
  auto const took = std::chrono::steady_clock::now() - begin;
  return std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
}

inline std::vector<std::string> some_ids(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back("t" + std::to_string(i));
  return all;
}

/// Which of the ids are in that process.
inline std::vector<std::string> ids_of(processes& all, processes::one const& by, int process) {
  auto const ids = some_ids(24);
  auto const at = all.where(by, ids);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (at[i] == process) found.push_back(ids[i]);
  return found;
}

inline bool are_spread(processes& all, processes::one const& by, std::set<int> const& over) {
  auto const at = all.where(by, some_ids(24));
  return std::set<int>(at.begin(), at.end()) == over;
}

/// Asked again, each payment says the same.
inline void says_the_same(processes& all, processes::one const& by, payments const& of) {
  bool const is_fine = all.with(by, [&](pando::socket::link& link) -> pando::task<void> {
    std::size_t count = 0;
    for (auto const& [order, paid] : of.receipts) {
      if (++count > 200) break;
      auto const dash = order.find('-');
      int const number = std::stoi(order.substr(0, dash));
      int const i = std::stoi(order.substr(dash + 1));
      auto const one = link.client<tally::Tally>("t" + std::to_string((number + i) % 24));
      tally::Paid const again = co_await one.within(20s).call<"Pay">(order, i % 4 == 0 ? 5 : 0);
      BOOST_TEST(again.when == paid.when, order);
      BOOST_TEST(again.by == paid.by, order);
    }
  });
  BOOST_TEST(is_fine);
}

} // namespace fleet_of_processes
