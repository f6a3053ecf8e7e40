// HTTP to an app that does not listen: the typed client over socket pairs.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/app/app.hpp>
#include <pando/config.hpp>
#include <pando/handler/client.hpp>
#include <pando/http/client.hpp>

namespace pando::testing {

/// What carries the calls of `http_client`. Without an executor the app's side has a thread of its
/// own, which ends with the channel.
std::shared_ptr<channel> make_http_channel(app_core& app, http::client_options const& options,
                                           std::optional<boost::asio::any_io_executor> executor);

/// The calls of `Contract` as HTTP requests to `app`, which need not serve: the parser, the limits,
/// the status codes and the problems are those behind a port, and no other program can connect.
/// Hooks do not run; `app.serve({.no_socket = true})` runs them. Handlers run on a thread that the
/// client brings, and never two at once. *Thread*: calls on any but that one. The app outlives it.
template <class Contract, class Items>
  requires pando::detail::app_serves<Items, Contract>
client<Contract> http_client(application<Items>& app, http::client_options const& options = {}) {
  return client<Contract>(make_http_channel(app.core(), options, std::nullopt));
}

/// The same with the handlers on `executor`, a loop that one thread runs and that outlives the
/// client: for tests with a loop of their own, where everything then happens on one thread. The
/// loop has work as long as the client is there. *Thread*: the loop's.
template <class Contract, class Items>
  requires pando::detail::app_serves<Items, Contract>
client<Contract> http_client(application<Items>& app, boost::asio::any_io_executor executor,
                             http::client_options const& options = {}) {
  return client<Contract>(make_http_channel(app.core(), options, std::move(executor)));
}

// Without an app that serves the contract there is a sentence, and no definition.

template <class Contract, class Items, class... Options>
  requires(pando::detail::app_is_sound<Items> && !pando::detail::app_serves<Items, Contract>)
pando::detail::sentence<pando::detail::contract_without_implementation<Contract>, client<Contract>>
http_client(application<Items>& app, Options const&... options);
template <class Contract, class Items, class... Options>
  requires(!pando::detail::app_is_sound<Items>)
pando::detail::sentence<pando::detail::app_fault<Items>, pando::detail::any_of_app>
http_client(application<Items>& app, Options const&... options);

} // namespace pando::testing

#ifdef PANDO_HEADER_ONLY
#include <pando/testing/impl/http_client.ipp>
#endif
