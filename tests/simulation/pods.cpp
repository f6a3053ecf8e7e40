// The simulator of what instances hold outside, by a seed: resources that are used, closed and left
// idle under every fault of `faulty_fleet`, by several handlers at once, that fail at times, take
// their time, and break their states. At every step: a resource is acquired and released by the
// owner of its instance in its epoch, one at a time, and is recorded before it is there until it
// has gone; nothing is released that is in use, or that was neither closed nor idle. When the
// faults end, what is there and what is recorded is the same, at the owner, with nobody calling;
// what was never closed is there, also when its owner dies then, and what was closed for good is
// not; and when all is closed, nothing is left.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>

#include "simulation/fleet_run.hpp"

BOOST_AUTO_TEST_SUITE(simulated_pods)

using namespace std::chrono_literals;
using simulation::here;

namespace {

constexpr auto lent_for = 1'500ms; ///< without being used

struct Work {
  bool is_lent = false; ///< which of the two it uses
  int ms = 0;
  bool is_broken = false; ///< it ends in a defect
};
struct Desk
    : pando::entity<"Desk", pando::rpc<"Use", bool(Work)>,
                    pando::rpc<"Work", bool(Work), pando::persisted>, pando::rpc<"Close", void()>,
                    pando::rpc<"Leave", void(), pando::persisted>, pando::max_idle<300ms>,
                    pando::concurrency<3>> {};

/// Who holds it: a runner, in that epoch.
using holder = std::pair<std::size_t, std::uint64_t>;
/// What that one makes of it.
struct hold {
  bool is_held = false;
  bool is_at_work = false; ///< acquires or releases it
  int uses = 0;
  std::int64_t idle_since = 0;
};
/// What there is outside, of which an instance knows by its name.
struct pod {
  bool is_there = false;
  holder by{};                             ///< who has acquired it last
  bool is_known = false;                   ///< a handler of its owner had it
  bool is_closed = false;                  ///< somebody has begun to close it, once
  std::size_t asked = 0;                   ///< how many handlers have begun to ask for it,
  std::size_t ended = 0;                   ///< and of these have ended
  std::optional<std::size_t> closed_after; ///< so many, when none was at it
  std::map<holder, hold> of;
};

/// The world outside.
struct world : simulation::world {
  explicit world(std::uint32_t shards) : simulation::world(shards) {
    sees.on_forgotten = [this](std::string const& key) {
      if (pods[key].is_there && sees.records_of(key) == 0)
        sees.accuse(key + " is there, and nothing is recorded of it any more");
    };
  }

  std::map<std::string, pod> pods; ///< "d1/kept"
  std::function<std::uint64_t(std::uint64_t)> pick;
  bool is_calm = false;
  std::size_t acquired = 0;
  std::size_t released = 0;
  std::size_t failed = 0;
  std::size_t used = 0;

