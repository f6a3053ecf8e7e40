// `pando::io`: what a handler shows and asks, the same here, through a socket, or on a terminal.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/schema/type_of.hpp>

namespace pando {

/// Something to show. Views are valid during the call that brings them.
struct io_event {
  enum class kind : std::uint8_t { log, error, table, progress };
  kind what;
  std::string_view text{}; ///< log, error: the line. progress: what is being done. table: JSON rows
  std::uint64_t done = 0;
  std::uint64_t total = 0; ///< 0: unknown
};

/// Something to ask.
struct io_question {
  enum class kind : std::uint8_t { text, secret, confirm, choose_one, choose_many };
  kind what = kind::text;
  std::string text;
  std::vector<std::string> options{};
};

/// The answer to a question; `cancelled` when the other end left, pressed Ctrl-D or has no
/// terminal.
struct io_answer {
  bool cancelled = true;
  std::string text{};
  std::vector<std::size_t> chosen{};
};

/// The other end of an `io`: a terminal, a socket's client, or nobody.
class io_sink {
 public:
  virtual ~io_sink() = default;
  /// Shows it; may drop progress when the other end is slow, never log lines.
  virtual void show(io_event const& event) = 0;
  /// Asks, and calls `then` once, perhaps at once, on the call's own executor.
  virtual void ask(io_question const& question, std::function<void(io_answer)> then) = 0;
};

/// Handed to a handler that asks for `pando::io&`. *Thread*: the handler's own.
class io {
 public:
  explicit io(io_sink* sink = nullptr) noexcept : sink_(sink) {}

  /// A line for the person who called.
  void log(std::string_view line) { show({io_event::kind::log, line}); }
  /// A line of trouble for the person who called; does not fail the call.
  void error(std::string_view line) { show({io_event::kind::error, line}); }
  /// A progress bar on a terminal, plain lines elsewhere. Numbers below 0 count as 0; `total` 0:
  /// unknown.
  template <std::integral Done, std::integral Total>
  void progress(Done done, Total total, std::string_view what = {}) {
    show({io_event::kind::progress, what, as_count(done), as_count(total)});
  }
  /// Rows as a table on a terminal, JSON lines elsewhere; secrets are "***" in both.
  template <class Row>
  void table(std::vector<Row> const& rows) {
    show_table(type_of<std::vector<Row>>(), &rows);
  }

  /// Asks for a line of text. *Throws* `pando::cancelled` when nobody answers.
  PANDO_LAZY task<std::string> prompt(std::string question);
  /// The same, unseen.
  PANDO_LAZY task<std::string> secret(std::string question);
  /// Yes or no.
  PANDO_LAZY task<bool> confirm(std::string question);
  /// One of the options, by its place. *Throws* std::invalid_argument when there is none.
  PANDO_LAZY task<std::size_t> choose(std::string question, std::vector<std::string> options);
  /// Any number of the options, by their places.
  PANDO_LAZY task<std::vector<std::size_t>> choose_many(std::string question,
                                             std::vector<std::string> options);

 private:
  template <std::integral Number>
  static constexpr std::uint64_t as_count(Number number) noexcept {
    return number > Number{} ? static_cast<std::uint64_t>(number) : 0;
  }
  void show(io_event const& event) {
    if (sink_ != nullptr) sink_->show(event);
  }
  void show_table(schema::type const& type, void const* rows);
  PANDO_LAZY task<io_answer> ask(io_question question);

  io_sink* sink_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/io.ipp>
#endif
