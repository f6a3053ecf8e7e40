// Names that Prometheus takes, and its text.
#pragma once

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <pando/meta/utf8.hpp>
#include <pando/runtime/metrics.hpp>

namespace pando {

namespace detail {

/// Escapes a label's value, or a help text, which keeps its quotes.
inline void append_escaped(std::string& to, std::string_view text, bool is_label) {
  while (!text.empty()) {
    auto const one = meta::decode(text);
    auto const octets = one.octets == 0 ? 1 : one.octets;
    auto const part = text.substr(0, octets);
    text.remove_prefix(octets);
    if (one.octets == 0) to += '?';
    else if (part == "\\") to += "\\\\";
    else if (part == "\n") to += "\\n";
    else if (part == "\"" && is_label) to += "\\\"";
    else to += part;
  }
}

inline void append_label(std::string& to, std::string_view name, std::string_view value) {
  if (!to.empty()) to += ',';
  to += name;
  to += "=\"";
  append_escaped(to, value, true);
  to += '"';
}

/// Letters, digits and underscores, no digit first; colons too where `colons`.
inline bool is_metric_word(std::string_view word, bool colons) {
  bool is_first = true;
  for (char const c : word) {
    bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    bool const is_digit = c >= '0' && c <= '9';
    if (!is_letter && !(is_digit && !is_first) && !(c == ':' && colons)) return false;
    is_first = false;
  }
  return !word.empty();
}

/// The labels by name, so that the same ones are the same text.
inline std::string labels_text(metric_labels labels) {
  std::string text;
  std::string_view last;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::pair<std::string_view, std::string_view> const* next = nullptr;
    for (auto const& one : labels)
      if (one.first > last && (next == nullptr || one.first < next->first)) next = &one;
    append_label(text, next->first, next->second);
    last = next->first;
  }
  return text;
}

/// Why a program's own metric cannot have that name; null: it can.
inline char const* fault_of_metric(std::string_view name, metric_kind kind) {
  if (!is_metric_word(name, true))
    return "is no name of a metric: letters, digits and underscores, no digit first";
  if (name.starts_with("pando_")) return "begins with pando_, as only the library's own may";
  if (kind == metric_kind::counter && !name.ends_with("_total"))
    return "is a counter, and its name must end in _total";
  if (kind == metric_kind::histogram && !name.ends_with("_seconds"))
    return "is a histogram of times, and its name must end in _seconds";
  if (kind == metric_kind::gauge)
    for (std::string_view const taken : {"_total", "_bucket", "_count", "_sum"})
      if (name.ends_with(taken))
        return "is a gauge, and its name must not end in _total, _bucket, _count or _sum";
  return nullptr;
}

inline std::string_view name_of(metric_kind kind) {
  return kind == metric_kind::counter ? "counter"
         : kind == metric_kind::gauge ? "gauge"
                                      : "histogram";
}

template <class Number>
std::string_view decimal_text(std::array<char, 32>& room, Number number) {
  auto const end = std::to_chars(room.data(), room.data() + room.size(), number).ptr;
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

} // namespace detail

// Writing

PANDO_INLINE void metrics_writer::family(std::string_view name, metric_kind kind,
                                         std::string_view help) {
  name_ = name;
  to_ += "# HELP ";
  to_ += name;
  to_ += ' ';
  detail::append_escaped(to_, help, false);
  to_ += "\n# TYPE ";
  to_ += name;
  to_ += ' ';
  to_ += detail::name_of(kind);
  to_ += '\n';
}

PANDO_INLINE metrics_writer& metrics_writer::label(std::string_view name, std::string_view value) {
  detail::append_label(labels_, name, value);
  return *this;
}

PANDO_INLINE void metrics_writer::line(std::string_view suffix, std::string_view labels,
                                       std::string_view number) {
  to_ += name_;
  to_ += suffix;
  if (!labels.empty()) {
    to_ += '{';
    to_ += labels;
    to_ += '}';
  }
  to_ += ' ';
  to_ += number;
  to_ += '\n';
}

PANDO_INLINE void metrics_writer::value(std::uint64_t number) {
  std::array<char, 32> room;
  line({}, labels_, detail::decimal_text(room, number));
  labels_.clear();
}
PANDO_INLINE void metrics_writer::value(std::int64_t number) {
  std::array<char, 32> room;
  line({}, labels_, detail::decimal_text(room, number));
  labels_.clear();
}
PANDO_INLINE void metrics_writer::seconds(std::chrono::nanoseconds time) {
  std::array<char, 32> room;
  line({}, labels_, detail::decimal_text(room, static_cast<double>(time.count()) / 1e9));
  labels_.clear();
}

PANDO_INLINE void metrics_writer::value(histogram const& of) {
  std::array<char, 32> room;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= histogram::bounds_us.size(); ++i) {
    below += of.bucket(i);
    auto labels = labels_;
    bool const is_last = i == histogram::bounds_us.size();
    detail::append_label(labels, "le",
                         is_last ? std::string_view("+Inf")
                                 : detail::decimal_text(room, histogram::bounds_us[i] / 1e6));
    line("_bucket", labels, detail::decimal_text(room, below));
  }
  line("_sum", labels_, detail::decimal_text(room, static_cast<double>(of.sum().count()) / 1e9));
  line("_count", labels_, detail::decimal_text(room, below));
  labels_.clear();
}

