// Reads the Prometheus text format 0.0.4 as strictly as it is written down.
#pragma once

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

/// What a text says. Reading it throws std::runtime_error with the line at fault.
class prometheus {
 public:
  using labels = std::map<std::string, std::string>;

  explicit prometheus(std::string_view text) {
    if (text.empty() || text.back() != '\n') throw std::runtime_error("the last line has no end");
    while (!text.empty()) {
      line_ = text.substr(0, text.find('\n'));
      text.remove_prefix(line_.size() + 1);
      if (line_.starts_with("# HELP ")) help();
      else if (line_.starts_with("# TYPE ")) type();
      else sample();
    }
    for (auto const& [name, kind] : types_)
      if (kind == "histogram") check_histogram(name);
  }

  /// Of a series as it is written; NaN: there is none.
  double operator[](std::string const& series) const {
    auto const at = values_.find(series);
    return at == values_.end() ? std::nan("") : at->second;
  }
  bool has(std::string const& family) const { return types_.count(family) != 0; }
  std::string const& help_of(std::string const& family) const { return help_.at(family); }
  std::vector<labels> labels_of(std::string const& name) const {
    std::vector<labels> all;
    for (auto const& one : samples_)
      if (one.name == name) all.push_back(one.with);
    return all;
  }

 private:
  struct one_sample {
    std::string name;
    labels with;
    double value;
  };

  [[noreturn]] void fault(std::string const& why) const {
    throw std::runtime_error(why + ": " + std::string(line_));
  }
  static std::string word(std::string_view& from) {
    std::size_t end = 0;
    while (end < from.size() && (std::isalnum(static_cast<unsigned char>(from[end])) != 0 ||
                                 from[end] == '_' || from[end] == ':'))
      ++end;
    std::string const found(from.substr(0, end));
    from.remove_prefix(end);
    return found;
  }
  std::string name_in(std::string_view& from) const {
    auto const found = word(from);
    if (found.empty() || std::isdigit(static_cast<unsigned char>(found[0])) != 0)
      fault("no name of a metric");
    return found;
  }
  void help() {
    auto rest = line_.substr(7);
    auto const name = name_in(rest);
    if (types_.count(name) != 0) fault("HELP after TYPE");
    if (!help_.emplace(name, rest.substr(rest.empty() ? 0 : 1)).second) fault("HELP twice");
    if (rest.size() < 2) fault("an empty HELP");
  }
  void type() {
    auto rest = line_.substr(7);
    auto const name = name_in(rest);
    std::string const kind(rest.substr(1));
    if (kind != "counter" && kind != "gauge" && kind != "histogram") fault("an unknown TYPE");
    if (help_.count(name) == 0) fault("TYPE without HELP");
    if (!types_.emplace(name, kind).second) fault("TYPE twice");
    family_ = name;
  }
  std::string quoted(std::string_view& from) const {
    std::string text;
    for (from.remove_prefix(1); !from.empty() && from[0] != '"'; from.remove_prefix(1)) {
      if (from[0] != '\\') {
        text += from[0];
        continue;
      }
      from.remove_prefix(1);
      if (from[0] == 'n') text += '\n';
      else if (from[0] == '"' || from[0] == '\\') text += from[0];
      else fault("an unknown escape");
    }
    if (from.empty()) fault("a label without an end");
    from.remove_prefix(1);
    return text;
  }
  void sample() {
    auto rest = line_;
    one_sample made{name_in(rest), {}, 0};
    auto const end_of_series = [&] { return std::string(line_.substr(0, line_.size() - rest.size())); };
    if (rest.starts_with("{")) {
      rest.remove_prefix(1);
      while (!rest.starts_with("}")) {
        auto const label = name_in(rest);
        if (!rest.starts_with("=\"")) fault("a label without a value");
        rest.remove_prefix(1);
        if (!made.with.emplace(label, quoted(rest)).second) fault("a label twice");
        if (rest.starts_with(",")) rest.remove_prefix(1);
        else if (!rest.starts_with("}")) fault("no comma between labels");
      }
      rest.remove_prefix(1);
    }
    auto const series = end_of_series();
    if (!rest.starts_with(" ")) fault("no space before the value");
    std::string const number(rest.substr(1));
    char* end = nullptr;
    made.value = std::strtod(number.c_str(), &end);
    if (end == number.c_str() || *end != '\0') fault("no number");
    if (base_of(made.name) != family_) fault("not of the family above it");
    bool const is_gauge = types_.at(family_) == "gauge";
    if (!is_gauge && !(made.value >= 0)) fault("a counter below 0");
    if (types_.at(family_) == "counter" && !made.name.ends_with("_total"))
      fault("a counter without _total");
    if (!values_.emplace(series, made.value).second) fault("a series twice");
    if (!seen_.emplace(made.name, made.with).second) fault("the same labels twice");
    samples_.push_back(std::move(made));
  }
  std::string base_of(std::string const& name) const {
    auto const kind = types_.find(family_);
    if (kind == types_.end() || kind->second != "histogram") return name;
    for (std::string_view const suffix : {"_bucket", "_sum", "_count"})
      if (name == family_ + std::string(suffix)) return family_;
    return name == family_ ? "" : name;
  }
  /// Buckets grow, the last is +Inf, and it is the count.
  void check_histogram(std::string const& name) const {
    std::map<labels, std::pair<double, double>> last; // bound, value
    std::map<labels, int> parts;
    for (auto const& one : samples_) {
      auto with = one.with;
      if (one.name == name + "_bucket") {
        auto const bound = std::strtod(with.at("le").c_str(), nullptr);
        with.erase("le");
        auto const [at, is_first] = last.emplace(with, std::pair(-1.0, 0.0));
        if (!(bound > at->second.first) || one.value < at->second.second)
          throw std::runtime_error("buckets of " + name + " do not grow");
        at->second = {bound, one.value};
      } else if (one.name == name + "_count") {
        auto const at = last.find(with);
        if (at == last.end() || !std::isinf(at->second.first) || at->second.second != one.value)
          throw std::runtime_error("the last bucket of " + name + " is not its count");
        ++parts[with];
      } else if (one.name == name + "_sum") {
        ++parts[with];
      }
    }
    for (auto const& [with, bucket] : last)
      if (parts[with] != 2) throw std::runtime_error(name + " has no sum or no count");
  }

  std::string_view line_{};
  std::string family_{};
  std::map<std::string, std::string> help_{};
  std::map<std::string, std::string> types_{};
  std::map<std::string, double> values_{};
  std::set<std::pair<std::string, labels>> seen_{};
  std::vector<one_sample> samples_{};
};

} // namespace support
