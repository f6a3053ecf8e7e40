// A backlog: a million stored calls for a runner that comes later. They are written in bulk through
// the storage's seam; then the runner, a process of its own, works them off, and says how much
// memory it had at its highest, beside what it has with nothing to do. Every call is to be carried
// out once, and in its instance's order. `backlog [messages] [folder]`: a folder on the disk that
// is meant, not in memory. needs: sqlite3 libpq
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/cluster/message_ids.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/pando.hpp>
#include <pando/postgres.hpp>
#include <pando/sqlite.hpp>
#include <support/postgres_server.hpp>
#include <support/process.hpp>

#if PANDO_HAS_SQLITE && PANDO_HAS_POSTGRES

namespace {

using clock_type = std::chrono::steady_clock;
using pando::task;
using namespace std::chrono_literals;
using operations = std::vector<pando::store::message_operation>;

struct Line {
  std::int64_t number = 0;
  std::string text; ///< so that a request has about 64 octets
};
struct Diary : pando::entity<"Diary", pando::rpc<"Append", void(Line), pando::persisted>> {};

/// What the runner has carried out. Instances are made anew after an idle time, so it is not
/// theirs.
struct tally {
  std::vector<std::int64_t> last = std::vector<std::int64_t>(1'000, 0);
  std::int64_t done = 0;
  std::int64_t wrong = 0; ///< twice, or not in order
};

inline auto const diaries = pando::implement<Diary>(
    pando::on<"Append"> = [](Line in, pando::entity_context const& about, tally& all) {
      auto& last = all.last[static_cast<std::size_t>(std::atoi(about.id().data() + 1))];
      if (in.number != last + 1) ++all.wrong;
      last = in.number;
      ++all.done;
    });

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}

/// `VmRSS` or `VmHWM` of this process, in KiB.
long memory_of_this(std::string_view what) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(what)) return std::atol(line.data() + what.size() + 1);
  return 0;
}

template <class Body>
void run(boost::asio::io_context& loop, Body body) {
  bool is_over = false;
  boost::asio::co_spawn(loop, std::move(body), [&](std::exception_ptr error) {
    is_over = true;
    if (error) std::rethrow_exception(error);
  });
  loop.restart();
  while (!is_over) loop.run_one();
}

