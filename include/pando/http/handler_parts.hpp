// What a handler may ask of an HTTP request: its headers, and its response to set things in.
#pragma once

#include <pando/handler/parameters.hpp>
#include <pando/http/headers.hpp>
#include <pando/http/response.hpp>

namespace pando::http {

namespace detail {
inline constexpr char headers_tag = 0;
inline constexpr char response_tag = 0;
inline void const* headers_kind() noexcept { return &headers_tag; }
inline void const* response_kind() noexcept { return &response_tag; }
} // namespace detail

} // namespace pando::http

namespace pando {

/// A handler may ask for `pando::http::headers const&`; through another door there are none.
template <>
struct part_of_call<http::headers> {
  static http::headers const& get(call& which) {
    static http::headers const none;
    auto* const given = which.extra(http::detail::headers_kind());
    return given == nullptr ? none : *static_cast<http::headers const*>(given);
  }
};

/// A handler may ask for `pando::http::response&`; through another door what is set goes nowhere.
template <>
struct part_of_call<http::response> {
  static http::response& get(call& which) {
    auto* const given = which.extra(http::detail::response_kind());
    if (given != nullptr) return *static_cast<http::response*>(given);
    thread_local http::response nowhere;
    nowhere.clear();
    return nowhere;
  }
};

} // namespace pando
