// The typed client of a contract: the same calls over every channel.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/this_coro.hpp>

#include <pando/contract/controller.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/detail/request_from.hpp>
#include <pando/handler/outcome.hpp>
#include <pando/handler/task.hpp>
#include <pando/schema/table.hpp>

namespace pando {

namespace detail {

template <class Contract, fixed_string Route>
struct reply_of {
  using result = typename route_named<Contract, Route>::result;
};
template <class Contract, fixed_string Route>
  requires(!controller_has_route<Contract, Route> || route_named<Contract, Route>::streams)
struct reply_of<Contract, Route> { // what follows the sentence compiles
  using result = anything;
};

struct call_options {
  std::optional<std::chrono::steady_clock::duration> within{}; ///< none: see `client::within`
  caller const* behalf = nullptr;
};

void prepare(operation& call, channel& via, call_options const& options,
             boost::asio::any_io_executor home);

/// Throws what the operation ended in, when that is no result.
void throw_if_failed(operation const& call);

/// One call from its start to its end. Named by the types alone, not by the route: long names cost
/// the compiler.
template <class Result, class Request>
task<Result> perform(std::shared_ptr<channel> via, call_options options, route_row const& row,
                     Request in) {
  if constexpr (std::is_void_v<Result>) {
    operation call(row, &in, nullptr);
    prepare(call, *via, options, co_await boost::asio::this_coro::executor);
    via->start(call);
    if (!call.is_done()) co_await call.wait();
    throw_if_failed(call);
  } else {
    Result value{};
    operation call(row, &in, &value);
    prepare(call, *via, options, co_await boost::asio::this_coro::executor);
    via->start(call);
    if (!call.is_done()) co_await call.wait();
    throw_if_failed(call);
    co_return value;
  }
}

/// The same for a call whose end nobody waits for.
template <class Result, class Request>
task<void> perform_discarded(std::shared_ptr<channel> via, call_options options,
                             route_row const& row, Request in) {
  std::conditional_t<std::is_void_v<Result>, std::monostate, Result> unused{};
  operation call(row, &in, std::is_void_v<Result> ? nullptr : &unused);
  prepare(call, *via, options, co_await boost::asio::this_coro::executor);
  call.discards = true;
  via->start(call);
  if (!call.is_done()) co_await call.wait();
  throw_if_failed(call);
}

/// Whether a result may be thrown away.
template <class Contract, fixed_string Name>
concept discardable_route = can_be_discarded<route_named<Contract, Name>>;

template <class Result, class Errors>
struct outcome_from;
template <class Result, class... Errors>
struct outcome_from<Result, meta::list<Errors...>> {
  using type = outcome<Result, Errors...>;
  static type error(operation const& call) {
    std::optional<type> made;
    std::size_t index = 0;
    ((index++ == *call.error_index
          ? void(made.emplace(std::in_place_type<Errors>,
                              std::move(*static_cast<Errors*>(call.error))))
          : void()),
     ...);
    return std::move(*made);
  }
};

template <class Result, class Errors, class Request>
task<typename outcome_from<Result, Errors>::type>
perform_attempt(std::shared_ptr<channel> via, call_options options, route_row const& row,
                Request in) {
  using made = outcome_from<Result, Errors>;
  std::conditional_t<std::is_void_v<Result>, std::monostate, Result> value{};
  operation call(row, &in, std::is_void_v<Result> ? nullptr : &value);
  prepare(call, *via, options, co_await boost::asio::this_coro::executor);
  via->start(call);
  if (!call.is_done()) co_await call.wait();
  if (call.failed) std::rethrow_exception(call.failed);
  if constexpr (Errors::size != 0) {
    if (call.error_index) co_return made::error(call);
  }
  co_return typename made::type(std::move(value));
}

} // namespace detail

/// What `call` gives: await it for the result. A declared error is thrown as itself.
template <class Contract, fixed_string Route>
class [[nodiscard]] reply : public task<typename detail::reply_of<Contract, Route>::result> {
 public:
  reply() = default;
  reply(task<typename detail::reply_of<Contract, Route>::result>&& from)
      : task<typename detail::reply_of<Contract, Route>::result>(
            static_cast<task<typename detail::reply_of<Contract, Route>::result>&&>(from)) {}
};

/// What `attempt().call` gives: await it for an `outcome`.
template <class Contract, fixed_string Route>
using outcome_of =
    typename detail::outcome_from<typename route_named<Contract, Route>::result,
                                  typename route_named<Contract, Route>::raises>::type;

/// What `stream` gives: `next()` is the next item, or nothing at the end.
/// *Thread*: one coroutine at a time. Dropping it ends the producer.
template <class Contract, fixed_string Route>
class stream_reply {
  using route = route_named<Contract, Route>;
  using item = typename route::item;

