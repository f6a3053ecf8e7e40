// An app of two entities, a singleton and a cron job, of which several processes are a fleet.
#include "cluster/tally.hpp"

namespace {

auto const watch = pando::singleton<"watch">([](pando::singleton_context& about) -> pando::task<> {
  bool goes_on = true;
  while (goes_on) goes_on = co_await about.wait_for(std::chrono::seconds(1));
});
auto const tick = pando::cron<"tick", "* * * * * *">([] {});

} // namespace

int main(int argc, char** argv) {
  return pando::app(tally::tallies, tally::spaces, watch, tick).named("tally").main(argc, argv);
}
