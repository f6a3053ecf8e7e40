// What `serve` is told on the command line, and what of it cannot be together.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <pando/app/detail/options_check.hpp>
#include <pando/app/options.hpp>
#include <pando/app/settings.hpp>
#include <pando/cli/command_line.hpp>
#include <pando/contract/rules.hpp>
#include <pando/contract/values.hpp>
#include <pando/http/door.hpp>
#include <pando/schema/fields.hpp>
#include <pando/schema/json.hpp>

namespace pando::detail {

/// No flags but the settings'.
struct no_flags {};

/// A limit that cannot be 0.
template <std::uint32_t Default>
using limit_flag = checked<defaulted<std::uint32_t, Default>, is::at_least<1>>;

/// Says something of a flag in its help, and refuses nothing.
template <fixed_string Text>
struct remark {
  template <class T>
  static constexpr bool check(T const&) {
    return true;
  }
  static constexpr std::string_view describe() { return Text.view(); }
};
using one_for_all = remark<"the same in all processes of the app">;

/// The flags of `serve`. Those that are absent may come from the environment.
struct serve_flags {
  std::optional<std::string> http;            ///< PORT or HOST:PORT
  std::optional<std::string> socket;          ///< a path; also before the command
  defaulted<bool, false> no_socket;
  checked<defaulted<unsigned, 1U>, is::at_most<most_threads>, remark<"0 is one for each core">>
      threads;
  std::optional<std::string> store;
  std::optional<std::string> runner;          ///< HOST:PORT or a path
  std::optional<std::string> runner_listen;   ///< HOST:PORT, if others know it by another
  defaulted<bool, false> runner_json; ///< between processes
  defaulted<bool, false> client_only;
  checked<defaulted<double, serve_options{}.weight>, is::at_least<0>,
          remark<"2 has twice the shards of 1">>
      weight;
  checked<defaulted<std::uint32_t, serve_options{}.shards>, is::at_least<1>,
          is::at_most<most_shards>, remark<"of each group">, one_for_all>
      shards;
  checked<defaulted<std::uint32_t, serve_options{}.lease_ms>, is::at_least<shortest_lease_ms>,
          one_for_all>
      lease_ms;
  checked<defaulted<std::uint32_t, serve_options{}.margin_ms>, is::at_least<1>,
          remark<"an owner stops so long before its lease ends">>
      margin_ms;
  checked<defaulted<std::uint32_t, serve_options{}.retention_s>, is::at_least<shortest_retention_s>,
          remark<"for so long answers and their keys are kept">, one_for_all>
      retention_s;
  std::optional<std::string> tls_certificate;
  std::optional<std::string> tls_key;
  std::optional<std::string> cors_origin;
  defaulted<unsigned, 10'000U> drain_ms;
  limit_flag<http_limits{}.max_body> http_max_body; ///< bytes
  limit_flag<http_limits{}.max_head> http_max_head; ///< bytes
  limit_flag<http_limits{}.max_connections> http_max_connections;
  limit_flag<http_limits{}.first_byte_ms> http_first_byte_ms;
  limit_flag<http_limits{}.head_ms> http_head_ms;
  limit_flag<http_limits{}.body_ms> http_body_ms;
  limit_flag<http_limits{}.idle_ms> http_idle_ms;
  limit_flag<http_limits{}.write_ms> http_write_ms;
  defaulted<bool, false> replace; ///< the app that runs
  defaulted<bool, false> no_metrics;
  std::optional<checked<std::string, is::one_of<"kubernetes">>> health;
  std::optional<std::string> health_selector; ///< of labels
  limit_flag<5'000> health_every_ms;
};
/// More of them: a struct has 32 fields at most.
struct socket_flags {
  checked<defaulted<std::uint32_t, socket_limits{}.max_frame>, is::at_least<smallest_max_frame>,
          is::at_most<largest_max_frame>, remark<"bytes">>
      socket_max_frame;
  checked<defaulted<std::uint32_t, socket_limits{}.max_calls>, is::at_least<1>,
          is::at_most<most_max_calls>, remark<"on each connection">>
      socket_max_calls;
  limit_flag<socket_limits{}.max_connections> socket_max_connections;
};
constexpr bool are_names_of_serve_flags() {
  constexpr auto& first = fields_of<serve_flags>::names;
  constexpr auto& second = fields_of<socket_flags>::names;
  if (first.size() + second.size() != names_of_serve_flags.size()) return false;
  auto at = names_of_serve_flags.begin();
  for (auto const name : first)
    if (name != *at++) return false;
  for (auto const name : second)
    if (name != *at++) return false;
  return true;
}
static_assert(are_names_of_serve_flags(),
              "what settings may not be named like is what `serve` has");

/// `3000`, `0.0.0.0:3000`, `[::]:3000`. False: neither.
inline bool read_listen_address(std::string_view text, std::string& host, int& port) {
  auto const colon = text.rfind(':');
  auto digits = text;
  if (colon != text.npos) {
    host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
      host = host.substr(1, host.size() - 2);
    digits = text.substr(colon + 1);
  }
  auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return !digits.empty() && !host.empty() && read.ec == std::errc{} &&
         read.ptr == digits.data() + digits.size() && port >= 0 && port <= 65'535;
}

/// A certificate and its key come together, in a program that has TLS.
inline void check_tls(serve_flags const& flags, violations& faults) {
  if (!flags.tls_certificate && !flags.tls_key) return;
  auto const* const named = flags.tls_certificate ? "/tls-certificate" : "/tls-key";
  auto const* const other = flags.tls_certificate ? "--tls-key" : "--tls-certificate";
  if (auto const why = http::door::why_no_tls(); !why.empty())
    faults.add(named, "tls", "cannot be used: " + std::string(why));
  else if (!flags.tls_certificate || !flags.tls_key)
    faults.add(named, "tls", std::string("needs ") + other + " beside it");
}

/// An empty text is a variable that nobody has set, and not what was meant.
inline void check_empty(serve_flags const& flags, violations& faults) {
  auto const refuse = [&](std::optional<std::string> const& flag, char const* name,
                          char const* wants = "a value") {
    if (flag && flag->empty())
      faults.add(name, "empty", "is empty: it wants " + std::string(wants) + ", or is left out");
  };
  refuse(flags.socket, "/socket");
  refuse(flags.store, "/store", "a file, postgres://…, or memory");
  refuse(flags.runner, "/runner");
  refuse(flags.runner_listen, "/runner-listen");
  refuse(flags.tls_certificate, "/tls-certificate");
  refuse(flags.tls_key, "/tls-key");
  refuse(flags.cors_origin, "/cors-origin");
  refuse(flags.health_selector, "/health-selector");
}

/// What help says of them beside what they take.
inline constexpr cli::flag_note serve_notes[]{
    {"http", "where to serve HTTP: PORT, or HOST:PORT", "3000"},
    {"socket", "the Unix socket's path"},
    {"no_socket", "without a Unix socket"},
    {"threads", "how many serve"},
    {"store", "what keeps and shares entities: a file, postgres://…, or memory"},
    {"runner", "where other processes reach this one's entities: HOST:PORT, or a path"},
    {"runner_listen", "where it listens for them, if that is another HOST:PORT"},
    {"runner_json", "calls to other processes are JSON, to be read in a capture"},
    {"client_only", "call entities of other processes, and host none"},
    {"lease_ms", "time after which a runner without a sign of life loses its shards"},
    {"tls_certificate", "a PEM file: serve HTTPS"},
    {"tls_key", "its key, a PEM file"},
    {"cors_origin", "an origin that browsers may call from, or *"},
    {"drain_ms", "how long a stop waits for accepted calls"},
    {"replace", "take the place of the app that runs here"},
    {"no_metrics", "without GET /metrics"},
    {"health", "who says which runners are able"},
    {"health_selector", "labels of the pods that are runners: app=shop"}};

/// Those of the flags that are about shards, and about what is stored.
struct store_flags {
  std::optional<bool> runner_json;
  std::optional<double> weight;
  std::optional<std::uint32_t> shards;
  std::optional<std::uint32_t> lease_ms;
  std::optional<std::uint32_t> margin_ms;
  std::optional<std::uint32_t> retention_s;
};

/// They mean nothing where there is no store.
/// `in_memory`: somebody wants it so, and then answers are kept in memory.
inline void check_unstored(std::string_view request, bool in_memory, violations& faults) {
  store_flags given;
  violations none;
  if (request.empty() || !json::decode(request, given, none, {.ignore_unknown = true})) return;
  auto const refuse = [&](bool is_given, char const* name) {
    if (is_given) faults.add(name, "store", std::string(needs_a_store));
  };
  refuse(given.runner_json.has_value(), "/runner-json");
  refuse(given.weight.has_value(), "/weight");
  refuse(given.shards.has_value(), "/shards");
  refuse(given.lease_ms.has_value(), "/lease-ms");
  refuse(given.margin_ms.has_value(), "/margin-ms");
  refuse(given.retention_s.has_value() && !in_memory, "/retention-s");
}

} // namespace pando::detail
