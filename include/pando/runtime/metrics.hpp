// The numbers of a running app: in code, and as text for Prometheus.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/call_counts.hpp>
#include <pando/runtime/counters.hpp>

namespace pando {

/// Labels of a series: names and values.
using metric_labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

/// Writes families and their series. *Source*: the Prometheus text format 0.0.4.
class metrics_writer {
 public:
  explicit metrics_writer(std::string& to) : to_(to) {}

  /// The series that follow are of this family. Of one name there is one family.
  void family(std::string_view name, metric_kind kind, std::string_view help);
  /// A label of the next series. Any text is a value; what is no UTF-8 of it is shown as `?`.
  metrics_writer& label(std::string_view name, std::string_view value);
  void value(std::uint64_t number);
  void value(std::int64_t number);
  void seconds(std::chrono::nanoseconds time);
  void value(histogram const& of);

 private:
  friend class metrics;
  void line(std::string_view suffix, std::string_view labels, std::string_view number);

  std::string& to_;
  std::string_view name_{};
  std::string labels_{}; ///< of the next series, without braces
};

/// What an app counts of itself, and what a program adds: `app.metrics()`. *Thread*: any.
class metrics {
 public:
  metrics() = default;
  metrics(metrics const&) = delete;

  // A program's own. What is added outlives the app. *Throws* std::invalid_argument with a sentence
  // for a name that Prometheus does not take, that begins with `pando_`, or that is there already
  // with another kind or help, or with the same labels.

  /// `shop_orders_total`: the name of a counter ends in `_total`.
  void add(std::string_view name, std::string_view help, counter const& what,
           metric_labels labels = {});
  void add(std::string_view name, std::string_view help, gauge const& what,
           metric_labels labels = {});
  /// `shop_payment_seconds`: the name of a histogram ends in `_seconds`.
  void add(std::string_view name, std::string_view help, histogram const& what,
           metric_labels labels = {});
  /// Series that are made when somebody reads; each family is written by one of these, whole. It is
  /// run on the thread that reads, and does not wait. It may read and add here; several threads
  /// that read run it at once.
  void collect(std::function<void(metrics_writer&)> from);

  /// All of it as Prometheus reads it; its type is `content_type`.
  std::string text() const;
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
  /// The value of one series as `text()` names it: `shop_orders_total`,
  /// `pando_calls_total{route="user.show",transport="http",outcome="ok"}`.
  std::optional<double> value(std::string_view series) const;

  // What the doors count.
  call_counts& calls() noexcept { return calls_; }
  gauge& http_connections() noexcept { return http_connections_; }

 private:
  struct entry {
    std::string name;
    std::string help;
    std::string labels;
    metric_kind kind;
    void const* what;
  };
  void add(std::string_view name, std::string_view help, metric_kind kind, void const* what,
           metric_labels labels);

  call_counts calls_;
  gauge http_connections_;
  mutable std::mutex mutex_; ///< for the rest
  detail::sequence<entry> own_; ///< by name
  detail::sequence<std::function<void(metrics_writer&)>> collectors_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/metrics.ipp>
#endif
