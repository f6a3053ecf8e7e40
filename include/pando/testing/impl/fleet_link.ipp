// Requests, answers, items and credit on their way between members, as octets.
#pragma once

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/handler/deadline_clock.hpp>
#include <pando/runtime/operation_call.hpp>
#include <pando/schema/binary.hpp>
#include <pando/testing/detail/fleet.hpp>
#include <pando/testing/detail/fleet_link.hpp>

namespace pando::testing::detail {

/// Octets that a link carries between builds that may differ.
inline std::string octets_of(schema::type const* type, void const* value) {
  if (type == nullptr) return {};
  buffer octets;
  binary::encode(*type, value, octets, binary::form::tagged);
  return std::string(octets.view());
}
inline bool read_octets(schema::type const* type, std::string const& octets, void* into,
                        violations& faults) {
  return type == nullptr || binary::decode(octets, *type, into, faults, binary::form::tagged);
}

/// A value of a type that only its table knows.
class typed_room {
 public:
  explicit typed_room(schema::type const* type) : type_(type) {
    if (type_ == nullptr) return;
    at_ = ::operator new(type_->size, std::align_val_t(type_->align));
    type_->construct(at_);
  }
  typed_room(typed_room const&) = delete;
  ~typed_room() {
    if (at_ == nullptr) return;
    type_->destroy(at_);
    ::operator delete(at_, std::align_val_t(type_->align));
  }
  void* get() const noexcept { return at_; }

 private:
  schema::type const* type_;
  void* at_ = nullptr;
};

/// The operation that a request becomes at the other end; its answer goes back.
class served_call final : public stream_operation {
 public:
  served_call(fleet_connection& by, std::uint64_t number, route_row const& row,
              std::optional<pando::caller> whom)
      : stream_operation(row, nullptr, nullptr), id(number), by_(by), behalf_(std::move(whom)),
        result_(row.streams ? nullptr : row.result) {
    result = result_.get();
    if (behalf_) behalf = &*behalf_;
    home = by.server_.who->home;
  }
  ~served_call() override {
    if (!is_done() && tag != 0) call_of(*this).leave();
    end();
  }

  void* make_item() override {
    item_.emplace(route->result);
    return item_->get();
  }
  void item_ready() override {
    auto octets = octets_of(route->result, item_->get());
    item_.reset();
    by_.send(by_.caller_, [by = &by_, number = id, with = std::move(octets)] {
      by->item_came(number, with);
    });
  }
  void drop_item() override { item_.reset(); }

  std::uint64_t const id;

 private:
  fleet_connection& by_;
  std::optional<pando::caller> behalf_;
  typed_room result_;
  std::optional<typed_room> item_;
};

/// What the host that is asked sees of it.
class fleet_call final : public operation_call {
 public:
  fleet_call(served_call& one, fleet_member& at, std::string octets, std::string instance)
      : operation_call(one, *at.context, false), octets_(std::move(octets)),
        instance_(std::move(instance)), view_(instance_) {
    caller().transport = "link";
  }

  bool decode(schema::type const& type, void* request) override {
    violations faults;
    if (read_octets(&type, octets_, request, faults)) return true;
    fail(invalid_request("the request is not valid", std::move(faults)));
    return false;
  }
  void* extra(void const* what) override {
    return what == &pando::detail::instance_of_call ? &view_ : nullptr;
  }

