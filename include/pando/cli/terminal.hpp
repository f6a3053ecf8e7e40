// `pando::io` on a terminal, or where there is none: lines, tables, progress, questions.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <pando/cli/layout.hpp>
#include <pando/config.hpp>
#include <pando/handler/io.hpp>

namespace pando::cli {

/// What a terminal is made of: file descriptors, which stay the caller's.
struct terminal_options {
  int in = 0;
  int out = 1;
  int err = 2;
  bool json = false; ///< standard output is for the result alone: all else goes to standard error
};

/// Shows and asks. Log lines and tables go to standard output, errors, progress and questions to
/// standard error. A table is drawn on a terminal and is a JSON line for each row elsewhere;
/// progress is a bar redrawn on a terminal and plain lines elsewhere. Colour only on a terminal,
/// and not with NO_COLOR or TERM=dumb. Nothing that controls a terminal passes through from what is
/// shown. A question is answered by Ctrl-D, `interrupt`, or the lack of a terminal with
/// `cancelled`. *Thread*: `interrupt` any; the rest takes turns.
class terminal final : public io_sink {
 public:
  explicit terminal(terminal_options options = {});
  terminal(terminal const&) = delete;
  PANDO_INLINE ~terminal() override;

  PANDO_INLINE void show(io_event const& event) override;
  /// Waits for the person, then calls `then` before it returns.
  PANDO_INLINE void ask(io_question const& question, std::function<void(io_answer)> then) override;
  /// The same, in a straight line.
  io_answer ask(io_question const& question);
  bool can_ask() const noexcept { return ask_on_ >= 0 && !interrupted_.load(); }
  /// Ends a question that waits and all later ones.
  void interrupt() noexcept;

  /// To standard output or error, after the bar has been taken away. What is no longer read is
  /// dropped.
  void write(std::string_view text);
  void write_error(std::string_view text);
  /// Takes the bar away, at the end.
  void finish();
  /// Why standard output could not be written, as `errno` has it; 0: it could.
  int output_fault() const noexcept { return output_fault_.load(); }

  layout layout_of_output() const { return out_layout_; }
  layout layout_of_errors() const { return err_layout_; }
  bool output_is_terminal() const noexcept { return out_is_terminal_; }

 private:
  enum class read_end : std::uint8_t { line, nothing };

  void put(int to, std::string_view text);
  void put_line(int to, std::string_view text, std::string_view colour);
  void show_table(std::string_view rows);
  void show_progress(io_event const& event);
  void draw_bar(io_event const& event);
  void print_progress(io_event const& event);
  std::string bar_text(io_event const& event) const;
  void hide_bar();
  io_answer ask_in_turn(io_question const& question);
  bool ask_line(std::string const& prompt, bool hidden, std::string& line);
  bool read_line(std::string& line);
  bool choose(io_question const& question, io_answer& answer);

  terminal_options options_;
  bool out_is_terminal_ = false;
  bool err_is_terminal_ = false;
  int ask_on_ = -1; ///< where questions are written
  layout out_layout_{};
  layout err_layout_{};
  int wake_[2] = {-1, -1};
  std::atomic<bool> interrupted_{false};
  std::atomic<int> output_fault_{0};
  std::mutex mutex_;
  std::string bar_{}; ///< as it is drawn now
  std::chrono::steady_clock::time_point drawn_{};
  std::string last_what_{};
  std::uint64_t next_step_ = 0; ///< of plain progress lines
};

} // namespace pando::cli

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/terminal.ipp>
#include <pando/cli/impl/terminal_ask.ipp>
#endif
