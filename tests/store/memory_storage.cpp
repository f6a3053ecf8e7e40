// The storage in memory, under a clock of the test's own: what every engine does.
#include <boost/test/unit_test.hpp>

#include <memory>

#include <pando/store/memory_storage.hpp>

#include <support/storage_conformance.hpp>

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

} // namespace