 private:
  ~fleet_call() override = default;
  std::string octets_;
  std::string instance_;
  std::string_view view_;
};

// What carries

PANDO_INLINE fleet_connection::fleet_connection(fleet& all, fleet_member& from, fleet_member* to,
                                                std::string address)
    : all_(all), address_(std::move(address)), caller_{&from}, server_{to},
      is_broken_(to == nullptr) {}
PANDO_INLINE fleet_connection::~fleet_connection() = default;

PANDO_INLINE void fleet_connection::send(end& to, std::function<void()> what) {
  if (is_broken_ || all_.is_over()) return;
  auto const* const by = &to == &caller_ ? server_.who : caller_.who;
  auto at = all_.time().now();
  if (by->message_delay) at += (std::max)(std::int64_t{0}, by->message_delay().count());
  if (!to.coming.empty()) at = (std::max)(at, to.coming.back().comes_at);
  to.coming.push_back({at, std::move(what)});
  all_.later(*to.who, at, [self = shared_from_this(), &to] { self->arrive(to); });
}

/// Each arrival, which keeps this alive, takes the first of those that come.
PANDO_INLINE void fleet_connection::arrive(end& at) {
  if (at.coming.empty()) return;
  auto const what = std::move(at.coming.front().what);
  at.coming.pop_front();
  if (!at.has_learned && !at.who->is_dead) what();
}

PANDO_INLINE void fleet_connection::learn_later(end& which, fleet_member* by) {
  if (which.who == nullptr || all_.is_over()) return;
  auto at = all_.time().now();
  if (by != nullptr && by->message_delay)
    at += (std::max)(std::int64_t{0}, by->message_delay().count());
  all_.later(*which.who, at, [self = shared_from_this(), &which] { self->learn(which); });
}

PANDO_INLINE void fleet_connection::lose() {
  is_broken_ = true;
  learn_later(caller_, caller_.who);
  learn_later(server_, server_.who);
}
PANDO_INLINE void fleet_connection::died(fleet_member const& one) {
  is_broken_ = true;
  if (caller_.who != &one) learn_later(caller_, server_.who);
  if (server_.who != &one) learn_later(server_, caller_.who);
}
PANDO_INLINE void fleet_connection::bury(fleet_member const& one) {
  auto& which = caller_.who == &one ? caller_ : server_;
  boost::asio::post(one.home, [self = shared_from_this(), &which] { self->learn(which); });
}
PANDO_INLINE void fleet_connection::end_all() {
  auto const keep = shared_from_this();
  is_broken_ = true;
  caller_.coming.clear();
  server_.coming.clear();
  learn(server_);
  caller_.has_learned = false; // what was asked after it had learned too
  learn(caller_);
}
PANDO_INLINE void fleet_connection::close() {
  send(server_, [this] { learn(server_); });
  is_broken_ = true;
}

/// One by one: whoever is resumed may cancel others.
PANDO_INLINE void fleet_connection::learn(end& which) {
  if (std::exchange(which.has_learned, true)) return;
  auto const keep = shared_from_this();
  if (&which == &server_) {
    while (!served_.empty()) {
      auto const gone = std::move(served_.begin()->second);
      served_.erase(served_.begin());
    }
    return;
  }
  while (!asked_.empty()) {
    auto& call = *take(asked_.begin()->first);
    if (server_.who == nullptr)
      call.set_failure(not_running("nobody answers at " + address_));
    else
      call.set_failure(
          disconnected("the connection to " + address_ + " ended before the answer"));
    call.tag = 0;
    call.finish();
  }
}

// The caller's end

PANDO_INLINE void fleet_connection::ask(operation& call, stream_operation* stream) {
  auto const made = std::make_shared<request>();
  made->route = call.route;
  made->instance = std::string(call.instance);
  if (call.deadline) made->within = pando::detail::time_left(*call.deadline);
  if (call.behalf != nullptr) {
    made->transport = call.behalf->transport;
    made->peer = call.behalf->peer;
    made->behalf.emplace();
    made->behalf->principal = call.behalf->principal;
    made->behalf->transport = made->transport;
    made->behalf->peer = made->peer;
  }
  try {
    made->octets = octets_of(call.route->request, call.request);
  } catch (...) {
    call.set_failure(std::current_exception());
    return call.finish();
  }
  made->id = ++last_id_;
  call.tag = static_cast<std::size_t>(made->id);
  auto& one = asked_[made->id];
  one = asked{&call, stream};
  if (made->within) one.forget_timer = end_after(*made->within, made->id);
  if (server_.who != nullptr)
    send(server_, [this, made] { serve(made); });
}

PANDO_INLINE std::function<void()> fleet_connection::end_after(std::chrono::milliseconds left,
                                                               std::uint64_t id) {
  return all_.time().call_after(caller_.who->home, left, [weak = weak_from_this(), id] {
    auto const self = weak.lock();
    auto* const late = self ? self->take(id) : nullptr;
    if (late == nullptr) return;
    self->cancel_there(id);
    late->set_failure(deadline_exceeded("no answer within the deadline"));
    late->tag = 0;
    late->finish();
  });
}

/// Its caller is told what becomes of it; null: it has been.
PANDO_INLINE operation* fleet_connection::take(std::uint64_t id) {
  auto const at = asked_.find(id);
  if (at == asked_.end()) return nullptr;
  auto const one = std::move(at->second);
  asked_.erase(at);
  if (one.forget_timer) one.forget_timer();
  return one.call;
}

PANDO_INLINE void fleet_connection::cancel_there(std::uint64_t id) {
  if (server_.who != nullptr)
    send(server_, [this, id] {
      auto const at = served_.find(id);
      if (at == served_.end()) return;
      auto const gone = std::move(at->second);
      served_.erase(at);
    });
}

PANDO_INLINE void fleet_connection::cancel(operation& call) {
  auto const id = std::uint64_t{call.tag};
  (void)take(id);
  cancel_there(id);
  call.tag = 0;
  call.set_failure(cancelled("the call was cancelled"));
  call.finish();
}

PANDO_INLINE void fleet_connection::grant(operation& call, std::size_t count) {
  if (server_.who == nullptr) return;
  send(server_, [this, id = std::uint64_t{call.tag}, count] {
    auto const at = served_.find(id);
    if (at != served_.end() && !at->second->is_done()) call_of(*at->second).grant(count);
  });
}

PANDO_INLINE void fleet_connection::answered(std::uint64_t id, answer const& with) {
  auto* const asking = take(id);
  if (asking == nullptr) return; // its caller has gone
  auto& call = *asking;
  call.tag = 0;
  violations faults;
  bool is_read = true;
  if (with.failed)
    call.set_failure(with.failed);
  else if (with.error_index)
    is_read = read_octets(call.route->errors[*with.error_index].type, with.octets,
                          call.make_error(*with.error_index), faults);
  else if (!call.route->streams && call.result != nullptr)
    is_read = read_octets(call.route->result, with.octets, call.result, faults);
  if (!is_read) call.set_failure(internal_failure("the answer cannot be read"));
  call.finish();
}

PANDO_INLINE void fleet_connection::item_came(std::uint64_t id, std::string const& octets) {
  auto const at = asked_.find(id);
  if (at == asked_.end()) return;
  auto& consumer = *at->second.stream;
  violations faults;
  if (read_octets(consumer.route->result, octets, consumer.make_item(), faults))
    consumer.item_ready();
  else
    consumer.drop_item();
}

// The other end

PANDO_INLINE void fleet_connection::serve(std::shared_ptr<request> const& what) {
  auto& here = *server_.who;
  auto made = std::make_unique<served_call>(*this, what->id, *what->route, what->behalf);
  auto& one = *made;
  if (what->within) one.deadline = pando::detail::deadline_clock::now() + *what->within;
  served_.emplace(one.id, std::move(made));
  auto const* const route = here.host->hosted().find(what->route->full_name);
  if (route == nullptr) {
    one.set_failure(no_such_route("runner " + address_ + " does not serve " +
                                  std::string(what->route->full_name)));
    return send_answer(one);
  }
  auto* const call = new fleet_call(one, here, std::move(what->octets), what->instance);
  route->invoke(route->self, *call);
  if (one.is_done()) return send_answer(one);
  one.wait()([weak = weak_from_this(), what] { // which its caller's names are in
    auto const self = weak.lock();
    if (!self) return;
    auto const at = self->served_.find(what->id);
    if (at != self->served_.end()) self->send_answer(*at->second);
  });
}

PANDO_INLINE void fleet_connection::send_answer(served_call& of) {
  auto const gone = std::move(served_.at(of.id));
  served_.erase(of.id);
  answer made;
  made.failed = of.failed;
  try {
    if (!made.failed && of.error_index) {
      made.error_index = of.error_index;
      made.octets = octets_of(of.route->errors[*of.error_index].type, of.error);
    } else if (!made.failed && !of.route->streams) {
      made.octets = octets_of(of.route->result, of.result);
    }
  } catch (...) {
    made.failed = std::current_exception();
  }
  send(caller_, [this, id = of.id, with = std::move(made)] { answered(id, with); });
}

// Links

PANDO_INLINE fleet_link::~fleet_link() {
  if (now_) now_->close();
}

PANDO_INLINE void fleet_link::start(operation& call) { begin(call, nullptr); }
PANDO_INLINE void fleet_link::start_stream(stream_operation& call) { begin(call, &call); }

PANDO_INLINE void fleet_link::begin(operation& call, stream_operation* stream) {
  call.carrier = this;
  call.tag = 0;
  if (all_.is_over()) {
    call.set_failure(disconnected("the cluster of the test is over"));
    return call.finish();
  }
  if (now_ == nullptr || now_->is_over()) now_ = all_.connect(from_, address_);
  now_->ask(call, stream);
}
PANDO_INLINE void fleet_link::cancel(operation& call) { now_->cancel(call); }
PANDO_INLINE void fleet_link::grant(stream_operation& call, std::size_t count) {
  if (!call.is_done()) now_->grant(call, count);
}

} // namespace pando::testing::detail