/// The runner: works off so many calls and says what it took; with none, serves for two seconds.
int work_off(std::string const& store, std::int64_t messages) {
  boost::asio::io_context loop{1};
  tally all;
  auto app = pando::app(diaries).provide(all).named("bench");
  app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
  double took = 0;
  auto const begin = clock_type::now();
  run(loop, [&]() -> task<void> {
    pando::serve_options options;
    options.no_socket = true;
    options.store = store;
    options.runner = "127.0.0.1:0";
    co_await app.serve(options);
    auto const until = clock_type::now() + 2s;
    auto const goes_on = [&] {
      if (messages == 0) return clock_type::now() < until;
      auto const answered = app.metrics().value("pando_persisted_answered_total");
      return answered.value_or(0) < static_cast<double>(messages);
    };
    boost::asio::steady_timer timer(loop);
    while (goes_on()) {
      timer.expires_after(10ms);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    took = seconds_since(begin);
    co_await app.stop();
  });
  std::printf("%ld %f %lld %lld\n", memory_of_this("VmHWM:"), took,
              static_cast<long long>(all.done), static_cast<long long>(all.wrong));
  return 0;
}

struct outcome {
  long memory = 0; ///< KiB
  double seconds = 0;
  long long done = 0;
  long long wrong = 0;
};

/// The same in a process of its own.
outcome work_off_apart(std::string const& folder, std::string const& store, std::int64_t messages) {
  support::process runner({"/proc/self/exe", "--work", store, std::to_string(messages)},
                          folder + "/runner.log");
  int const code = runner.wait(std::chrono::hours(1));
  outcome got;
  auto const written = runner.written();
  int const read = std::sscanf(written.data(), "%ld %lf %lld %lld", &got.memory, &got.seconds,
                               &got.done, &got.wrong);
  if (code != 0 || read != 4) {
    std::fprintf(stderr, "the runner ended with %d and wrote: %s\n", code, written.data());
    std::exit(1);
  }
  return got;
}

/// Writes them in bulk, each instance's in turn. Gives how many seconds it took.
double fill(std::unique_ptr<pando::store::storage> to, std::int64_t messages, int instances) {
  boost::asio::io_context loop{1};
  pando::cluster::message_ids ids;
  auto const begin = clock_type::now();
  run(loop, [&]() -> task<void> {
    co_await to->open();
    for (std::int64_t next = 0; next < messages;) {
      operations all;
      for (; next < messages && all.size() < 4'096; ++next) {
        auto& one = all.emplace_back().what;
        one.id = ids.next(1);
        one.group = "default";
        one.entity = "Diary";
        one.instance = "d" + std::to_string(next % instances);
        one.shard = pando::cluster::shard_of(one.group, one.instance);
        one.rpc = "Append";
        one.payload = R"({"number":)" + std::to_string(next / instances + 1) +
                      R"(,"text":"a line of some length, as lines are"})";
      }
      co_await to->apply(all);
    }
    co_await to->close();
  });
  return seconds_since(begin);
}

pando::store::message_counts left_in(std::unique_ptr<pando::store::storage> in) {
  boost::asio::io_context loop{1};
  pando::store::message_counts found;
  run(loop, [&]() -> task<void> {
    co_await in->open();
    found = co_await in->count();
    co_await in->close();
  });
  return found;
}

/// One row of the table. `handle` opens the storage anew.
template <class Handle>
bool measure(char const* engine, std::string const& folder, std::string const& store,
             std::int64_t messages, int instances, Handle handle) {
  auto const idle = work_off_apart(folder, store, 0);
  auto const before = left_in(handle());
  auto const filling = fill(handle(), messages, instances);
  auto const busy = work_off_apart(folder, store, messages);
  auto const after = left_in(handle());
  bool const is_right = busy.done == messages && busy.wrong == 0 && after.waiting == 0 &&
                        after.answered == before.answered + static_cast<std::uint64_t>(messages);
  auto const how = is_right ? std::string("once, in order")
                            : std::to_string(busy.done) + ", " + std::to_string(busy.wrong) +
                                  " again or late, " + std::to_string(after.waiting) + " left";
  std::printf("| %-8s | %9lld | %9d | %8.1f | %8.0f | %6.1f | %6.1f | %-14s |\n", engine,
              static_cast<long long>(messages), instances, filling,
              static_cast<double>(messages) / busy.seconds, static_cast<double>(idle.memory) / 1024,
              static_cast<double>(busy.memory) / 1024, how.data());
  std::fflush(stdout);
  return is_right;
}

} // namespace

int main(int count, char** arguments) {
  if (count == 4 && std::strcmp(arguments[1], "--work") == 0)
    return work_off(arguments[2], std::atoll(arguments[3]));
  std::int64_t const messages = count > 1 ? std::max(1'000LL, std::atoll(arguments[1])) : 1'000'000;
  std::string folder = (count > 2 ? arguments[2] : ".") + std::string("/pando-backlog-XXXXXX");
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  std::puts("| engine   |  messages | instances | fill [s] |  calls/s |   idle |   most | carried "
            "out    |"
            "   (MiB)\n"
            "|----------|----------:|----------:|---------:|---------:|-------:|-------:|----------"
            "------|");
  bool is_right = true;
  for (int const instances : {1'000, 1}) {
    auto const file = folder + "/" + std::to_string(instances) + ".db";
    is_right &= measure("sqlite", folder, file, messages, instances,
                        [&] { return pando::store::make_sqlite_storage(file); });
    std::filesystem::remove(file);
  }
  if (support::postgres_programs().empty()) {
    std::puts("no PostgreSQL (Debian: apt-get install postgresql)");
  } else {
    for (int const instances : {1'000, 1}) {
      support::postgres_server const server(
          "shared_buffers = 128MB\nmax_wal_size = 1GB\nautovacuum = on\n");
      is_right &= measure("postgres", folder, server.url(), messages, instances, [&] {
        pando::store::postgres_storage_options options;
        options.connection = server.connection();
        return pando::store::make_postgres_storage(options);
      });
    }
  }
  std::filesystem::remove_all(folder);
  return is_right ? 0 : 1;
}

#else
int main() { return 2; }
#endif
