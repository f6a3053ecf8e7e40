// Runners that join a fleet one after another: how many of its live entities each of them moves,
// beside the least that could be, its share. `joining [ENTITIES_A_RUNNER [RUNNERS]]`. Under virtual
// time in one process; what is counted is what the entities themselves answer.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <pando/pando.hpp>
#include <pando/testing.hpp>

using namespace std::chrono_literals;

namespace {

struct Lamp : pando::entity<"Lamp", pando::rpc<"Where", std::string()>,
                            pando::max_idle<pando::never>> {};
struct LampState {};

auto const lamps = pando::implement<Lamp>(
    pando::state<LampState>,
    pando::on<"Where"> = [](pando::entity_context& about) { return std::string(about.runner()); });

struct make_app {
  auto operator()() const { return pando::app(lamps); }
};

/// Asks each of them, from the first runner. It comes to life where it was not alive.
std::vector<std::string> ask(pando::testing::cluster<make_app>& fleet, std::size_t many) {
  std::vector<std::string> owners(many);
  fleet.run(
      [&]() -> pando::task<void> {
        for (std::size_t i = 0; i < many; ++i) {
          auto const lamp = fleet.client_of<Lamp>("lamp-" + std::to_string(i));
          owners[i] = co_await lamp.call<"Where">();
        }
      },
      1h);
  return owners;
}

} // namespace

int main(int count, char** arguments) {
  auto const argument = [&](int at, std::size_t otherwise) {
    return count > at ? std::strtoul(arguments[at], nullptr, 10) : otherwise;
  };
  std::size_t const most = argument(2, 8);
  std::size_t const entities = argument(1, 10'000) * most;
  pando::testing::cluster<make_app> fleet(1, make_app{});
  auto owners = ask(fleet, entities);
  double all_moved = 0;
  double all_shares = 0;
  std::printf("| runners | entities moved | its share | moved to others |\n|---|---:|---:|---:|\n");
  for (std::size_t runners = 2; runners <= most; ++runners) {
    auto const joined = "runner-" + std::to_string(fleet.add());
    fleet.advance(10s);
    auto const now = ask(fleet, entities);
    std::size_t moved = 0;
    std::size_t elsewhere = 0;
    for (std::size_t i = 0; i < entities; ++i) {
      moved += now[i] != owners[i];
      elsewhere += now[i] != owners[i] && now[i] != joined;
    }
    owners = now;
    auto const share = static_cast<double>(entities) / static_cast<double>(runners);
    all_moved += static_cast<double>(moved);
    all_shares += share;
    std::printf("| %zu | %zu | %.0f | %zu |\n", runners, moved, share, elsewhere);
  }
  std::printf("moved, of the ideal: %.3f\n", all_moved / all_shares);
}
