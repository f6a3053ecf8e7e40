// `pando::singleton<"mailer">(run)`: what runs in exactly one place of the cluster.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pando/cluster/sole_context.hpp>
#include <pando/config.hpp>
#include <pando/contract/parts.hpp>
#include <pando/handler/task.hpp>
#include <pando/meta/fixed_string.hpp>

namespace pando {

/// What a singleton may ask for beside services: `pando::singleton_context&`.
class singleton_context : public cluster::sole_context {
 public:
  using sole_context::sole_context;

  /// The value that this singleton, wherever it ran, has set last. Without a store it is kept as
  /// long as the app. *Throws* `store::storage_error`.
  PANDO_LAZY task<std::optional<std::string>> value() const;
  /// Sets it, only while this run owns the singleton: the storage refuses one that was replaced.
  /// Gives whether it did. *Throws* `store::storage_error`.
  PANDO_LAZY task<bool> set_value(std::string value);
};

namespace cluster {

/// A function that runs in one place, as an app takes it. Made by `pando::singleton`.
template <fixed_string Name, class Function, class... Options>
struct singleton_item {
  using function = Function;
  using context = singleton_context;
  static constexpr auto name = Name;
  static constexpr bool blocks = (pando::detail::blocking_part<Options> || ...);
  Function run;
};

} // namespace cluster

/// What runs in exactly one place of the cluster: `run` is begun by the runner that owns it, and
/// where there is no store, by the app. It is a coroutine or a function, which may ask for services
/// and `pando::singleton_context&`. Cancelled (Asio's terminal cancellation) when it moves, and
/// waited for before the next owner begins, up to the drain time. Ends in an error: begun again,
/// after a rest that doubles from half a second to 30 s. Returns: it is over until it has another
/// owner. A plain function holds up the app's first thread as long as it runs; with
/// `pando::blocking` it runs on the pool, and is to ask `is_stopping()`.
/// *Compiles only if* the name is not empty; the rest is checked where the app is used.
template <fixed_string Name, class... Options, class Function>
constexpr auto singleton(Function run) {
  static_assert(Name.size() != 0, "pando: a singleton has a name: pando::singleton<\"mailer\">");
  static_assert((pando::detail::blocking_part<Options> && ...),
                "pando: a singleton takes pando::blocking and no other option");
  return cluster::singleton_item<Name, Function, Options...>{std::move(run)};
}

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/singleton.ipp>
#endif
