// The app's log: one line an event, to standard error or wherever the program wants it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>

namespace pando {

enum class log_level { debug, info, warning, error };

/// The level's name in a log line.
constexpr std::string_view log_level_name(log_level level) {
  constexpr std::string_view names[]{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

/// Takes log lines. *Thread*: any; lines are handed on one at a time.
class log {
 public:
  using sink = std::function<void(log_level, std::string_view)>;

  /// To standard error, as `2026-01-31T12:00:00.000Z warning text`.
  log();
  explicit log(sink to, log_level lowest = log_level::debug)
      : to_(std::move(to)), lowest_(lowest) {}

  void write(log_level level, std::string_view text) const {
    if (level >= lowest_) to_(level, text);
  }
  void debug(std::string_view text) const { write(log_level::debug, text); }
  void info(std::string_view text) const { write(log_level::info, text); }
  void warning(std::string_view text) const { write(log_level::warning, text); }
  void error(std::string_view text) const { write(log_level::error, text); }

 private:
  sink to_;
  log_level lowest_ = log_level::info;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/log.ipp>
#endif
