// A runner of a fleet on a SQLite file, in a process of its own.
//   fleet PATH hold          comes, takes shard 7 for ten minutes, says so, and waits to be killed
//   fleet PATH race FIRST    waits for shard 7's owner, and answers forty keys in its name
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include <pando/sqlite.hpp>

#include <support/storage_actors.hpp>

#if PANDO_HAS_SQLITE
#include <support/sqlite_rows.hpp>

namespace {

using namespace storage_conformance;

void say(std::string const& text) {
  auto const line = text + "\n";
  if (::write(1, line.data(), line.size()) < 0) std::_Exit(3);
}

task<void> hold(store::storage& in) {
  co_await in.open();
  auto const who = co_await own(in, "killed:1");
  co_await store_one(in, save(text(1, "x")));
  auto const got = co_await take_ids(who);
  say("holds " + std::to_string(got.size()));
  for (;;) {
    co_await pause(milliseconds(200));
    co_await in.renew(who.life.incarnation, always);
  }
}

task<void> race(store::storage& in, std::uint64_t first) {
  co_await in.open();
  auto const fleet = co_await in.look(always);
  owner by;
  by.life.incarnation = fleet.owners.at(0).incarnation;
  by.lease = {fleet.owners.at(0).group, fleet.owners.at(0).shard, fleet.owners.at(0).epoch};
  for (std::uint64_t i = 0; i < 40; ++i) {
    auto const key = "k" + std::to_string(i);
    auto one = save_answered(by, text(first + i, "x", key), std::to_string(first));
    one = co_await apply(in, one);
    bool const is_mine = one.outcome == outcome::stored;
    say(key + " " + (is_mine ? std::to_string(first) : one.found.value().payload) +
        (is_mine ? " mine" : " told"));
  }
  co_await in.close();
}

} // namespace

int main(int count, char** arguments) {
  try {
    support::loop loop; // ends after the storage
    auto const in = store::make_sqlite_storage(arguments[1]);
    std::string const what = arguments[2];
    loop.add(what == "hold" || count < 4
                 ? hold(*in)
                 : race(*in, static_cast<std::uint64_t>(std::atoll(arguments[3]))));
    loop.run();
    return 0;
  } catch (std::exception const& said) {
    std::fprintf(stderr, "%s\n", said.what());
    return 1;
  }
}
#else
int main() { return 2; }
#endif
