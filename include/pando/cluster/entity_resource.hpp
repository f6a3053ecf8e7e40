// `pando::entity_resource<Pod>`: something outside that an instance holds wherever it is.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <pando/cluster/detail/held_resource.hpp>
#include <pando/cluster/entity_resources.hpp>
#include <pando/handler/signature_of.hpp>
#include <pando/handler/task.hpp>

namespace pando {

/// How an `entity_resource` is kept.
struct resource_options {
  /// It is released when nobody has used it for so long. Default: never by itself.
  std::chrono::milliseconds max_idle = (std::chrono::milliseconds::max)();
  /// Tells it from the instance's other resources. Default: none, of an instance that has one.
  std::string name{};
};

// The words of each sentence, in the order in which it names them.

/// `acquire()` gives the resource, or a task of it.
template <class Resource, class Acquire>
inline constexpr bool acquire_gives_the_resource = false;

/// `release(Resource&)` can be called, and gives nothing, or a task of nothing.
template <class Resource, class Release>
inline constexpr bool release_takes_the_resource = false;

/// A resource is a value that can be moved.
template <class Resource>
inline constexpr bool resource_can_be_moved = false;

namespace detail {

template <class Resource, class Acquire>
constexpr bool is_acquire() {
  if constexpr (std::is_invocable_v<Acquire&>)
    return std::is_convertible_v<typename awaited<std::invoke_result_t<Acquire&>>::type, Resource>;
  else
    return false;
}
template <class Resource, class Release>
constexpr bool is_release() {
  if constexpr (std::is_invocable_v<Release&, Resource&>)
    return std::is_void_v<typename awaited<std::invoke_result_t<Release&, Resource&>>::type>;
  else
    return false;
}

/// A resource with its value and the user's functions.
template <class Resource>
class held_value final : public cluster::detail::held_resource {
 public:
  using acquire_function = std::function<task<Resource>()>;
  using release_function = std::function<task<void>(Resource&)>;
  using held_resource::held_resource;

  /// Those of the state that is made now.
  void set(acquire_function acquire, release_function release, std::chrono::milliseconds max_idle) {
    std::lock_guard const lock(mutex_);
    acquire_ = std::move(acquire);
    release_ = std::move(release);
    max_idle_ = max_idle;
  }
  Resource& value() noexcept { return *value_; }

 private:
  // The functions may be set anew while they run.
  task<void> acquire_value() override {
    auto const ask = function(&held_value::acquire_);
    Resource made = co_await ask();
    value_.emplace(std::move(made));
  }
  task<void> release_value() override {
    auto const ask = function(&held_value::release_);
    co_await ask(*value_);
  }
  void drop_value() override { value_.reset(); }
  void attempt_on(boost::asio::any_io_executor const& on) override {
    boost::asio::co_spawn(on, held_resource::attempt(this->shared_from_this()),
                          boost::asio::detached);
  }
  template <class Function>
  Function function(Function held_value::*which) const {
    std::lock_guard const lock(mutex_);
    return this->*which;
  }