 public:
  stream_reply(std::shared_ptr<channel> via, detail::call_options options,
               typename route::request in)
      : state_(std::make_unique<state>(std::move(via), options, std::move(in))) {}

  /// The next item; empty at the end. *Throws* the declared error or the failure it ended in.
  task<std::optional<item>> next() { return take(state_.get()); }

 private:
  static constexpr std::size_t window = 64;

  struct state final : stream_operation {
    state(std::shared_ptr<channel> carried_by, detail::call_options asked,
          typename route::request request_value)
        : stream_operation(row_of<Contract, Route>(), nullptr, nullptr), via(std::move(carried_by)),
          options(asked), in(std::move(request_value)) {
      request = &in;
    }
    ~state() override { end(); }
    void* make_item() override { return &items.emplace_back(); }
    void item_ready() override { wake(); }
    void drop_item() override { items.pop_back(); }

    std::shared_ptr<channel> via;
    detail::call_options options;
    typename route::request in;
    std::deque<item> items;
    std::size_t taken = 0;
    bool started = false;
  };

  static task<std::optional<item>> take(state* self) {
    if (!self->started) {
      self->started = true;
      detail::prepare(*self, *self->via, self->options,
                      co_await boost::asio::this_coro::executor);
      self->via->start_stream(*self);
      self->via->grant(*self, window);
    }
    while (self->items.empty() && !self->is_done()) co_await self->wait();
    std::optional<item> next;
    if (self->items.empty()) {
      detail::throw_if_failed(*self);
      co_return next;
    }
    next.emplace(std::move(self->items.front()));
    self->items.pop_front();
    if (++self->taken == window / 2 && !self->is_done()) {
      self->taken = 0;
      self->via->grant(*self, window / 2);
    }
    co_return next;
  }

  std::unique_ptr<state> state_;
};

namespace detail {

/// What stands in for a stream where there is none, behind a sentence. It can be awaited, as what
/// `call` gives can, which was meant perhaps.
struct no_stream : task<anything> {
  task<std::optional<anything>> next();
};
template <class Contract, fixed_string Route>
struct stream_of {
  using type = no_stream;
};
template <class Contract, fixed_string Route>
  requires(controller_has_route<Contract, Route> && route_named<Contract, Route>::streams)
struct stream_of<Contract, Route> {
  using type = stream_reply<Contract, Route>;
};
template <class Contract, fixed_string Route>
struct attempt_of {
  using type = anything;
};
template <class Contract, fixed_string Route>
  requires controller_has_route<Contract, Route>
struct attempt_of<Contract, Route> {
  using type = outcome_of<Contract, Route>;
};

/// The request of a route, for calls that write it in braces.
template <class Contract, fixed_string Route>
  requires controller_has_route<Contract, Route>
using braced_request = typename route_named<Contract, Route>::request;

/// Whether what is given is the request itself, as a temporary: that goes the way of braces.
template <class Contract, fixed_string Route, class... Given>
inline constexpr bool is_temporary_request = false;
template <class Contract, fixed_string Route, class Given>
  requires controller_has_route<Contract, Route>
inline constexpr bool is_temporary_request<Contract, Route, Given> =
    std::is_same_v<braced_request<Contract, Route>, Given>;

/// What a faulty call gives in place of its result: the sentence.
template <class Result, class Contract, fixed_string Route, bool AsStream, class... Given>
using faulty_call =
    sentence<decltype(call_sentence<Contract, Route, AsStream, Given...>()), Result>;

} // namespace detail

/// Whether a client of the contract can call (or, with `AsStream`, stream) the route with that.
template <class Contract, fixed_string Route, bool AsStream, class... Given>
concept callable_with = detail::can_ask<Contract, Route, AsStream, Given...>;

namespace detail {
/// The same for what is no temporary request, and so comes by the overload for any arguments.
template <class Contract, fixed_string Route, bool AsStream, class... Given>
concept sound_arguments = !is_temporary_request<Contract, Route, Given...> &&
                          callable_with<Contract, Route, AsStream, Given...>;
template <class Contract, fixed_string Route, bool AsStream, class... Given>
concept faulty_arguments = !is_temporary_request<Contract, Route, Given...> &&
                           !callable_with<Contract, Route, AsStream, Given...>;
} // namespace detail

/// The calls of a contract over one channel. Copies share the channel.
/// *Thread*: as the channel says.
template <class Contract>
class client {
  template <fixed_string Route>
  using request_of = detail::braced_request<Contract, Route>;
  template <fixed_string Route>
  using stream_to = typename detail::stream_of<Contract, Route>::type;
  template <fixed_string Route>
  using attempt_to = task<typename detail::attempt_of<Contract, Route>::type>;

