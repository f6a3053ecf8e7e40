// What an instance holds outside of its program, whatever it is: acquired, in use, released.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/task.hpp>
#include <pando/runtime/log.hpp>

namespace pando::cluster::detail {

class held_resource;

/// Whether an owner before this one held it, and may have left it.
enum class earlier_record { no, yes, not_known };

/// What a resource asks of its instance's host. *Thread*: any.
class resource_site {
 public:
  virtual ~resource_site() = default;
  virtual std::int64_t now() const = 0;
  /// Whether the instance is this runner's still.
  virtual bool is_owner() const = 0;
  /// Its shard is not given away before `leave`. False: it is being given away, or is.
  virtual bool enter() = 0;
  virtual void leave() = 0;
  /// It is looked at every second from now on, until its `look` gives false. Not said again before.
  virtual void watch(std::weak_ptr<held_resource> one) = 0;
  /// The instance may be passivated, if nothing else keeps it.
  virtual void let_rest() = 0;
  /// Stores that the instance holds that, or that it does not any more; then tells why it could
  /// not, from anywhere. Null: there is nowhere to store it.
  using recorder = void (*)(resource_site& at, std::string const& name, bool is_held,
                            std::function<void(std::string why_not)> done);
  virtual recorder records() const = 0;
  virtual earlier_record earlier(std::string const& name) const = 0;
  /// Tells when that is known, or when it will not be in a while; from anywhere.
  virtual void when_known(std::string const& name, std::function<void()> done) = 0;
  /// "entity Workspace w1"
  virtual std::string whose() const = 0;
  virtual log const& events() const = 0;
};

/// One at a time acquires it, releases it, or begins to use it. Kept in mind, it is recorded, and
/// its instance is not passivated; held, it is there. *Thread*: any.
class held_resource : public std::enable_shared_from_this<held_resource> {
 public:
  held_resource(std::string name, std::shared_ptr<resource_site> site)
      : name_(std::move(name)), site_(std::move(site)) {}
  held_resource(held_resource const&) = delete;
  virtual ~held_resource() = default;

  std::string const& name() const noexcept { return name_; }
  bool is_kept() const {
    std::lock_guard const lock(mutex_);
    return is_kept_;
  }

  /// It is there when this is over, and stays until `end_use`.
  PANDO_LAZY static task<void> begin_use(std::shared_ptr<held_resource> self);
  void end_use();
  PANDO_LAZY static task<void> close(std::shared_ptr<held_resource> self);
  /// Acquires or releases it, if that is due. *Throws* nothing.
  PANDO_LAZY static task<void> attempt(std::shared_ptr<held_resource> self);

  /// Its instance held it elsewhere: it is to be acquired.
  void wake(boost::asio::any_io_executor const& on);
  /// False: it need not be looked at any more.
  bool look(boost::asio::any_io_executor const& on);
  /// Its instance is dropped: nothing is done with it here any more.
  void leave_alone();

 protected:
  /// The user's functions. Nothing else of it goes on meanwhile.
  virtual task<void> acquire_value() = 0;
  virtual task<void> release_value() = 0;
  virtual void drop_value() = 0;
  /// Spawns `attempt`, where what it needs is compiled.
  virtual void attempt_on(boost::asio::any_io_executor const& on) = 0;

  std::mutex mutable mutex_;
  std::chrono::milliseconds max_idle_{};

 private:
  /// Whoever has the turn, or waits for it; passed on at its end.
  struct turn {
    explicit turn(held_resource& it) : of(it) {}
    turn(turn const&) = delete;
    ~turn() { of.pass_on(*this); }
    held_resource& of;
    boost::asio::any_io_executor home{};
    std::shared_ptr<one_shot> over{}; ///< null: it did not have to wait
    bool is_in_line = false;
  };
  /// The instance's shard stays here.
  struct stay {
    explicit stay(resource_site& at) : site(at), is_in(at.enter()) {}
    stay(stay const&) = delete;
    ~stay() {
      if (is_in) site.leave();
    }
    resource_site& site;
    bool is_in;
  };

  PANDO_LAZY static task<void> take(held_resource* self, turn* mine);
  void pass_on(turn& mine);
  PANDO_LAZY static task<void> record(held_resource* self, bool is_held);
  PANDO_LAZY static task<void> get_to_know(held_resource* self);
  PANDO_LAZY static task<void> acquire(held_resource* self);
  PANDO_LAZY static task<void> release(held_resource* self);
  PANDO_LAZY static task<void> forget(held_resource* self);
  void keep();
  bool knows_what_to_do();
  void watch();
  void check_owner() const;
  std::string title() const;
  void has_failed(char const* what, std::exception_ptr const& why);
  /// With the lock. Whether there is something for `attempt` to do.
  bool is_due() const;
  bool is_to_be_released() const;

  std::string const name_;
  std::shared_ptr<resource_site> const site_;
  bool is_kept_ = false;
  bool is_held_ = false;
  bool is_abandoned_ = false; ///< it was not acquired after all: the record is to go
  bool is_doubtful_ = false;  ///< the record may have gone
  bool is_closing_ = false;
  bool is_gone_ = false;
  bool is_attempted_ = false; ///< an `attempt` is under way
  bool is_watched_ = false;
  std::size_t uses_ = 0;
  std::size_t failures_ = 0; ///< one after the other
  std::int64_t idle_since_ = 0;
  std::int64_t retry_at_ = 0;
  bool is_taken_ = false; ///< somebody has the turn
  std::deque<turn*> line_;
};

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/held_resource.ipp>
#endif
