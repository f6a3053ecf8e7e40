// The simulator of persisted calls, by a seed: callers anywhere, keys that many use, handlers that
// take their time, runners that die in the midst of it, and a storage that fails before and after
// what it does. Whatever happens, a key has one answer, also for who asks again; what was
// acknowledged has run; when the faults end, nothing waits in the storage and every call has ended.
// `PANDO_SEEDS=FIRST-LAST test_simulation` runs other seeds than CI's share.
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/lease/clock.hpp>
#include <pando/pando.hpp>

#include "simulation/faulty_fleet.hpp"

using namespace std::chrono_literals;

namespace {

struct Order {
  std::string key;
  int ms = 0; ///< how long it takes
};
struct Note {
  std::string text;
};
struct Till
    : pando::entity<
          "Till",
          pando::rpc<"Pay", std::int64_t(Order), pando::persisted, pando::primary_key<&Order::key>>,
          pando::rpc<"Write", void(Note), pando::persisted>> {};

/// The world outside: what has happened, whoever did it.
struct world {
  pando::lease::time_source const* time = nullptr;
  std::int64_t runs = 0;
  std::set<std::string> written;
};

inline auto const tills = pando::implement<Till>(
    pando::on<"Pay"> = [](Order in, world& all) -> pando::task<std::int64_t> {
      auto const number = ++all.runs;
      if (in.ms != 0) co_await pando::lease::pause(*all.time, std::chrono::milliseconds(in.ms));
      co_return number;
    },
    pando::on<"Write"> = [](Note in, world& all) { all.written.insert(in.text); });

struct make_app {
  world& all;
  auto operator()() const { return pando::app(tills).provide(all).named("tills"); }
};

/// One run, by its seed. Gives what went wrong, or nothing.
class persisted_run {
 public:
  explicit persisted_run(std::uint64_t seed, pando::cluster::runner_options options = {})
      : on_(seed, make_app{all_}, std::move(options)), fleet_(on_.fleet) {
    all_.time = &fleet_.runner(0).table().time();
  }

  std::string run(int steps) {
    for (int step = 0; step < steps && wrong_.empty(); ++step) {
      auto const who = on_.somebody();
      bool const is_calm = who == fleet_.size() || !on_.break_something(who);
      if (on_.chance(10)) on_.let_storage_be_faulty(on_.chance(50));
      if (is_calm && who != fleet_.size())
        for (auto calls = on_.pick(6); calls != 0; --calls) call(who);
      fleet_.advance(std::chrono::milliseconds(on_.pick(400)));
    }
    if (wrong_.empty()) settle();
    return wrong_;
  }

 private:
  static std::string id_of(std::string const& key) { return "t" + key.substr(key.size() - 1); }

  void call(std::size_t from) {
    if (on_.chance(30)) return write(from, "n" + std::to_string(++notes_));
    auto const number = on_.pick(60);
    // The request goes with the key, or it would be another one.
    pay(from, "k" + std::to_string(number), static_cast<int>(number % 4 * 150));
  }
  void begin(std::size_t from) {
    open_.resize(fleet_.size());
    ++open_[from];
  }
  void pay(std::size_t from, std::string key, int ms) {
    begin(from);
    auto body = [this, from, key = std::move(key), ms]() -> pando::task<void> {
      auto const till = fleet_.client_of<Till>(id_of(key), from);
      try {
        std::int64_t const got = co_await till.call<"Pay">(key, ms);
        answered(key, got);
      } catch (pando::failure const&) { // which it may: what matters is that it ends
      }
      --open_[from];
    };
    boost::asio::co_spawn(fleet_.executor(), std::move(body), [](std::exception_ptr) {});
  }
  void write(std::size_t from, std::string text) {
    begin(from);
    auto body = [this, from, text = std::move(text)]() -> pando::task<void> {
      auto const till = fleet_.client_of<Till>(id_of(text), from);
      try {
        co_await till.discard<"Write">(text);
        acknowledged_.insert(text);
      } catch (pando::failure const&) {
      }
      --open_[from];
    };
    boost::asio::co_spawn(fleet_.executor(), std::move(body), [](std::exception_ptr) {});
  }
  void answered(std::string const& key, std::int64_t got) {
    auto const [at, is_new] = answers_.try_emplace(key, got);
    if (!is_new && at->second != got)
      wrong_ = key + " was answered with " + std::to_string(at->second) + " and with " +
               std::to_string(got);
  }

  /// The faults end: everything is carried out, and says the same as ever.
  void settle() {
    on_.mend();
    fleet_.advance(75s); // a caller of a storage that was away tries for a minute
    auto const from = on_.somebody();
    auto const known = answers_;
    for (auto const& [key, before] : known) {
      auto const ms = static_cast<int>(std::stoul(key.substr(1)) % 4 * 150);
      try {
        fleet_.run(
            [&]() -> pando::task<void> {
              auto const till = fleet_.client_of<Till>(id_of(key), from);
              std::int64_t const got = co_await till.call<"Pay">(key, ms);
              answered(key, got);
            },
            5s);
      } catch (std::exception const& error) {
        wrong_ = key + " is not answered again: " + error.what();
      }
      if (!wrong_.empty()) return;
    }
    for (auto const& text : acknowledged_)
      if (!all_.written.contains(text)) wrong_ = text + " was acknowledged, and is lost";
    fleet_.run([&]() -> pando::task<void> {
      auto const kept = co_await fleet_.runner(from).storage().count();
      if (kept.waiting != 0)
        wrong_ = std::to_string(kept.waiting) + " calls wait in the storage for ever";
    });
    for (std::size_t i = 0; i < open_.size() && wrong_.empty(); ++i)
      if (!fleet_.is_dead(i) && open_[i] != 0)
        wrong_ =
            std::to_string(open_[i]) + " calls of runner " + std::to_string(i) + " have not ended";
  }

  world all_;
  std::vector<int> open_; ///< calls that have not ended, by who made them
  std::map<std::string, std::int64_t> answers_;
  std::set<std::string> acknowledged_;
  int notes_ = 0;
  std::string wrong_;
  simulation::faulty_fleet<make_app> on_;
  pando::testing::cluster<make_app>& fleet_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(persisted_under_faults)

BOOST_AUTO_TEST_CASE(every_call_is_carried_out_and_answered_once) {
  auto const [first, last] = simulation::seeds(40);
  for (auto seed = first; seed <= last; ++seed) {
    persisted_run one(seed);
    auto const wrong = one.run(40);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong << "; again: PANDO_SEEDS=" << seed
                                    << " test_simulation --run_test=persisted_under_faults");
  }
}

/// The simulator itself: a key that is answered twice is found.
BOOST_AUTO_TEST_CASE(a_forgotten_record_is_found) {
  pando::cluster::runner_options forgetful;
  forgetful.retention = 1ms; // far below how long keys are used
  bool is_found = false;
  for (std::uint64_t seed = 1; seed <= 20 && !is_found; ++seed)
    is_found =
        persisted_run(seed, forgetful).run(40).find("was answered with") != std::string::npos;
  BOOST_TEST(is_found);
}

BOOST_AUTO_TEST_SUITE_END()
