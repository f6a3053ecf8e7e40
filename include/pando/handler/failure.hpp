// The framework's own errors: few, named, each saying what to do, the same over every door.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/schema/violation.hpp>

namespace pando {

/// Which of the framework's errors it is.
enum class failure_code : std::uint8_t {
  invalid_request,   ///< the request breaks its contract; `faults()` lists every violation
  unauthenticated,   ///< a guard wants to know who calls
  forbidden,         ///< a guard knows who calls, and refuses
  no_such_route,     ///< nothing answers by that name
  cancelled,         ///< the caller, or the end of the app, cancelled it
  deadline_exceeded, ///< no answer within the caller's deadline
  disconnected,      ///< the connection ended before the answer: whether it ran is unknown
  not_running,       ///< no app answers there
  overloaded,        ///< a limit of the app is reached; try again later
  too_large,         ///< the request or the answer is over the limit
  incompatible,      ///< the two sides were built from contracts that do not fit
  internal,          ///< the handler failed; the app's log has the details under `id()`
  mailbox_full,      ///< as many calls wait for that instance as may; try again later
  runner_unavailable, ///< no runner has the instance now, and none took it in time; nothing ran
  outcome_unknown,   ///< its runner lost the instance or the storage meanwhile: it may have run
  conflict,          ///< there is a call of that primary key with another request
};

/// How an error shows at each door. One row for each code, in the enum's order.
struct failure_row {
  std::string_view name;
  std::string_view title;
  int http_status;
  int exit_code;
  int rpc_code; ///< JSON-RPC 2.0
};
inline constexpr failure_row failure_rows[]{
    {"invalid_request", "The request is not valid", 422, 2, -32602},
    {"unauthenticated", "Authentication is required", 401, 1, -32001},
    {"forbidden", "This is not allowed", 403, 1, -32002},
    {"no_such_route", "There is no such route", 404, 2, -32601},
    {"cancelled", "The call was cancelled", 499, 130, -32003},
    {"deadline_exceeded", "The deadline passed before the answer", 504, 70, -32004},
    {"disconnected", "The connection ended before the answer", 502, 70, -32005},
    {"not_running", "No app is running there", 503, 3, -32006},
    {"overloaded", "The app is at its limit", 503, 70, -32007},
    {"too_large", "The message is too large", 413, 2, -32008},
    {"incompatible", "The contracts do not fit", 409, 70, -32009},
    {"internal", "The app failed", 500, 70, -32603},
    {"mailbox_full", "Too many calls wait for this instance", 503, 70, -32010},
    {"runner_unavailable", "No runner has this instance", 503, 70, -32011},
    {"outcome_unknown", "Whether it ran is unknown", 502, 70, -32012},
    {"conflict", "Another call has this key", 409, 1, -32013},
};

/// The row of a code.
constexpr failure_row const& row_of_failure(failure_code code) {
  return failure_rows[static_cast<std::size_t>(code)];
}

/// Any of the framework's errors. `what()` is a sentence for a person.
class failure : public std::runtime_error {
 public:
  failure(failure_code code, std::string const& what, violations faults = {}, std::string id = {})
      : std::runtime_error(what), code_(code), faults_(std::move(faults)), id_(std::move(id)) {}

  failure_code code() const noexcept { return code_; }
  /// Every violation of an invalid request.
  violations const& faults() const noexcept { return faults_; }
  /// For `internal`: what to look for in the app's log.
  std::string const& id() const noexcept { return id_; }

 private:
  failure_code code_;
  violations faults_;
  std::string id_;
};

/// The failures a program may want to tell apart by type.
template <failure_code Code>
class failure_of : public failure {
 public:
  explicit failure_of(std::string const& what, violations faults = {}, std::string id = {})
      : failure(Code, what, std::move(faults), std::move(id)) {}
};
using invalid_request = failure_of<failure_code::invalid_request>;
using unauthenticated = failure_of<failure_code::unauthenticated>;
using forbidden = failure_of<failure_code::forbidden>;
using no_such_route = failure_of<failure_code::no_such_route>;
using cancelled = failure_of<failure_code::cancelled>;
using deadline_exceeded = failure_of<failure_code::deadline_exceeded>;
using disconnected = failure_of<failure_code::disconnected>;
using not_running = failure_of<failure_code::not_running>;
using overloaded = failure_of<failure_code::overloaded>;
using too_large = failure_of<failure_code::too_large>;
using incompatible = failure_of<failure_code::incompatible>;
using internal_failure = failure_of<failure_code::internal>;
using mailbox_full = failure_of<failure_code::mailbox_full>;
using runner_unavailable = failure_of<failure_code::runner_unavailable>;
using outcome_unknown = failure_of<failure_code::outcome_unknown>;
using key_conflict = failure_of<failure_code::conflict>;

/// A declared error seen without its contract: its name and its value as JSON text. `what()` is the
/// name alone: a log must not have the secrets of the value.
class declared_error : public std::runtime_error {
 public:
  declared_error(std::string name, std::string json, int exit_code = 1)
      : std::runtime_error(name), name_(std::move(name)), json_(std::move(json)),
        exit_code_(exit_code) {}
  std::string const& name() const noexcept { return name_; }
  std::string const& json() const noexcept { return json_; }
  int exit_code() const noexcept { return exit_code_; }

 private:
  std::string name_;
  std::string json_;
  int exit_code_;
};

/// Throws the failure as its own type.
[[noreturn]] void throw_failure(failure const& what);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/failure.ipp>
#endif
