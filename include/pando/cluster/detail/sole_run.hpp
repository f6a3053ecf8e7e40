// One run of what runs in one place: in which epoch, and whether it must end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/task.hpp>
#include <pando/lease/clock.hpp>
#include <pando/runtime/threads.hpp>

namespace pando::cluster::detail {

/// Where all of a program's runs are.
struct sole_place {
  boost::asio::any_io_executor home{};
  blocking_pool const* pool = nullptr; ///< null: what blocks runs on `home`
  lease::time_source const* time = nullptr;
  std::atomic<runner*> fleet{nullptr}; ///< null: this program is alone
  std::atomic<bool> is_over{false};    ///< the app has stopped: nothing is owned any more
  std::string address = "this process";
  std::shared_ptr<std::map<std::string, std::string>> values{}; ///< of a program that is alone
};

/// *Thread*: `place->home`, but for what is atomic.
struct sole_run {
  bool is_owner() const noexcept;
  /// It is to end when the user's function has, and begins nothing more.
  void ask_to_end();
  /// It must end now: what the user's function awaits is cancelled.
  void cancel();
  /// Gives false as soon as it must end.
  PANDO_LAZY task<bool> wait_for(std::chrono::milliseconds time);
  /// The same, also when it was asked to.
  PANDO_LAZY task<bool> rest(std::chrono::milliseconds time);
  PANDO_LAZY task<void> wait(std::chrono::milliseconds time, bool until_asked);
  PANDO_LAZY task<std::optional<std::string>> value() const;
  PANDO_LAZY task<bool> set_value(std::string value);

  std::shared_ptr<sole_place> place;
  std::string name;     ///< "mailer"
  std::string title;    ///< "singleton mailer", for logs
  store::shard_key key; ///< its shard; the group is the value's name too
  std::size_t group = 0;
  std::uint64_t epoch = 0;
  std::uint64_t incarnation = 0;
  std::atomic<bool> is_stopping{false};
  bool is_asked = false;
  /// Cancels what the user's function awaits. Null: that does not run.
  std::shared_ptr<boost::asio::cancellation_signal> signal{};
  struct waiter {
    std::shared_ptr<one_shot> over;
    bool until_asked;
  };
  std::vector<waiter> waiting{};

 private:
  void wake_up(bool all);
};

/// Runs that on the pool, and goes on when it has returned. *Throws* what it throws.
PANDO_LAZY task<void> run_on_pool(blocking_pool const& pool, std::function<void()> work);

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/sole_run.ipp>
#endif
