// Actors of CAF as entities: one that is asked one call at a time, 256 calls in flight over 1,000,
// first calls to new ones, and what an idle one takes. `entities_caf`: prints a name and a number
// a line. One scheduler thread, and two where it says so. needs Debian's libcaf-dev.
// needs: -lcaf_core
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include <malloc.h>

#include <caf/all.hpp>

namespace {

using add = caf::atom_constant<caf::atom("add")>;

struct counter_state {
  std::int64_t count = 0;
};
caf::behavior counting(caf::stateful_actor<counter_state>* self) {
  return {[self](add, std::int64_t amount) { return self->state.count += amount; }};
}

/// Chains of calls, each to the actor that `next` gives, until so many were answered.
struct asking {
  int left;
  std::function<caf::actor()> next;
  std::promise<void> done{};
};
void ask(caf::event_based_actor* self, std::shared_ptr<asking> const& what) {
  self->request(what->next(), caf::infinite, add::value, std::int64_t{1})
      .then([self, what](std::int64_t) {
        if (--what->left > 0) return ask(self, what);
        if (what->left == 0) what->done.set_value();
      });
}

/// Calls a second.
double rate(caf::actor_system& system, int calls, int chains, std::function<caf::actor()> next) {
  auto const what = std::make_shared<asking>(asking{calls, std::move(next)});
  auto const begin = std::chrono::steady_clock::now();
  system.spawn([what, chains](caf::event_based_actor* self) {
    for (int i = 0; i < chains; ++i) ask(self, what);
  });
  what->done.get_future().wait();
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
  return calls / took.count();
}

std::unique_ptr<caf::actor_system> make_system(caf::actor_system_config& config, int threads) {
  config.set("scheduler.max-threads", threads);
  return std::make_unique<caf::actor_system>(config);
}

void say(char const* what, double number) {
  std::printf("%s\t%.0f\n", what, number);
  std::fflush(stdout);
}

/// 256 calls in flight from each of so many actors, over 1,000 actors together.
double many_calls(caf::actor_system& system, std::size_t askers) {
  std::vector<caf::actor> all;
  for (int i = 0; i < 1'000; ++i) all.push_back(system.spawn(counting));
  constexpr int calls = 500'000;
  std::vector<std::future<double>> running;
  auto const begin = std::chrono::steady_clock::now();
  for (std::size_t t = 0; t < askers; ++t)
    running.push_back(std::async(std::launch::async, [&, t] {
      auto const part = all.size() / askers;
      std::size_t at = 0;
      return rate(system, calls, 256, [&all, part, t, at]() mutable {
        at = (at + 7) % part;
        return all[t * part + at];
      });
    }));
  for (auto& one : running) one.wait();
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
  for (auto const& one : all) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  return static_cast<double>(askers) * calls / took.count();
}

} // namespace

int main() {
  {
    caf::actor_system_config config;
    auto const system = make_system(config, 1);
    auto const one = system->spawn(counting);
    (void)rate(*system, 100'000, 1, [&] { return one; });
    say("one", rate(*system, 1'000'000, 1, [&] { return one; }));
    caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    say("many", many_calls(*system, 1));
    std::vector<caf::actor> fresh;
    say("fresh", rate(*system, 100'000, 1, [&] {
          fresh.push_back(system->spawn(counting));
          return fresh.back();
        }));
    auto const before = mallinfo2().uordblks;
    (void)rate(*system, 200'000, 1, [&] {
      fresh.push_back(system->spawn(counting));
      return fresh.back();
    });
    say("idle", static_cast<double>(mallinfo2().uordblks - before) / 200'000);
    for (auto const& gone : fresh) caf::anon_send_exit(gone, caf::exit_reason::user_shutdown);
  }
  caf::actor_system_config config;
  auto const system = make_system(config, 2);
  say("many_on_two", many_calls(*system, 2));
}
