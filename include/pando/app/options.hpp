// What `serve` may be told. Numbers and views only: it may stand inside a co_await (see README).
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace pando {

/// The certificate chain and private key of a server, as PEM files. Both empty: no TLS.
struct tls_files {
  std::string_view certificate{};
  std::string_view key{};
};

/// What an HTTP client may ask for, in bytes and milliseconds. None may be 0.
struct http_limits {
  std::uint32_t max_body = 1 << 20;       ///< of a request, decoded; then 413
  std::uint32_t max_head = 16 << 10;      ///< request line and headers; then 431
  std::uint32_t max_connections = 10'000; ///< on each thread; then new ones wait
  std::uint32_t first_byte_ms = 10'000;   ///< from connecting to the first octet; then closed
  std::uint32_t head_ms = 10'000;         ///< from there to the end of the head; then 408
  std::uint32_t body_ms = 60'000;         ///< from there to the end of the body; then 408
  std::uint32_t idle_ms = 60'000;         ///< between requests; then closed
  std::uint32_t write_ms = 30'000;        ///< for a peer that takes nothing; then closed
};

/// What one client of the Unix socket may ask for, and how many there may be. None may be 0.
struct socket_limits {
  /// Bytes of a message or of a line of JSON-RPC; a longer one ends its connection. 1'024 or more,
  /// so that a client can say what it calls, and 1 GiB at most.
  std::uint32_t max_frame = 16 << 20;
  /// Calls at once on each connection, 65'535 at most; one more is `overloaded`.
  std::uint32_t max_calls = 4'096;
  std::uint32_t max_connections = 4'096; ///< in all; then new ones are closed
};

/// `serve` is told what cannot be. Nothing has begun.
struct unusable_options : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Where and how an app serves. Views are only read while `serve` starts.
struct serve_options {
  int http = -1;                           ///< the port; 0: any free one; -1: no HTTP
  std::string_view http_host = "localhost"; ///< a name or an address; all of its addresses are used
  std::string_view socket_path{};          ///< empty: the app's own place (`app.socket_path()`)
  bool no_socket = false;
  /// Storage of entities and processes: `postgres://…`, `sqlite:FILE` or a file's name. With one,
  /// the app's entities are spread over all its processes that have the same. Without one `serve`
  /// refuses what says how that is done: `runner` and what follows, to `margin_ms`.
  std::string_view store{};
  /// Where other processes of the app reach this one's entities: `host:port`, `[v6]:port`, or the
  /// path of a Unix socket. Empty, with a store: beside the app's socket.
  std::string_view runner{};
  /// Where it listens for them, if that is another place than they know: `0.0.0.0:port` in a
  /// container, a port that is forwarded. A `host:port`, as `runner` is then.
  std::string_view runner_listen{};
  /// A TCP socket that listens for them already (handed in by whoever started this process), or
  /// -1. `runner` says where others reach it. `serve` takes it over, and `stop` closes it.
  int runner_socket = -1;
  bool runner_json = false; ///< calls to other processes are JSON, to be read in a capture; slower
  bool client_only = false; ///< calls entities of other processes, and hosts none
  /// The secret that runners share (PANDO_CLUSTER_COOKIE): at least 16 octets, needed off this
  /// machine.
  std::string_view cookie{};
  /// Its share of the shards, of the sum of all runners': 2 has twice as many as 1, and 0 none.
  /// Finite, not below 0.
  double weight = 1;
  /// How many shards each group of entities has: 1 to 10'000, the same in all processes, also in
  /// those that only call. `serve` refuses another number while the store has runners, or calls of
  /// a group without an answer.
  std::uint32_t shards = 300;
  /// A dead runner's shards are taken after that time. 1'000 or more, in all processes the same.
  std::uint32_t lease_ms = 3'000;
  std::uint32_t renewal_ms = 0; ///< how often leases are renewed; 0: a third of the lease
  /// How long before the end of a lease its owner stops: for clocks that run at unlike rates, and
  /// for what is under way. With `renewal_ms` it is below the lease.
  std::uint32_t margin_ms = 300;
  /// How long the record of an answered persisted call is kept, and so its primary key known, in
  /// seconds. 60 or more; every runner drops what is older, so in all of them the same.
  std::uint32_t retention_s = 7 * 24 * 3'600;
  /// 1: the executor that awaits `serve`; n: n threads of its own, 1'024 at most; 0: one a core
  /// that it may run on.
  unsigned threads = 1;
  tls_files tls{};
  std::string_view cors_origin{};          ///< opt-in: an origin, or "*"
  http_limits limits{};
  socket_limits limits_of_socket{};
  unsigned drain_ms = 10'000; ///< how long `stop` waits for accepted calls, in milliseconds
  /// Take the place of the app that runs at the socket's path: its sockets, while it answers what
  /// it has accepted and ends. Without `http`, HTTP goes on where it is.
  bool replace = false;
  bool no_metrics = false; ///< no `GET /metrics`, which is beside `/healthz` otherwise
  /// Who says which runners are able, beside their signs of life: empty: nobody; `kubernetes`: it
  /// has the pods, which are asked about by the pod's service account.
  std::string_view health{};
  std::string_view health_selector{}; ///< labels of the pods: `app=shop`; empty: all of them
  unsigned health_every_ms = 5'000;   ///< how often it is asked; not 0
  bool only_answers = false; ///< no singleton and no cron job begins here; for one command
};

namespace detail {
inline constexpr std::uint32_t most_threads = 1'024;
inline constexpr std::uint32_t most_shards = 10'000; ///< of a group: each look at a fleet has all
inline constexpr std::uint32_t shortest_lease_ms = 1'000; ///< it is renewed several times
inline constexpr std::uint32_t shortest_retention_s = 60; ///< who waits for an answer finds it
inline constexpr std::uint32_t smallest_max_frame = 1'024;
inline constexpr std::uint32_t largest_max_frame = 1 << 30;
inline constexpr std::uint32_t most_max_calls = 65'535; ///< the low 16 bits of a call's number

/// Whether it says where other processes reach it.
inline bool has_runner_place(serve_options const& options) {
  return !options.runner.empty() || !options.runner_listen.empty() || options.runner_socket >= 0;
}

/// The flags of `serve`, as fields. Those are `serve_flags` and `socket_flags`
/// (app/detail/serve_flags.hpp).
inline constexpr std::array<std::string_view, 34> names_of_serve_flags{
    "http", "socket", "no_socket", "threads", "store", "runner", "runner_listen", "runner_json",
    "client_only", "weight", "shards", "lease_ms", "margin_ms", "retention_s", "tls_certificate",
    "tls_key", "cors_origin", "drain_ms", "http_max_body", "http_max_head", "http_max_connections",
    "http_first_byte_ms", "http_head_ms", "http_body_ms", "http_idle_ms", "http_write_ms",
    "replace", "no_metrics", "health", "health_selector", "health_every_ms",
    "socket_max_frame", "socket_max_calls", "socket_max_connections"};
} // namespace detail

} // namespace pando
