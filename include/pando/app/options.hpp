// What `serve` may be told. Numbers and views only: it may stand inside a co_await (see README).
#pragma once

#include <cstdint>
#include <string_view>

namespace pando {

/// The certificate chain and private key of a server, as PEM files. Both empty: no TLS.
struct tls_files {
  std::string_view certificate{};
  std::string_view key{};
};

/// Where and how an app serves. Views are only read while `serve` starts.
struct serve_options {
  int http = -1;                           ///< the port; 0: any free one; -1: no HTTP
  std::string_view http_host = "localhost"; ///< a name or an address; all of its addresses are used
  std::string_view socket_path{};          ///< empty: the app's own place (`app.socket_path()`)
  bool no_socket = false;
  std::string_view store{};                ///< storage of entities and processes
  /// 1: the executor that awaits `serve`; n: n threads of its own; 0: one a core.
  unsigned threads = 1;
  tls_files tls{};
  std::string_view cors_origin{};          ///< opt-in: an origin, or "*"
  unsigned drain_ms = 10'000; ///< how long `stop` waits for accepted calls, in milliseconds
  /// Take the place of the app that runs at the socket's path: its sockets, while it answers what
  /// it has accepted and ends. Without `http`, HTTP goes on where it is.
  bool replace = false;
};

} // namespace pando
