// `entity` and `rpc`: what one live instance for each id can be asked, and how it is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <pando/contract/controller.hpp>
#include <pando/contract/persisted.hpp>

namespace pando {

/// One thing that can be asked of an entity: as a route of a controller, without doors' markers;
/// `persisted`, `primary_key<…>`, `deliver_at<…>`, `uninterruptible`, `discardable`,
/// `with_transaction` and `retries<…>` are for it alone.
template <fixed_string Name, class Signature, class... Parts>
using rpc = route<Name, Signature, Parts...>;

namespace detail {
/// `std::chrono::milliseconds`, where it need not be included.
struct plain_milliseconds {
  struct period {
    static constexpr std::int64_t num = 1, den = 1000;
  };
  std::int64_t length;
  constexpr std::int64_t count() const noexcept { return length; }
};
} // namespace detail

/// A length of time as a template argument: `max_idle<60s>`, of any `std::chrono::duration`. It is
/// known by its shape: `<chrono>` would cost as much as all else that a contract needs.
struct idle_time {
  std::int64_t milliseconds; ///< public because a template argument's type must be structural

  /// Rounds towards zero, as `duration_cast` does.
  template <class Length, class Period = typename Length::period>
  constexpr idle_time(Length const& length) noexcept
      : milliseconds(static_cast<std::int64_t>(in_milliseconds<Period>(length.count()))) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  constexpr idle_time(Number) noexcept : milliseconds(0) {
    static_assert(!std::is_arithmetic_v<Number>,
                  "pando: a time has a unit; write max_idle<60s>, not max_idle<60> "
                  "(#include <chrono>, using namespace std::chrono_literals)");
  }

 private:
  template <class Period, class Count>
  static constexpr auto in_milliseconds(Count count) noexcept {
    if constexpr (Period::den % 1000 == 0) return count * Period::num / (Period::den / 1000);
    else return count * (Period::num * 1000) / Period::den;
  }
};
/// `max_idle<never>`: an instance stays until its app ends.
inline constexpr idle_time never = detail::plain_milliseconds{INT64_MAX};

/// The most octets of an instance's id; the fewest are 1.
inline constexpr std::size_t longest_instance_id = 512;

/// `concurrency<unbounded>`: as many handlers as are called.
inline constexpr std::size_t unbounded = static_cast<std::size_t>(-1);

/// How the instances of an entity are kept, as its options say.
struct entity_options {
  idle_time max_idle = detail::plain_milliseconds{60'000};
  std::size_t mailbox = 4096;
  std::size_t concurrency = 1;
  std::string_view group = "default"; ///< of shards
  bool is_volatile_only = false;
};

/// An instance that nobody has called for so long is dropped; the next call makes it anew.
/// Default: a minute.
template <idle_time Length>
struct max_idle {
  static_assert(Length.milliseconds >= 0, "pando: max_idle is a time of 0 or more, or never");
  static constexpr void pando_entity_option(entity_options& all) { all.max_idle = Length; }
};

/// How many calls may wait for one instance; one more ends in `mailbox_full`. Default: 4096.
template <std::size_t Calls>
struct mailbox {
  static constexpr void pando_entity_option(entity_options& all) { all.mailbox = Calls; }
};

/// How many handlers of one instance may run at a time. Default: 1, so that a handler has the
/// state for itself also while it awaits. *Limit*: not 0.
template <std::size_t Handlers>
struct concurrency {
  static_assert(Handlers != 0, "pando: concurrency<0> lets no handler run; write 1 or more");
  static constexpr void pando_entity_option(entity_options& all) { all.concurrency = Handlers; }
};

namespace detail {
template <std::size_t N>
constexpr bool has_slash(fixed_string<N> const& name) {
  for (std::size_t at = 0; at < name.size(); ++at)
    if (name.text[at] == '/') return true;
  return false;
}
} // namespace detail

/// Which group of shards its instances are in: each group is spread over the runners by itself.
/// Default: `default`. *Limit*: no `/`, which is for the groups of singletons and cron jobs.
template <fixed_string Name>
struct shard_group {
  static_assert(Name.size() != 0,
                "pando: shard_group<\"\"> has no name; leave it out for the group `default`");
  static_assert(!detail::has_slash(Name),
                "pando: the name of a shard_group has no /, which is for the groups of singletons "
                "and cron jobs; write another character");
  static constexpr void pando_entity_option(entity_options& all) { all.group = Name.view(); }
};

/// A promise that none of its rpcs is `persisted`, which the compiler keeps: its calls write
/// nothing, and serving it needs no storage of its own accord.
struct volatile_only {
  static constexpr void pando_entity_option(entity_options& all) { all.is_volatile_only = true; }
};

namespace detail {

template <class Part>
concept entity_option = requires(entity_options& all) {
  Part::pando_entity_option(all);
};

template <class Option>
constexpr void apply_entity_option(entity_options& all) {
  if constexpr (entity_option<Option>) Option::pando_entity_option(all);
}
template <class... Parts>
constexpr entity_options make_entity_options() {
  entity_options all;
  (apply_entity_option<Parts>(all), ...);
  return all;
}

} // namespace detail

/// A contract of which there is one live instance for each id. Write
/// `struct Counter : pando::entity<"Counter", …> {};`. `Parts` are `rpc<…>`, `guarded_by<…>`,
/// `max_idle<…>`, `mailbox<…>`, `concurrency<…>`, `shard_group<…>` and `volatile_only`, in any
/// order.
template <fixed_string Name, class... Parts>
struct entity {
  static constexpr auto pando_name = Name;
  using pando_parts = meta::concat<
      std::conditional_t<detail::entity_option<Parts>, meta::list<>, meta::list<Parts>>...>;
  static constexpr entity_options pando_entity = detail::make_entity_options<Parts...>();
};

/// A contract of entities.
template <class Type>
concept entity_type = controller_type<Type> && requires {
  entity_options(Type::pando_entity);
};

} // namespace pando
