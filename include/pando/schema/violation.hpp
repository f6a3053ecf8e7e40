// What a request got wrong: every fault of one request, each with its path, rule and sentence.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <pando/meta/sequence.hpp>

namespace pando {

/// One fault of a request. `path` is a JSON pointer (RFC 6901) to the value, empty for the whole.
struct violation {
  std::string path;
  std::string rule;    ///< "required", "type", "unknown", "duplicate" or the name of a rule
  std::string message; ///< a sentence for the person who sent it

  friend bool operator==(violation const&, violation const&) = default;
};

/// All the faults of a request, in the order they were found; at most `limit` are kept.
struct violations {
  static constexpr std::size_t limit = 100;
  detail::sequence<violation> list; ///< as `std::vector`, with fewer members

  bool empty() const noexcept { return list.empty(); }
  void add(std::string path, std::string_view rule, std::string message) {
    if (list.size() < limit)
      list.push_back({std::move(path), std::string(rule), std::move(message)});
  }
};

} // namespace pando