// Calls

namespace detail {

/// What has been begun in one way, and what has ended.
struct calls_of_way {
  std::uint64_t begun = 0;
  std::array<std::uint64_t, call_outcome_names.size()> ended{};
};
inline calls_of_way calls_by(route_counts const& of, call_way way) noexcept {
  calls_of_way all;
  // Ended before begun: there are never more of the former.
  auto const* const door = of.read(way);
  for (std::size_t how = 0; how < all.ended.size(); ++how)
    all.ended[how] = way == call_way::in_process
                         ? of.ended_in_process(static_cast<call_outcome>(how))
                         : door == nullptr ? 0 : door->ended[how].value();
  all.begun = door == nullptr ? 0 : door->begun.value();
  return all;
}

} // namespace detail

PANDO_INLINE void call_counts::write(metrics_writer& to) const {
  std::array<std::uint64_t, call_way_names.size()> flying{};
  to.family("pando_calls_total", metric_kind::counter,
            "Calls of routes that have ended, by how they came and how they ended.");
  for (auto const& one : all_)
    for (std::size_t way = 0; way < call_way_names.size(); ++way) {
      auto const calls = detail::calls_by(*one, static_cast<call_way>(way));
      std::uint64_t ended = 0;
      for (auto const some : calls.ended) ended += some;
      // A machine may show an end before its beginning, whatever order they were read in.
      flying[way] += calls.begun - (std::min)(ended, calls.begun);
      for (std::size_t how = 0; how < calls.ended.size(); ++how) {
        if (calls.ended[how] == 0 && (calls.begun == 0 || how != 0)) continue; // never came so
        to.label("route", one->route()).label("transport", call_way_names[way]);
        to.label("outcome", call_outcome_names[how]).value(calls.ended[how]);
      }
    }
  to.family("pando_calls_in_flight", metric_kind::gauge,
            "Calls over a door that have not ended; those in process are not counted so.");
  for (std::size_t way = 1 + static_cast<std::size_t>(call_way::in_process); way < flying.size();
       ++way)
    to.label("transport", call_way_names[way]).value(flying[way]);
  to.family("pando_call_seconds", metric_kind::histogram,
            "How long calls over a door took; calls in process are not timed.");
  for (auto const& one : all_)
    for (std::size_t way = 0; way < call_way_names.size(); ++way)
      if (auto const* const door = one->read(static_cast<call_way>(way)); door != nullptr)
        to.label("route", one->route()).label("transport", call_way_names[way]).value(door->took);
}