  acquire_function acquire_{};
  release_function release_{};
  std::optional<Resource> value_{};
};

template <class Resource>
struct use_of_resource {
  explicit use_of_resource(std::shared_ptr<held_value<Resource>> of) : held(std::move(of)) {}
  use_of_resource(use_of_resource const&) = delete;
  ~use_of_resource() { held->end_use(); }
  std::shared_ptr<held_value<Resource>> held;
};

template <class Resource, class Acquire>
std::function<task<Resource>()> acquire_task(Acquire acquire) {
  if constexpr (std::is_same_v<std::invoke_result_t<Acquire&>, task<Resource>>)
    return acquire;
  else if constexpr (awaited<std::invoke_result_t<Acquire&>>::is_task)
    return [acquire]() mutable -> task<Resource> { co_return co_await acquire(); };
  else
    return [acquire]() mutable -> task<Resource> { co_return acquire(); };
}
template <class Resource, class Release>
std::function<task<void>(Resource&)> release_task(Release release) {
  if constexpr (awaited<std::invoke_result_t<Release&, Resource&>>::is_task)
    return release;
  else
    return [release](Resource& it) mutable -> task<void> {
      release(it);
      co_return;
    };
}

} // namespace detail

/// Something outside of the program (a pod, a process, a leased address) that an instance of an
/// entity holds: from the first `get` until `close`, or until nobody has used it for `max_idle`,
/// and over whatever happens to the instance meanwhile. That it is held is stored before it is
/// acquired. Where its shard goes to another runner, gracefully or because this one died, the
/// instance is activated there by itself, and acquires it again; nothing releases it but `close`
/// and idleness, neither a hand-over nor the program's end. While it is held its instance is not
/// passivated. Without a `--store` it is kept for as long as the program serves.
///
/// It is a member of the state, made from the `pando::entity_resources&` that the state's function
/// asks for: `pando::state<Workspace> = [](pando::entity_resources& outside, Cloud& cloud) {…}`.
///
/// `acquire` finds the resource or makes it: it is called again by each runner that gets the
/// instance, and may be while the last one is still at it. Where it throws it has made nothing.
/// `release` is called again until it returns, also for what is gone already. The destructor of
/// `Resource` releases nothing outside: it runs at every hand-over. *Thread*: those of handlers,
/// one at a time; by themselves they are called by the runner's thread.
template <class Resource>
class entity_resource {
 public:
  /// `acquire()` gives a `Resource`, `release(Resource&)` nothing; both may be coroutines. They
  /// can be copied, and what they refer to outlives the app's service.
  /// *Throws* std::logic_error when this state has a resource of that name already.
  template <class Acquire, class Release>
  entity_resource(entity_resources& of, Acquire acquire, Release release,
                  resource_options options = {}) {
    static_assert((std::is_object_v<Resource> && std::is_move_constructible_v<Resource>) ||
                      resource_can_be_moved<Resource>,
                  "pando: an entity_resource is a value that can be moved; name the resource by a "
                  "handle of it, or by a std::unique_ptr: resource");
    static_assert(detail::is_acquire<Resource, Acquire>() ||
                      acquire_gives_the_resource<Resource, Acquire>,
                  "pando: what acquires an entity_resource takes nothing, and gives the resource "
                  "or a pando::task of it; capture what it needs: resource, function");
    static_assert(detail::is_release<Resource, Release>() ||
                      release_takes_the_resource<Resource, Release>,
                  "pando: what releases an entity_resource takes the resource by reference, and "
                  "gives nothing or a pando::task<void>: resource, function");
    if constexpr (detail::is_acquire<Resource, Acquire>() &&
                  detail::is_release<Resource, Release>())
      set(of, detail::acquire_task<Resource>(std::move(acquire)),
          detail::release_task<Resource>(std::move(release)), std::move(options));
  }

  /// The resource, acquired if it is not held. It is in use as long as what this gives lives.
  /// *Throws* what `acquire` throws, and then it is not held; where it is to be acquired again
  /// because another runner had it, that is tried again in a while, after 1 s doubling to 30 s.
  /// *Throws* runner_unavailable where the instance has another owner since.
  task<std::shared_ptr<Resource>> get() const {
    auto const held = held_;
    co_await cluster::detail::held_resource::begin_use(held);
    auto const use = std::make_shared<detail::use_of_resource<Resource>>(held);
    co_return std::shared_ptr<Resource>(use, &held->value());
  }
  /// Releases it if it is held: before this returns, or in a while where it is in use. The next
  /// `get` acquires it anew. Let the rpc that calls this be `persisted` where it must not be lost.
  /// *Throws* what `release` throws; it is tried again. *Throws* runner_unavailable where the
  /// runner cannot tell whether an owner before it has left one; close it again then.
  task<void> close() const {
    auto const held = held_;
    co_await cluster::detail::held_resource::close(held);
  }
  /// Whether it is held, or being acquired because it was.
  bool is_kept() const { return held_->is_kept(); }

 private:
  using value = detail::held_value<Resource>;

  void set(entity_resources& of, typename value::acquire_function acquire,
           typename value::release_function release, resource_options options) {
    auto const found = of.find(options.name, [&](auto const& site) {
      return std::make_shared<value>(options.name, site);
    });
    held_ = std::dynamic_pointer_cast<value>(found);
    if (!held_)
      throw std::logic_error("pando: this state has two resources of the name \"" + options.name +
                             "\", or of another type than before; name them by "
                             "resource_options::name");
    held_->set(std::move(acquire), std::move(release), options.max_idle);
  }

  std::shared_ptr<value> held_{};
};

} // namespace pando
