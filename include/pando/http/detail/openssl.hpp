// What a program says that was built without TLS; whether it was is in PANDO_HAS_OPENSSL.
#pragma once

#include <string_view>

#include <pando/runtime/openssl.hpp>

namespace pando::http::detail {

/// What a program says that was built without TLS.
inline constexpr std::string_view no_tls =
    "this program was built without TLS; link pando::http with PANDO_WITH_OPENSSL=ON (on Debian: "
    "apt-get install libssl-dev)";

} // namespace pando::http::detail