// A program's own

PANDO_INLINE void metrics::add(std::string_view name, std::string_view help, counter const& what,
                               metric_labels labels) {
  add(name, help, metric_kind::counter, &what, labels);
}
PANDO_INLINE void metrics::add(std::string_view name, std::string_view help, gauge const& what,
                               metric_labels labels) {
  add(name, help, metric_kind::gauge, &what, labels);
}
PANDO_INLINE void metrics::add(std::string_view name, std::string_view help, histogram const& what,
                               metric_labels labels) {
  add(name, help, metric_kind::histogram, &what, labels);
}

PANDO_INLINE void metrics::add(std::string_view name, std::string_view help, metric_kind kind,
                               void const* what, metric_labels labels) {
  auto const refuse = [&](std::string const& why) {
    throw std::invalid_argument("pando: metric " + std::string(name) + " " + why);
  };
  if (auto const* const why = detail::fault_of_metric(name, kind)) refuse(why);
  for (auto one = labels.begin(); one != labels.end(); ++one) {
    if (!detail::is_metric_word(one->first, false) || one->first.starts_with("__"))
      refuse("has a label called \"" + std::string(one->first) +
             "\", which is no name of a label: letters, digits and underscores");
    if (one->first == "le" && kind == metric_kind::histogram)
      refuse("has a label called le, which is the buckets'");
    for (auto before = labels.begin(); before != one; ++before)
      if (before->first == one->first)
        refuse("has the label " + std::string(one->first) + " twice");
  }
  auto text = detail::labels_text(labels);
  std::lock_guard const lock(mutex_);
  auto at = own_.begin();
  for (; at != own_.end() && at->name <= name; ++at) {
    if (at->name != name) continue;
    if (at->kind != kind || at->help != help)
      refuse("is there already, as a " + std::string(detail::name_of(at->kind)) +
             " with the help \"" + at->help + "\"");
    if (at->labels == text) refuse("is there already, with the same labels");
  }
  own_.insert(at, {std::string(name), std::string(help), std::move(text), kind, what});
}

PANDO_INLINE void metrics::collect(std::function<void(metrics_writer&)> from) {
  std::lock_guard const lock(mutex_);
  collectors_.push_back(std::move(from));
}

// Reading

PANDO_INLINE std::string metrics::text() const {
  std::string text;
  metrics_writer to(text);
  calls_.write(to);
  to.family("pando_http_connections", metric_kind::gauge, "Connections that HTTP has open.");
  to.value(http_connections_.value());
  detail::sequence<std::function<void(metrics_writer&)>> collectors;
  {
    std::lock_guard const lock(mutex_);
    for (auto const& one : collectors_) collectors.push_back(one);
  }
  for (auto const& one : collectors) one(to); // they may ask, and add
  std::lock_guard const lock(mutex_);
  std::string_view last;
  for (auto const& one : own_) {
    if (one.name != last) to.family(last = one.name, one.kind, one.help);
    to.labels_ = one.labels;
    if (one.kind == metric_kind::counter) to.value(static_cast<counter const*>(one.what)->value());
    else if (one.kind == metric_kind::gauge) to.value(static_cast<gauge const*>(one.what)->value());
    else to.value(*static_cast<histogram const*>(one.what));
  }
  return text;
}

PANDO_INLINE std::optional<double> metrics::value(std::string_view series) const {
  auto const all = text();
  std::string_view left = all;
  while (!left.empty()) {
    auto const line = left.substr(0, left.find('\n'));
    left.remove_prefix(line.size() + 1);
    if (!line.starts_with(series) || line.size() <= series.size() || line[series.size()] != ' ')
      continue;
    double number = 0;
    std::from_chars(line.data() + series.size() + 1, line.data() + line.size(), number);
    return number;
  }
  return std::nullopt;
}

} // namespace pando
