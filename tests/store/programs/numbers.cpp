// Writes numbers into a SQLite file by many coroutines, and says each one when it is acknowledged:
// numbers PATH FIRST COUNT BUSY_MS. Killed by the tests in the midst of it.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include <support/sqlite_rows.hpp>

#if PANDO_HAS_SQLITE
namespace sqlite = pando::sqlite;

namespace {

pando::task<void> write_all(sqlite::worker& in, std::int64_t first, std::int64_t count) {
  for (auto number = first; number < first + count; ++number) {
    co_await in.write(support::store(number));
    auto const line = std::to_string(number) + "\n";
    if (::write(1, line.data(), line.size()) < 0) std::_Exit(3);
  }
}

} // namespace

int main(int, char** arguments) {
  try {
    auto const first = std::atoll(arguments[2]);
    auto const count = std::atoll(arguments[3]);
    sqlite::database_options options;
    options.busy_timeout = std::chrono::milliseconds(std::atoi(arguments[4]));
    support::loop loop; // ends after the worker
    sqlite::worker one(arguments[1], options, {.on_open = support::make_table});
    for (int i = 0; i < 16; ++i) loop.add(write_all(one, first + i * count, count));
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
