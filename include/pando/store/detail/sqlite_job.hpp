// One job of a worker: a function of the database, and who waits for it.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/store/sqlite_database.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite::detail {

/// Made and ended on `home`; run on the worker's thread, which writes `fault` before it goes home.
class job {
 public:
  explicit job(boost::asio::any_io_executor executor) : home(executor), done(std::move(executor)) {}
  job(job const&) = delete;
  virtual ~job() = default;
  virtual void run(database& in) = 0;

  boost::asio::any_io_executor const home;
  one_shot done;
  std::exception_ptr fault{};
  bool only_reads = false;
};

template <class Work>
class job_of final : public job {
 public:
  using result = std::invoke_result_t<Work&, database&>;
  static_assert(!std::is_reference_v<result>, "a job gives a value, which goes to another thread");

  job_of(Work work, boost::asio::any_io_executor executor)
      : job(std::move(executor)), work_(std::move(work)) {}
  void run(database& in) override {
    if constexpr (std::is_void_v<result>)
      work_(in);
    else
      result_.emplace(work_(in));
  }
  result take() {
    if constexpr (!std::is_void_v<result>) return *std::move(result_);
  }

 private:
  using kept = std::conditional_t<std::is_void_v<result>, char, result>;
  Work work_;
  std::optional<kept> result_{};
};

} // namespace pando::sqlite::detail

#endif
