// The table of a contract, made at compile time: every door, client, help text and tool reads it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pando/contract/controller.hpp>
#include <pando/contract/persisted.hpp>
#include <pando/meta/type_name.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/type_of.hpp>

namespace pando {

/// A declared error of a route.
struct error_row {
  std::string_view name; ///< the type's name, sent with it
  schema::type const* type;
  int http_status; ///< `Error::http_status`, else 400
  int exit_code;   ///< `Error::exit_code`, else 1
  /// Throws the error it is given, moved. Given none: the exception that is being handled, when it
  /// is of this type, else null; it lives as long as it is being handled.
  void* (*thrown)(void* error);
};

/// How an rpc of an entity is stored, and may be called.
struct rpc_row {
  bool is_persisted;
  bool is_uninterruptible;
  bool is_discardable;
  std::size_t retries; ///< after defects
  schema::type const* key_type; ///< null: calls of it have no primary key
  /// Shows the key of a request to `use`.
  void (*key)(void const* request, void* context, void (*use)(void* context, void const* key));
  /// When it is to be carried out; null: at once, always.
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> (*due)(void const* request);
  bool has_transaction = false; ///< what its handler writes is recorded with its result
};

/// One route as data.
struct route_row {
  std::string_view controller;
  std::string_view name;
  std::string_view full_name;  ///< "user.create"
  schema::type const* request; ///< null: it takes none
  schema::type const* result;  ///< null: void; of a stream: its item
  bool streams;
  bool runs_on_pool;
  std::span<error_row const> errors;
  std::span<marker_row const> markers;
  rpc_row const* rpc; ///< null: it has none of an rpc's options
};

/// One contract as data.
struct contract_row {
  std::string_view controller; ///< "user"
  std::string_view type_name;  ///< "Users"
  std::span<route_row const> routes;
};

namespace detail {

template <class Error>
void* thrown_error(void* error) {
  if (error != nullptr) throw static_cast<Error&&>(*static_cast<Error*>(error));
  try {
    throw;
  } catch (Error& caught) {
    return __builtin_addressof(caught);
  } catch (...) {
    return nullptr;
  }
}

template <class Error>
constexpr error_row error_row_of() {
  error_row row{meta::type_name<Error>, &type_table<Error>, 400, 1, &thrown_error<Error>};
  if constexpr (requires { int{Error::http_status}; }) row.http_status = Error::http_status;
  if constexpr (requires { int{Error::exit_code}; }) row.exit_code = Error::exit_code;
  return row;
}

template <class List>
inline constexpr int error_rows = 0;
template <class... Errors>
inline constexpr std::array<error_row, sizeof...(Errors)> error_rows<meta::list<Errors...>>{
    error_row_of<Errors>()...};

template <class Type>
constexpr schema::type const* table_or_null() {
  if constexpr (std::is_void_v<Type> || std::is_same_v<Type, no_request>)
    return nullptr;
  else
    return &type_table<Type>;
}

template <std::size_t Size>
constexpr std::array<char, Size> join_names(std::string_view controller, std::string_view route) {
  std::array<char, Size> text{};
  char* at = text.data();
  for (char const c : controller) *at++ = c;
  *at++ = '.';
  for (char const c : route) *at++ = c;
  return text;
}

/// What the row of a route points to. Named by contract and name, not by the route's many parts,
/// which would make the names of these objects long.
template <class Contract, fixed_string Name>
inline constexpr auto full_name_text = join_names<Contract::pando_name.size() + 1 + Name.size()>(
    Contract::pando_name.view(), Name.view());
template <class Contract, fixed_string Name, class... Markers>
constexpr std::array<marker_row, sizeof...(Markers)> make_marker_rows(meta::list<Markers...>) {
  return {Markers::pando_marker(Contract::pando_name.view(), Name.view())...};
}
template <class Contract, fixed_string Name>
inline constexpr auto
    marker_rows = make_marker_rows<Contract, Name>(typename route_named<Contract, Name>::markers{});

template <class Key, class Request>
void show_key(void const* request, void* context, void (*use)(void*, void const*)) {
  auto const& key = Key::get(*static_cast<Request const*>(request));
  use(context, std::addressof(key));
}
template <class Due, class Request>
std::optional<std::chrono::sys_time<std::chrono::milliseconds>> due_at(void const* request) {
  auto const& when = Due::get(*static_cast<Request const*>(request));
  if constexpr (requires { when.has_value(); }) {
    if (!when) return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(*when);
  } else {
    return std::chrono::ceil<std::chrono::milliseconds>(when);
  }
}
template <class Options, class Request>
constexpr rpc_row make_rpc_row() {
  rpc_row row{Options::is_persisted, Options::is_uninterruptible, Options::is_discardable,
              Options::retries, nullptr, nullptr, nullptr};
  row.has_transaction = Options::has_transaction;
  using key = typename Options::key;
  using due = typename Options::due;
  if constexpr (key::is_there) {
    using value = std::remove_cvref_t<decltype(key::get(std::declval<Request const&>()))>;
    row.key_type = &type_table<value>;
    row.key = &show_key<key, Request>;
  }
  if constexpr (due::is_there) row.due = &due_at<due, Request>;
  return row;
}
template <class Options, class Request>
inline constexpr rpc_row rpc_row_of = make_rpc_row<Options, Request>();

template <class Route>
constexpr rpc_row const* find_rpc_row() {
  if constexpr (has_rpc_options<typename Route::parts>)
    return &rpc_row_of<rpc_options<typename Route::parts>, typename Route::request>;
  else
    return nullptr;
}

template <class Contract, fixed_string Name, class Route>
constexpr route_row make_route_row() {
  return {Contract::pando_name.view(),
          Name.view(),
          {full_name_text<Contract, Name>.data(), full_name_text<Contract, Name>.size()},
          table_or_null<typename Route::request>(),
          table_or_null<typename Route::item>(),
          Route::streams,
          Route::runs_on_pool,
          error_rows<typename Route::raises>,
          marker_rows<Contract, Name>,
          find_rpc_row<Route>()};
}
template <class Contract, fixed_string Name>
inline constexpr route_row
    row_of_route = make_route_row<Contract, Name, route_named<Contract, Name>>();

template <class Contract, class... Routes>
constexpr std::array<route_row, sizeof...(Routes)> make_route_rows(meta::list<Routes...>) {
  return {row_of_route<Contract, meta::name_of<Routes>>...};
}
template <class Contract>
inline constexpr auto contract_rows = make_route_rows<Contract>(route_list<Contract>{});

} // namespace detail

/// The row of one route of a contract.
template <class Contract, fixed_string Name>
constexpr route_row const& row_of() {
  return detail::row_of_route<Contract, Name>;
}

/// The table of a contract.
template <class Contract>
inline constexpr contract_row contract_table{Contract::pando_name.view(), meta::type_name<Contract>,
                                             detail::contract_rows<Contract>};

} // namespace pando
