// What a handler writes so that it commits together with the record of its result.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pando/contract/bytes.hpp>
#include <pando/contract/persisted.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/handler/task.hpp>

namespace pando::store {

/// A parameter of a statement: null, a number, a text or octets.
using sql_value = std::variant<std::monostate, std::int64_t, double, std::string, bytes>;

/// A statement of SQL with `$1`, `$2` … and what they stand for.
struct sql_statement {
  std::string text{};
  std::vector<sql_value> values{};
};

/// What is written in one transaction with an answer.
struct writes {
  std::vector<sql_statement> statements{};
  std::vector<std::pair<std::string, std::string>> values{}; ///< of names

  bool empty() const noexcept { return statements.empty() && values.empty(); }
};

/// Ask for `pando::store::transaction&` in the handler of an rpc that is `with_transaction`. What
/// it is told to write is kept until the handler has given its result; then all of it and the
/// record of that result are one transaction of the storage, under the fence of the shard: all of
/// it happens, once for each call, or nothing. A handler that throws writes nothing. Where a
/// statement fails, nothing of the call is written but that: a defect, after which the instance is
/// made anew, and the call is carried out again if it has `retries` left. One that takes too long
/// fails too: half of `postgres_storage_options::timeout`, or on SQLite, for all statements of a
/// call, `busy_timeout` (1 s at least), for which others wait meanwhile.
///
/// Nothing can be read in the transaction, which begins when the handler is over. *Thread*: the
/// handler's.
class transaction {
 public:
  using reader = std::function<task<std::optional<std::string>>(std::string name)>;

  /// A statement for the database that the storage is in (SQLite's file, PostgreSQL's database),
  /// whose tables are the program's own: integers, `bool`, floating-point numbers, texts, `bytes`,
  /// nullptr and optionals of these stand for `$1`, `$2` …, on both engines. A storage in memory
  /// has no statements: there the call fails. One that rolls back (OR ROLLBACK) fails its own call
  /// alone. *Throws* std::invalid_argument for a statement that begins or ends a transaction,
  /// changes settings, or is a COPY.
  template <class... Values>
  void execute(std::string text, Values const&... values) {
    check(text);
    all_.statements.push_back({std::move(text), {value_of(values)...}});
  }
  /// Sets a small value by its name, on every engine. Names are of all entities together.
  void put(std::string name, std::string value) {
    all_.values.emplace_back(prefix + std::move(name), std::move(value));
  }
  /// The value that was committed last, by whichever call; not what this one has put.
  /// *Throws*: `storage_error`.
  task<std::optional<std::string>> get(std::string const& name) const {
    return reader_(prefix + name);
  }

  /// *Throws* std::invalid_argument for what `execute` does not take. One that ended the
  /// transaction would commit what comes before, and not the answer.
  static void check(std::string_view text) {
    auto const word = text.substr(first_word(text));
    for (std::string_view const one : {"begin", "start", "commit", "end", "rollback", "abort",
                                       "savepoint", "release", "prepare", "set", "reset",
                                       "discard", "attach", "detach", "pragma", "listen", "copy",
                                       "deallocate"}) {
      bool is_it = word.size() >= one.size();
      for (std::size_t at = 0; is_it && at < one.size(); ++at)
        is_it = (word[at] | 0x20) == one[at];
      bool const is_longer = is_it && word.size() > one.size() &&
                             (word[one.size()] | 0x20) >= 'a' && (word[one.size()] | 0x20) <= 'z';
      if (is_it && !is_longer)
        throw std::invalid_argument("pando: a statement of a handler's transaction writes rows: it "
                                    "begins and ends no transaction, and changes no settings; "
                                    "given: " +
                                    std::string(text.substr(0, 100)));
    }
  }

  /// What was told so far.
  writes const& told() const noexcept { return all_; }
  /// Who looks values up.
  void read_by(reader how) { reader_ = std::move(how); }

  /// What the names of values begin with in the storage, beside the library's own.
  static constexpr char const* prefix = "user/";

 private:
  /// Where it begins, after spaces, semicolons and comments, which nest as PostgreSQL's do. (Those
  /// of SQLite do not; its connection refuses by itself what such a comment hides.)
  static std::size_t first_word(std::string_view text) noexcept {
    std::size_t at = 0;
    for (;;) {
      at = (std::min)(text.find_first_not_of(" \t\r\n\f\v(;", at), text.size());
      auto const two = text.substr(at, 2);
      if (two == "--")
        at = text.find('\n', at);
      else if (two == "/*")
        at = end_of_comment(text, at);
      else
        return at;
      if (at >= text.size()) return text.size();
    }
  }
  static std::size_t end_of_comment(std::string_view text, std::size_t at) noexcept {
    std::size_t depth = 0;
    for (; at < text.size(); at += 2) {
      auto const two = text.substr(at, 2);
      if (two == "/*")
        ++depth;
      else if (two == "*/" && --depth == 0)
        return at + 2;
      else if (two != "*/")
        --at; // one by one
    }
    return text.size();
  }
  template <class Value>
  static sql_value value_of(Value const& value) {
    if constexpr (std::same_as<Value, std::nullptr_t>)
      return {};
    else if constexpr (std::integral<Value>)
      return static_cast<std::int64_t>(value);
    else if constexpr (std::floating_point<Value>)
      return static_cast<double>(value);
    else if constexpr (std::same_as<Value, bytes>)
      return value;
    else if constexpr (std::convertible_to<Value const&, std::string_view>)
      return std::string(std::string_view(value));
    else
      return value ? value_of(*value) : sql_value();
  }

  writes all_{};
  reader reader_{};
};

namespace detail {
/// What `call::extra` is asked for to get the transaction.
inline constexpr char transaction_of_call = 0;
} // namespace detail

} // namespace pando::store

namespace pando {

template <>
struct part_of_call<store::transaction> {
  template <class Route>
  static constexpr bool comes_with =
      detail::rpc_options<typename Route::parts>::has_transaction;
  static store::transaction& get(call& which) {
    return *static_cast<store::transaction*>(which.extra(&store::detail::transaction_of_call));
  }
};

} // namespace pando
