// Actors of CAF over two processes and TCP on loopback (it has no Unix sockets), as entities over
// two processes: one that is asked one call at a time, 256 calls in flight over 1,000, and items of
// a stream. `entity_runners_caf [SECONDS]` prints a name and a number a line: `one` is the median
// in microseconds, `many` and `stream` are calls and items a second. Of its settings the fastest
// here: one scheduler thread that sleeps until there is work (one that steals polls with pauses),
// and what comes in is decoded where it is read. needs Debian's libcaf-dev.
// needs: -lcaf_core -lcaf_io
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <caf/all.hpp>
#include <caf/io/all.hpp>

namespace {

using clock_type = std::chrono::steady_clock;
using add = caf::atom_constant<caf::atom("add")>;
using numbers = caf::atom_constant<caf::atom("numbers")>;
using find = caf::atom_constant<caf::atom("find")>;

constexpr int entities = 1'000;
constexpr int in_flight = 256;

double since(clock_type::time_point began) {
  return std::chrono::duration<double>(clock_type::now() - began).count();
}

struct counter_state {
  std::int64_t count = 0;
};
caf::behavior counting(caf::stateful_actor<counter_state>* self) {
  return {[self](add, std::int64_t amount) { return self->state.count += amount; }};
}

/// Tells where the counters are, and counts in a stream.
struct registry_state {
  std::vector<caf::actor> all;
};
caf::behavior knowing(caf::stateful_actor<registry_state>* self) {
  for (int i = 0; i < entities; ++i) self->state.all.push_back(self->spawn(counting));
  return {[self](find, std::int64_t which) {
            return self->state.all[static_cast<std::size_t>(which)];
          },
          [self](numbers, caf::actor const& sink, std::int32_t last) {
            caf::attach_stream_source(
                self, sink, [](std::int32_t& next) { next = 0; },
                [last](std::int32_t& next, caf::downstream<std::int32_t>& out, std::size_t room) {
                  for (; room != 0 && next != last; --room) out.push(next++);
                },
                [last](std::int32_t const& next) { return next == last; });
          }};
}

std::unique_ptr<caf::actor_system> make_system(caf::actor_system_config& config) {
  config.load<caf::io::middleman>();
  config.add_message_type<caf::stream<std::int32_t>>("stream<int32>");
  config.add_message_type<std::vector<std::int32_t>>("vector<int32>");
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 1);
  config.set("middleman.workers", 0);
  return std::make_unique<caf::actor_system>(config);
}

/// The runner: it writes its port to `tell`.
[[noreturn]] void serve(int tell) {
  caf::actor_system_config config;
  auto const system = make_system(config);
  auto const port = system->middleman().publish(system->spawn(knowing), 0, "127.0.0.1");
  std::uint16_t const number = port ? *port : 0;
  if (::write(tell, &number, sizeof number) != sizeof number) std::abort();
  for (;;) ::pause();
}

/// Chains of calls until a time.
struct asking {
  std::vector<caf::actor> all;
  clock_type::time_point until;
  std::size_t next = 0;
  int running = 0;
  std::vector<double> took{}; ///< microseconds each, of one chain
  std::size_t calls = 0;
  std::promise<void> done{};
};
void ask(caf::event_based_actor* self, std::shared_ptr<asking> const& what) {
  auto const began = clock_type::now();
  if (began >= what->until) {
    if (--what->running == 0) what->done.set_value();
    return;
  }
  what->next = (what->next + 7) % what->all.size();
  self->request(what->all[what->next], caf::infinite, add::value, std::int64_t{1})
      .then([self, what, began](std::int64_t) {
        ++what->calls;
        if (what->all.size() == 1) what->took.push_back(since(began) * 1e6);
        ask(self, what);
      });
}

std::shared_ptr<asking> run(caf::actor_system& system, std::vector<caf::actor> all, int chains,
                            double seconds) {
  auto const what = std::make_shared<asking>();
  what->all = std::move(all);
  what->running = chains;
  what->until = clock_type::now() + std::chrono::duration_cast<clock_type::duration>(
                                        std::chrono::duration<double>(seconds));
  system.spawn([what, chains](caf::event_based_actor* self) {
    for (int i = 0; i < chains; ++i) ask(self, what);
  });
  what->done.get_future().wait();
  return what;
}

/// Items a second.
double stream(caf::actor_system& system, caf::actor const& registry) {
  constexpr std::int32_t items = 400'000;
  std::int32_t got = 0;
  std::promise<void> over;
  auto const sink = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](caf::stream<std::int32_t> in) {
      return caf::attach_stream_sink(
          self, in, [](caf::unit_t&) {}, [&](caf::unit_t&, std::int32_t) { ++got; },
          [&](caf::unit_t&, caf::error const&) { over.set_value(); });
    }};
  });
  auto const began = clock_type::now();
  caf::anon_send(registry, numbers::value, sink, items);
  over.get_future().wait();
  if (got != items) std::abort();
  return items / since(began);
}

void say(char const* what, double number) {
  std::printf("%s\t%.1f\n", what, number);
  std::fflush(stdout);
}

int call(std::uint16_t port, double seconds) {
  static caf::actor_system_config config;
  // Never destroyed: that waits for actors, now and then for ever.
  auto* const system = make_system(config).release();
  auto const registry = system->middleman().remote_actor("127.0.0.1", port);
  if (!registry) return 1;
  std::vector<caf::actor> all;
  {
    caf::scoped_actor self(*system);
    for (std::int64_t i = 0; i < entities; ++i)
      self->request(*registry, caf::infinite, find::value, i)
          .receive([&](caf::actor const& one) { all.push_back(one); },
                   [](caf::error const&) { std::abort(); });
  }
  std::vector<caf::actor> const one{all.front()};
  run(*system, one, 1, 0.2);
  auto took = run(*system, one, 1, seconds)->took;
  auto const middle = took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2);
  std::nth_element(took.begin(), middle, took.end());
  say("one", *middle);
  run(*system, all, in_flight, 0.2);
  say("many", static_cast<double>(run(*system, all, in_flight, seconds)->calls) / seconds);
  say("stream", stream(*system, *registry));
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  double const seconds = argc > 1 ? std::atof(argv[1]) : 2;
  int told[2];
  if (::pipe(told) != 0) return 1;
  pid_t const runner = ::fork();
  if (runner == 0) serve(told[1]);
  std::uint16_t port = 0;
  if (::read(told[0], &port, sizeof port) != sizeof port || port == 0) return 1;
  int const status = call(port, seconds);
  std::fflush(nullptr);
  ::kill(runner, SIGKILL);
  ::waitpid(runner, nullptr, 0);
  ::_exit(status);
}
