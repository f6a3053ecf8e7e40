// Members of a test's cluster: their links, their ends, and time.
#pragma once

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include <pando/runtime/operation_call.hpp>
#include <pando/schema/binary.hpp>
#include <pando/testing/detail/faulty_storage.hpp>
#include <pando/testing/detail/fleet.hpp>

namespace pando::testing::detail {

/// A call from one member to another, as octets would bring it.
class fleet_call final : public operation_call {
 public:
  fleet_call(operation& caller_side, fleet_member& to)
      : operation_call(caller_side, *to.context), to_(to), one_(&caller_side),
        instance_(caller_side.instance) {
    to_.calls.push_back(one_);
    caller().transport = "link";
  }

  bool decode(schema::type const& type, void* request) override {
    buffer octets;
    binary::encode(type, one_->request, octets, binary::form::tagged);
    violations faults;
    if (binary::decode(octets.view(), type, request, faults, binary::form::tagged)) return true;
    fail(invalid_request("the request is not valid", std::move(faults)));
    return false;
  }
  void* extra(void const* what) override {
    return what == &pando::detail::instance_of_call ? &instance_ : nullptr;
  }
  void finished() override {
    forget();
    operation_call::finished();
  }
  void leave() override {
    forget();
    operation_call::leave();
  }

 private:
  ~fleet_call() override = default;
  void forget() { std::erase(to_.calls, one_); }

  fleet_member& to_;
  operation* one_;
  std::string_view instance_;
};

/// A member's link to another.
class fleet_link final : public operation_channel {
 public:
  fleet_link(fleet& all, fleet_member& from, std::string address)
      : all_(all), from_(from), address_(std::move(address)) {}

  void start(operation& call) override {
    call.carrier = this;
    auto* const to = all_.find(address_);
    if (to == nullptr || to->is_dead || from_.is_dead || to->is_cut_off || from_.is_cut_off) {
      call.set_failure(not_running("nobody answers at " + address_));
      return call.finish();
    }
    auto const* const route = to->host->hosted().find(call.route->full_name);
    if (route == nullptr) {
      call.set_failure(no_such_route("runner " + address_ + " does not serve " +
                                     std::string(call.route->full_name)));
      return call.finish();
    }
    auto* const made = new fleet_call(call, *to);
    route->invoke(route->self, *made);
  }

 private:
  fleet& all_;
  fleet_member& from_;
  std::string address_;
};

PANDO_INLINE fleet::fleet()
    : store_(std::make_shared<store::memory_store>(
          [this] { return std::chrono::milliseconds(time_.now()); })),
      log_([this](log_level level, std::string_view text) {
        lines_.push_back(std::string(log_level_name(level)) + " " + std::string(text));
      }) {}
PANDO_INLINE fleet::~fleet() = default;

PANDO_INLINE fleet_member* fleet::find(std::string const& address) noexcept {
  for (auto const& one : members_)
    if (one->address == address && !one->is_dead) return one.get();
  return nullptr;
}

PANDO_LAZY_BODY fleet_member& fleet::add(cluster::entity_host& host, door_context const& context,
                                      cluster::runner_options options) {
  auto& made = *members_.emplace_back(std::make_unique<fleet_member>());
  made.address = options.address;
  made.host = &host;
  made.context = &context;
  storage_gate gate = [this, &made](bool has_happened) -> task<void> {
    if (made.delay) {
      auto const time = made.delay();
      if (time.count() > 0) co_await lease::pause(time_, time);
    }
    if (made.is_dead || made.is_storage_away || (made.fails && made.fails(has_happened)))
      throw store::storage_error(has_happened ? store::storage_fault::outcome_unknown
                                              : store::storage_fault::unavailable,
                                 "the storage is away");
    co_return;
  };
  made.storage =
      std::make_unique<faulty_storage<void>>(store::make_memory_storage(store_), std::move(gate));
  made.runner = std::make_unique<cluster::runner>(loop_.get_executor(), *made.storage,
                                                  host.groups(), std::move(options), log_, time_);
  host.join(*made.runner,
            [this, &made](std::string const& address, boost::asio::any_io_executor const&) {
              return std::make_shared<fleet_link>(*this, made, address);
            });
  return made;
}

PANDO_INLINE void fleet::end_calls(fleet_member& to) {
  for (auto* const one : std::exchange(to.calls, {})) {
    call_of(*one).leave();
    one->set_failure(disconnected("the connection to " + to.address + " ended before the answer"));
    one->finish();
  }
}

PANDO_INLINE void fleet::kill(fleet_member& one) {
  one.is_dead = true;
  end_calls(one);
}

PANDO_INLINE void fleet::cut_off(fleet_member& one, bool is_cut) {
  one.is_cut_off = is_cut;
  if (is_cut) end_calls(one);
}

PANDO_INLINE void fleet::settle() {
  loop_.restart();
  while (loop_.poll() != 0) {
  }
}

PANDO_INLINE void fleet::advance(std::chrono::milliseconds time) {
  auto const until = time_.now() + time.count();
  settle();
  while (time_.step(until)) settle();
}

PANDO_LAZY_BODY void fleet::run(task<void> body, std::chrono::milliseconds limit) {
  bool is_over = false;
  std::exception_ptr failed;
  boost::asio::co_spawn(loop_, std::move(body), [&](std::exception_ptr error) {
    is_over = true;
    failed = std::move(error);
  });
  auto const until = time_.now() + limit.count();
  settle();
  while (!is_over && time_.now() < until) {
    advance(std::chrono::milliseconds(1));
  }
  if (failed) std::rethrow_exception(failed);
  if (!is_over)
    throw std::runtime_error("pando: it has not ended within " + std::to_string(limit.count()) +
                             " ms of the cluster's time");
}

} // namespace pando::testing::detail