 public:
  explicit client(std::shared_ptr<channel> via) noexcept : via_(std::move(via)) {}

  // Each is declared four times: for sound and for faulty arguments, and again for a request
  // written in braces. The faulty ones are never defined, see <pando/meta/fault.hpp>.

  /// Calls a route: its fields in order, or its request: a named object, and where the compiler is
  /// sound also `{.field = …}`.
  /// *Compiles only if* the contract has the route and it takes what is given; else the compiler
  /// says in a sentence why not.
  template <fixed_string Route, class... Given>
    requires detail::sound_arguments<Contract, Route, false, Given...>
  reply<Contract, Route> call(Given&&... given) const {
    return detail::perform<typename detail::reply_of<Contract, Route>::result>(
        via_, options_, detail::row_of_route<Contract, Route>,
        detail::request_from<request_of<Route>>(static_cast<Given&&>(given)...));
  }
  template <fixed_string Route, class... Given>
    requires detail::faulty_arguments<Contract, Route, false, Given...>
  detail::faulty_call<reply<Contract, Route>, Contract, Route, false, Given...> call(
      Given&&... given) const;
  template <fixed_string Route>
    requires callable_with<Contract, Route, false, request_of<Route>>
  reply<Contract, Route> call(request_of<Route>&& in) const {
    return detail::perform<typename detail::reply_of<Contract, Route>::result>(
        via_, options_, detail::row_of_route<Contract, Route>,
        static_cast<request_of<Route>&&>(in));
  }
  template <fixed_string Route>
    requires(!callable_with<Contract, Route, false, request_of<Route>>)
  detail::faulty_call<reply<Contract, Route>, Contract, Route, false, request_of<Route>> call(
      request_of<Route>&& in) const;

  /// Calls a route without waiting for its end: await it until the call is stored, where it is
  /// `persisted`, else until it is on its way; over a door it waits for the end. Whatever it ends
  /// in is thrown away; *throws* what came before.
  /// *Compiles only if* the route gives nothing or is `discardable`, and takes what is given.
  template <fixed_string Route, class... Given>
    requires(detail::sound_arguments<Contract, Route, false, Given...> &&
             detail::discardable_route<Contract, Route>)
  task<void> discard(Given&&... given) const {
    return throw_away<Route>(
        detail::request_from<request_of<Route>>(std::forward<Given>(given)...));
  }
  template <fixed_string Route, class... Given>
    requires(detail::sound_arguments<Contract, Route, false, Given...> &&
             !detail::discardable_route<Contract, Route>)
  detail::sentence<detail::result_thrown_away<Contract, Route>, task<void>> discard(
      Given&&... given) const;
  template <fixed_string Route, class... Given>
    requires detail::faulty_arguments<Contract, Route, false, Given...>
  detail::faulty_call<task<void>, Contract, Route, false, Given...> discard(Given&&... given) const;
  template <fixed_string Route>
    requires(callable_with<Contract, Route, false, request_of<Route>> &&
             detail::discardable_route<Contract, Route>)
  task<void> discard(request_of<Route>&& in) const {
    return throw_away<Route>(std::move(in));
  }
  template <fixed_string Route>
    requires(!(callable_with<Contract, Route, false, request_of<Route>> &&
               detail::discardable_route<Contract, Route>))
  detail::faulty_call<task<void>, Contract, Route, false, request_of<Route>> discard(
      request_of<Route>&& in) const;

