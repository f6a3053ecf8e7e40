// Where a command runs: in the running app through its socket, or in this program.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <pando/handler/failure.hpp>
#include <pando/handler/io.hpp>
#include <pando/schema/violation.hpp>

namespace pando::cli {

/// One call, as it was typed.
struct invocation {
  std::string route;                    ///< "user.create"
  std::string request;                  ///< JSON; empty: it takes none
  std::string socket{};                 ///< `--socket`; empty: the app's own place
  bool in_process = false;              ///< `--in-process`
  std::chrono::milliseconds timeout{0}; ///< `--timeout`; 0: none
};

/// How it ended.
struct call_end {
  enum class kind : std::uint8_t {
    result,   ///< `json` is the result; empty or "null" for void and for streams
    declared, ///< `name` and `json` are the declared error's
    failed,   ///< `code`, `message`, `faults` and `id` are the failure's
  };
  kind what = kind::failed;
  std::string json{};
  std::string name{};
  failure_code code = failure_code::internal;
  std::string message{};
  violations faults{};
  std::string id{};

  static call_end result(std::string json) { return {kind::result, std::move(json)}; }
  static call_end declared(std::string name, std::string json) {
    return {kind::declared, std::move(json), std::move(name)};
  }
  static call_end failed(failure const& why) {
    return {kind::failed, {}, {}, why.code(), why.what(), why.faults(), why.id()};
  }
};

/// Runs calls, one at a time.
class backend {
 public:
  virtual ~backend() = default;
  /// Runs the call and waits for its end. `io` is shown and asked what the handler shows and asks.
  /// `item` takes each item of a stream as JSON; false: the person wants no more, and the call is
  /// cancelled. Failures to reach the app are ends too: it does not throw for them.
  virtual call_end invoke(invocation const& what, io_sink& io,
                          std::function<bool(std::string_view)> const& item) = 0;
  /// Cancels the call that runs, which then ends soon. *Thread*: any; also before `invoke` or after
  /// it, when it does nothing.
  virtual void cancel() noexcept = 0;
};

} // namespace pando::cli