  bool fails(std::uint64_t one_in) {
    bool const is = !is_calm && pick(one_in) == 0;
    if (is) ++failed;
    return is;
  }
  int lasts() {
    if (is_calm || pick(2) == 0) return 0;
    return static_cast<int>(pick(pick(10) == 0 ? 4'000 : 400)); // longer than a lease, at times
  }
};

/// A resource of an instance, as its functions know it.
struct resource {
  world& all;
  holder who;
  std::string id;
  std::string name;

  std::string key() const { return id + "/" + name; }
  pod& outside() const { return all.pods[key()]; }
  hold& mine() const { return outside().of[who]; }
  bool is_owners() const { return all.sees.owns(who.first, id, who.second, all.now()); }
  void accuse(std::string const& of) const {
    all.sees.accuse("runner " + std::to_string(who.first) + " " + of + ": " + key() + " in epoch " +
                    std::to_string(who.second));
  }
};

/// One of these functions, from its begin to its end.
class effort {
 public:
  effort(resource const& what, std::string const& does, bool is_held) : of_(what.mine()) {
    if (!what.is_owners()) what.accuse(does + " what it does not own");
    if (of_.is_at_work) what.accuse(does + " what it acquires or releases already");
    if (of_.is_held != is_held) what.accuse(does + (is_held ? " what it has not" : " what it has"));
    if (of_.uses != 0) what.accuse(does + " what is in use");
    if (what.all.sees.records_of(what.key()) == 0) what.accuse(does + " what is not recorded");
    of_.is_at_work = true;
  }
  effort(effort const&) = delete;
  ~effort() { of_.is_at_work = false; }

 private:
  hold& of_;
};

struct Pod {
  std::string key;
};
pando::task<Pod> acquire(resource what) {
  effort const mine(what, "acquires", false);
  bool const fails = what.all.fails(6);
  auto& at = what.outside();
  auto const [was_there, was_by] = std::pair(at.is_there, at.by);
  if (!fails) { // the outside does it at once, and whoever asked for it is told in a while
    at.is_there = true;
    at.by = what.who;
  }
  try {
    co_await what.all.rest(what.all.lasts());
    if (fails) throw std::runtime_error("no room");
  } catch (...) {
    if (!fails && at.by == what.who) { // where it throws it has made nothing
      at.is_there = at.is_there && was_there;
      at.by = was_by;
    }
    throw;
  }
  ++what.all.acquired;
  what.mine().is_held = true;
  what.mine().idle_since = what.all.now();
  co_return Pod{what.key()};
}
pando::task<void> release(resource what) {
  effort const mine(what, "releases", true);
  auto& at = what.outside();
  bool const is_idle =
      what.name == "lent" && what.all.now() - what.mine().idle_since >= lent_for.count();
  if (!at.is_closed && !is_idle) what.accuse("releases what nobody has closed");
  bool const fails = what.all.fails(6);
  if (!fails) at.is_there = false;
  co_await what.all.rest(what.all.lasts());
  if (fails) throw std::runtime_error("stuck");
  ++what.all.released;
  what.mine().is_held = false;
}

struct DeskState {
  std::uint64_t epoch = 0;
  pando::entity_resource<Pod> kept;
  pando::entity_resource<Pod> lent;
};
DeskState make_desk(pando::entity_resources& outside, pando::entity_context& about, world& all,
                    here const& me) {
  auto const epoch = all.sees.made(me.number, about.id(), all.now());
  auto const one = [&](char const* name, std::chrono::milliseconds max_idle) {
    resource const what{all, {me.number, epoch}, std::string(about.id()), name};
    pando::resource_options options;
    options.name = name;
    options.max_idle = max_idle;
    return pando::entity_resource<Pod>(
        outside, [what] { return acquire(what); }, [what](Pod&) { return release(what); }, options);
  };
  if (all.fails(30)) throw std::runtime_error("no desk");
  return {epoch, one("kept", std::chrono::milliseconds::max()), one("lent", lent_for)};
}

/// A handler that asks for a resource, and then uses it, to its end.
class interest {
 public:
  explicit interest(resource what) : what_(std::move(what)) { ++what_.outside().asked; }
  interest(interest const&) = delete;
  ~interest() {
    ++what_.outside().ended;
    if (!has_it_) return;
    --what_.mine().uses;
    what_.mine().idle_since = what_.all.now();
  }
  void has(Pod const& got) {
    has_it_ = true;
    ++what_.mine().uses;
    ++what_.all.used;
    if (got.key != what_.key()) what_.accuse("has what is another's");
    look();
    if (what_.is_owners()) what_.outside().is_known = true;
  }
  void look() const {
    auto const& at = what_.outside();
    if (!what_.is_owners()) return;
    if (!at.is_there)
      what_.accuse("uses what is not there");
    else if (at.by != what_.who)
      what_.accuse("uses what another has acquired since");
  }

 private:
  resource what_;
  bool has_it_ = false;
};
pando::task<bool> use(Work in, DeskState& s, world& all, here const& me,
                      pando::entity_context& about) {
  char const* const name = in.is_lent ? "lent" : "kept";
  interest mine({all, {me.number, s.epoch}, std::string(about.id()), name});
  auto const& of = in.is_lent ? s.lent : s.kept;
  auto const got = co_await of.get();
  mine.has(*got);
  co_await all.rest(in.ms);
  mine.look();
  if (in.is_broken) throw std::runtime_error("broken");
  co_return of.is_kept();
}
pando::task<void> close(DeskState& s, world& all, pando::entity_context& about) {
  all.pods[std::string(about.id()) + "/kept"].is_closed = true;
  co_await s.kept.close();
}

inline auto const desks = pando::implement<Desk>(
    pando::state<DeskState> = &make_desk, pando::on<"Use"> = &use, pando::on<"Work"> = &use,
    pando::on<"Close"> = &close, pando::on<"Leave"> = &close);

/// What is called of desks.
class desk_calls {
 public:
  using world = simulated_pods::world;
  using run = simulation::fleet_run<desk_calls>;

  /// First: what follows needs its type.
  static auto app(world& all, here const& me) {
    return pando::app(desks).provide(all).provide(me).named("desks");
  }
  desk_calls(run& by, world& all) : by_(by), all_(all) {
    all_.pick = [this](std::uint64_t below) { return by_.pick(below); };
  }

  void call(std::size_t from) {
    auto const what = by_.pick(12);
    auto const which = by_.pick(desks_of_all);
    if (what == 0) return by_.cancel_some();
    // Of half of them nobody closes what they keep.
    if (what < 3 && which % 2 == 0) return close<"Close">(from, name(which));
    if (what < 5 && which % 2 == 0) return leave(from, name(which));
    Work const in{by_.chance(40), static_cast<int>(by_.pick(4)) * 100, by_.chance(8)};
    if (what < 9) return use<"Use">(from, name(which), in);
    use<"Work">(from, name(which), in);
  }
  void look_back() {
    all_.is_calm = true;
    expect("after the faults");
    if (all_.sees.wrong().empty()) one_dies();
    expect("after an owner has died");
    auto leave_all = [this]() -> pando::task<void> {
      auto const from = by_.somebody();
      for (std::size_t i = 0; i < desks_of_all; ++i) {
        auto work = leave_now(from, name(i));
        co_await std::move(work);
      }
    };
    if (all_.sees.wrong().empty()) by_.must_end(leave_all);
    for (auto& [key, one] : all_.pods) one.is_known = false;
    expect("after all was closed");
    for (auto const& [key, one] : all_.pods)
      if (one.is_there) all_.sees.accuse(key + " is there, after all was closed");
  }
  std::string trace() const {
    return std::to_string(all_.acquired) + " " + std::to_string(all_.released) + " " +
           std::to_string(all_.failed) + " " + std::to_string(all_.used);
  }
  void add_to(std::map<std::string, std::size_t>& events) const {
    events["acquired"] += all_.acquired;
    events["released"] += all_.released;
    events["failed"] += all_.failed;
    events["used"] += all_.used;
  }

 private:
  static constexpr std::size_t desks_of_all = 6;
  static std::string name(std::size_t which) { return "d" + std::to_string(which); }

  std::string why_not(std::string const& key, pod const& one) const {
    auto const records = all_.sees.records_of(key);
    if (records != (one.is_there ? 1U : 0U))
      return std::string(one.is_there ? "there" : "not there") + ", with " +
             std::to_string(records) + " records";
    auto const id = key.substr(0, key.find('/'));
    if (one.is_there && !all_.sees.owns(one.by.first, id, one.by.second, all_.now()))
      return "there, and runner " + std::to_string(one.by.first) + " has it, who is not its owner";
    bool const is_lent = key.ends_with("/lent");
    if (one.is_there && is_lent) return "there, though nobody uses it";
    if (one.is_there && one.closed_after == one.asked)
      return "there, though it was closed for good";
    if (!one.is_there && !is_lent && one.is_known && !one.is_closed)
      return "not there, though nobody has closed it";
    return {};
  }
  /// That there is nothing to say of any, within a minute: who has failed often rests for half of
  /// it.
  void expect(std::string_view when) {
    std::string wrong;
    for (int i = 0; i < 60; ++i) {
      wrong.clear();
      for (auto const& [key, one] : all_.pods)
        if (auto const why = why_not(key, one); wrong.empty() && !why.empty())
          wrong = key + " is, " + std::string(when) + ", " + why;
      if (wrong.empty()) return;
      by_.fleet().advance(1s);
    }
    all_.sees.accuse(wrong);
  }
  /// Of two at least, so that somebody is left.
  void one_dies() {
    auto const last = by_.fleet().add();
    auto dies = by_.somebody();
    while (dies == last) dies = by_.somebody();
    by_.fleet().kill(dies);
    by_.fleet().advance(4s);
  }

  template <pando::fixed_string Rpc>
  pando::task<void> use_now(std::size_t from, std::string id, Work in) {
    auto const desk = by_.fleet().client_of<Desk>(id, from);
    bool const is_kept = co_await desk.template call<Rpc>(in);
    if (!is_kept) all_.sees.accuse(id + " uses what it does not hold");
  }
  template <pando::fixed_string Rpc>
  void use(std::size_t from, std::string const& id, Work in) {
    by_.begin(
        from, std::string(Rpc.view()), [this, from, id, in] { return use_now<Rpc>(from, id, in); },
        by_.now_and_then(from));
  }
  template <pando::fixed_string Rpc>
  pando::task<void> close_now(std::size_t from, std::string id) {
    auto const desk = by_.fleet().client_of<Desk>(id, from);
    co_await desk.template call<Rpc>();
  }
  template <pando::fixed_string Rpc>
  void close(std::size_t from, std::string const& id) {
    by_.begin(
        from, std::string(Rpc.view()), [this, from, id] { return close_now<Rpc>(from, id); },
        by_.now_and_then(from));
  }
  /// Is closed for good, if nobody asks for it from then on.
  pando::task<void> leave_now(std::size_t from, std::string id) {
    auto& one = all_.pods[id + "/kept"];
    auto const asked = one.asked;
    bool const is_free = one.ended == asked;
    auto work = close_now<"Leave">(from, id);
    co_await std::move(work);
    if (is_free && one.asked == asked) one.closed_after = asked;
  }
  void leave(std::size_t from, std::string const& id) {
    by_.begin(
        from, "Leave", [this, from, id] { return leave_now(from, id); }, by_.now_and_then(from));
  }

  run& by_;
  world& all_;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_is_held_is_neither_lost_nor_left) {
  auto const which = simulation::seeds(60);
  auto all = simulation::run_seeds<desk_calls>(which, "simulated_pods/what*");
  auto const runs = which.second - which.first + 1;
  BOOST_TEST(all.events["used"] >= runs * 3);
  if (runs < 50) return;
  for (auto const* const event : {"acquired", "released", "failed"})
    BOOST_TEST(all.events[event] != 0U, event);
}

BOOST_AUTO_TEST_CASE(a_seed_is_one_run) { simulation::expect_one_run_a_seed<desk_calls>(); }

// The simulator itself: each guard that is broken on purpose is found.

BOOST_AUTO_TEST_CASE(an_owner_that_believes_in_its_lease_is_found) {
  simulation::broken how;
  how.margin = -2'500ms;
  BOOST_TEST(simulation::is_found<desk_calls>(how, {"believes to own", "what it does not own"}));
}

BOOST_AUTO_TEST_CASE(a_storage_without_fences_is_found) {
  simulation::broken how;
  how.has_fence = false;
  BOOST_TEST(simulation::is_found<desk_calls>(how, {" wrote to "}));
}

BOOST_AUTO_TEST_SUITE_END()
