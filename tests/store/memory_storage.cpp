// The storage in memory, under a clock of the test's own: what every engine does.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>

#include <pando/runtime/threads.hpp>
#include <pando/store/memory_storage.hpp>

#include <support/comes_true.hpp>
#include <support/storage_conformance.hpp>

BOOST_AUTO_TEST_SUITE(memory_storage_threads)

namespace {

class memory_place final : public storage_conformance::place {
 public:
  std::unique_ptr<pando::store::storage> handle() override {
    return pando::store::make_memory_storage(in_);
  }
  pando::store::storage_time now() override { return pando::store::storage_time(time_); }
  pando::task<void> pass(std::chrono::milliseconds time) override {
    time_ += time + std::chrono::milliseconds(1);
    co_return;
  }
  std::chrono::milliseconds brief() const override { return std::chrono::seconds(3); }

 private:
  std::chrono::milliseconds time_{1'700'000'000'000};
  std::shared_ptr<pando::store::memory_store> in_ =
      std::make_shared<pando::store::memory_store>([this] { return time_; });
};

bool const is_tested = storage_conformance::add<memory_place>("memory_storage");

using namespace storage_conformance;

/// A runner of its own shard on a thread of its own, and a rival for the keys of all.
task<void> live(std::shared_ptr<store::memory_store> in, std::uint32_t number,
                std::atomic<int>& stored, std::atomic<int>& answered, std::atomic<int>& told) {
  auto const mine = store::make_memory_storage(std::move(in));
  mine->on_wake([&told](store::wake) { ++told; });
  co_await mine->open();
  owner who; // by hand: Boost.Test's checks are for one thread
  who.in = mine.get();
  who.life = co_await come(*mine, "a:" + std::to_string(number));
  auto const got = co_await acquire(*mine, who.life.incarnation, number);
  who.lease = got.at(0);
  for (std::uint64_t i = 1; i <= 500; ++i) {
    auto const key = std::to_string(i);
    auto one = save_answered(who, text(number * 1000 + i, "shared", key, number), "done");
    one = co_await apply(*mine, one);
    ++(one.outcome == outcome::stored ? stored : answered);
    auto another = save(text(number * 1000 + 500 + i, "own", {}, number));
    another = co_await apply(*mine, another);
    (void)co_await take_ids(who);
    (void)co_await mine->renew(who.life.incarnation, always);
    if (i % 50 == 0) co_await pause(milliseconds(0)); // lets its wake-ups come
  }
  auto const fleet = co_await mine->look(always);
  told += fleet.runners.empty() ? -1'000'000 : 0;
  co_await mine->close();
}

} // namespace

BOOST_AUTO_TEST_CASE(handles_on_several_threads_share_what_is_stored) {
  std::atomic<int> stored{0};
  std::atomic<int> answered{0};
  std::atomic<int> told{0};
  std::atomic<int> ended{0};
  std::atomic<int> failed{0};
  auto const in = std::make_shared<store::memory_store>(); // by the system's clocks
  {
    pando::thread_group threads;
    threads.start(3);
    std::uint32_t number = 0;
    for (auto const& home : threads.executors())
      boost::asio::co_spawn(home, live(in, ++number, stored, answered, told),
                            [&](std::exception_ptr error) {
                              if (error) ++failed;
                              ++ended;
                            });
    BOOST_TEST(support::comes_true([&] { return ended == 3; }));
  }
  BOOST_TEST(failed == 0);
  BOOST_TEST(stored == 500);
  BOOST_TEST(answered == 1000);
  BOOST_TEST(told > 0);
  boost::asio::io_context io(1);
  run(io, [&]() -> task<void> {
    auto const one = store::make_memory_storage(in);
    co_await one->open();
    auto const counts = co_await one->count();
    BOOST_TEST(counts.answered == 500u);
    BOOST_TEST(counts.waiting == 1500u);
    auto const fleet = co_await one->look(always);
    BOOST_TEST(fleet.owners.size() == 3);
  });
}

BOOST_AUTO_TEST_SUITE_END()