  /// Starts a stream; nothing is sent before the first `next()`.
  /// *Compiles only if* the route streams and takes what is given.
  template <fixed_string Route, class... Given>
    requires detail::sound_arguments<Contract, Route, true, Given...>
  stream_reply<Contract, Route> stream(Given&&... given) const {
    return {via_, options_, detail::request_from<request_of<Route>>(std::forward<Given>(given)...)};
  }
  template <fixed_string Route, class... Given>
    requires detail::faulty_arguments<Contract, Route, true, Given...>
  detail::faulty_call<stream_to<Route>, Contract, Route, true, Given...> stream(
      Given&&... given) const;
  template <fixed_string Route>
    requires callable_with<Contract, Route, true, request_of<Route>>
  stream_reply<Contract, Route> stream(request_of<Route>&& in) const {
    return {via_, options_, std::move(in)};
  }
  template <fixed_string Route>
    requires(!callable_with<Contract, Route, true, request_of<Route>>)
  detail::faulty_call<stream_to<Route>, Contract, Route, true, request_of<Route>> stream(
      request_of<Route>&& in) const;

  /// The same calls with the declared errors as values.
  class attempts {
   public:
    explicit attempts(client const& of) : of_(of) {}
    /// Calls a route; await it for a `pando::outcome` of its result and its declared errors.
    template <fixed_string Route, class... Given>
      requires detail::sound_arguments<Contract, Route, false, Given...>
    attempt_to<Route> call(Given&&... given) const {
      return of_.template try_to_ask<Route>(std::forward<Given>(given)...);
    }
    template <fixed_string Route, class... Given>
      requires detail::faulty_arguments<Contract, Route, false, Given...>
    detail::faulty_call<attempt_to<Route>, Contract, Route, false, Given...> call(
        Given&&... given) const;
    template <fixed_string Route>
      requires callable_with<Contract, Route, false, request_of<Route>>
    attempt_to<Route> call(request_of<Route>&& in) const {
      return of_.template try_to_ask<Route>(std::move(in));
    }
    template <fixed_string Route>
      requires(!callable_with<Contract, Route, false, request_of<Route>>)
    detail::faulty_call<attempt_to<Route>, Contract, Route, false, request_of<Route>> call(
        request_of<Route>&& in) const;

   private:
    client of_;
  };
  attempts attempt() const { return attempts(*this); }

  /// The same client, whose calls end with `deadline_exceeded` when they take longer. The deadline
  /// travels with the call: the handler sees it in `caller`. Without it a call of an entity ends
  /// after 60 s (of a persisted one the waiting alone); a call of a controller, and any stream, has
  /// no deadline.
  client within(std::chrono::steady_clock::duration limit) const {
    client other = *this;
    other.options_.within = limit;
    return other;
  }

 private:
  template <fixed_string Route, class Request>
  task<void> throw_away(Request&& in) const {
    using route = route_named<Contract, Route>;
    return detail::perform_discarded<typename route::result>(via_, options_,
                                                             row_of<Contract, Route>(),
                                                             std::forward<Request>(in));
  }
  template <fixed_string Route, class... Given>
  attempt_to<Route> try_to_ask(Given&&... given) const {
    using route = route_named<Contract, Route>;
    return detail::perform_attempt<typename route::result, typename route::raises>(
        via_, options_, row_of<Contract, Route>(),
        detail::request_from<request_of<Route>>(std::forward<Given>(given)...));
  }

  std::shared_ptr<channel> via_;
  detail::call_options options_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/client.ipp>
#endif
