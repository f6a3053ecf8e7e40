// Showing: lines, tables and the progress bar.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/value.hpp>
#include <pando/cli/render.hpp>
#include <pando/cli/terminal.hpp>

namespace pando::cli {

namespace detail {

inline std::string environment(char const* name) {
  char const* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string(value);
}

inline std::size_t terminal_width(int terminal) {
  struct winsize size {};
  if (::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
  auto const told = std::strtoul(environment("COLUMNS").c_str(), nullptr, 10);
  return told == 0 || told > 1000 ? 80 : told;
}

/// A terminal that does as it is told.
inline bool obeys(int terminal) {
  auto const name = environment("TERM");
  return ::isatty(terminal) == 1 && !name.empty() && name != "dumb";
}

inline layout layout_of(int file) {
  if (::isatty(file) != 1) return {0, false, true};
  return {terminal_width(file), obeys(file) && environment("NO_COLOR").empty(), false};
}

} // namespace detail

PANDO_INLINE terminal::terminal(terminal_options options)
    : options_(options), out_is_terminal_(::isatty(options.out) == 1),
      err_is_terminal_(detail::obeys(options.err)), out_layout_(detail::layout_of(options.out)),
      err_layout_(detail::layout_of(options.err)) {
  if (::isatty(options.in) == 1) {
    if (::isatty(options.err) == 1)
      ask_on_ = options.err;
    else if (out_is_terminal_ && !options.json)
      ask_on_ = options.out;
  }
  if (::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) ask_on_ = -1;
}

PANDO_INLINE terminal::~terminal() {
  finish();
  for (int const file : wake_)
    if (file >= 0) ::close(file);
}

PANDO_INLINE void terminal::interrupt() noexcept {
  interrupted_.store(true);
  if (wake_[1] >= 0) (void)!::write(wake_[1], "x", 1);
}

PANDO_INLINE void terminal::put(int to, std::string_view text) {
  while (!text.empty()) {
    auto const written = ::write(to, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd one{to, POLLOUT, 0};
      ::poll(&one, 1, -1);
    } else if (errno != EINTR) {
      if (to == options_.out) output_fault_.store(errno);
      return;
    }
  }
}

PANDO_INLINE void terminal::hide_bar() {
  if (!bar_.empty()) put(options_.err, "\r\x1b[K");
  bar_.clear();
}

PANDO_INLINE void terminal::write(std::string_view text) {
  std::lock_guard const turn(mutex_);
  hide_bar();
  put(options_.out, text);
}

PANDO_INLINE void terminal::write_error(std::string_view text) {
  std::lock_guard const turn(mutex_);
  hide_bar();
  put(options_.err, text);
}

PANDO_INLINE void terminal::finish() {
  std::lock_guard const turn(mutex_);
  hide_bar();
}

/// In one piece, so that lines of other programs do not come between; the bar is drawn again below.
PANDO_INLINE void terminal::put_line(int to, std::string_view text, std::string_view colour) {
  auto const bar = bar_;
  hide_bar();
  auto line = detail::plain_text(text, true);
  if (!colour.empty()) line = std::string(colour) + line + "\x1b[0m";
  put(to, line + "\n");
  if (!bar.empty()) put(options_.err, bar_ = bar);
}

PANDO_INLINE void terminal::show(io_event const& event) {
  std::lock_guard const turn(mutex_);
  int const out = options_.json ? options_.err : options_.out;
  switch (event.what) {
  case io_event::kind::log:
    put_line(out, event.text, {});
    break;
  case io_event::kind::error:
    put_line(options_.err, event.text, err_layout_.colour ? "\x1b[31m" : "");
    break;
  case io_event::kind::table:
    show_table(event.text);
    break;
  case io_event::kind::progress:
    show_progress(event);
    break;
  }
}

PANDO_INLINE void terminal::show_table(std::string_view rows) {
  int const out = options_.json ? options_.err : options_.out;
  hide_bar();
  if (out_is_terminal_ && !options_.json) return put(out, render_json(rows, out_layout_));
  detail::json_value table;
  std::string why;
  std::string text;
  if (!detail::parse_json(rows, table, why)) return;
  for (auto const& row : table.items) text += detail::json_text_of(row) + "\n";
  put(out, text);
}

PANDO_INLINE void terminal::show_progress(io_event const& event) {
  if (err_is_terminal_)
    draw_bar(event);
  else
    print_progress(event);
}

namespace detail {

inline unsigned percent(io_event const& event) {
  auto const done = static_cast<double>(std::min(event.done, event.total));
  return static_cast<unsigned>(done * 100 / static_cast<double>(event.total));
}

inline std::string counted(io_event const& event) {
  auto text = std::to_string(event.done);
  if (event.total == 0) return text;
  return text + "/" + std::to_string(event.total);
}

} // namespace detail

/// `importing [#####.....] 5/10`, cut to the width so that it stays in one line.
PANDO_INLINE std::string terminal::bar_text(io_event const& event) const {
  constexpr std::size_t longest = 40;
  constexpr std::size_t shortest = 10;
  auto const room = err_layout_.width <= 1 ? 79 : err_layout_.width - 1;
  auto const count = detail::counted(event);
  auto what = detail::plain_text(event.text);
  if (!what.empty()) what += ' ';
  auto const used = detail::columns_of(what) + count.size() + 3;
  if (event.total == 0 || used + shortest > room) return detail::cut_to(what + count, room);
  auto const length = std::min(longest, room - used);
  auto const full = length * detail::percent(event) / 100;
  return what + "[" + std::string(full, '#') + std::string(length - full, '.') + "] " + count;
}

PANDO_INLINE void terminal::draw_bar(io_event const& event) {
  constexpr auto pause = std::chrono::milliseconds(40);
  auto const now = std::chrono::steady_clock::now();
  bool const is_done = event.total != 0 && event.done >= event.total;
  bool const is_new = bar_.empty() || event.text != last_what_;
  if (!is_done && !is_new && now - drawn_ < pause) return;
  drawn_ = now;
  last_what_ = event.text;
  bar_ = "\r" + bar_text(event) + "\x1b[K";
  put(options_.err, bar_);
  if (!is_done) return;
  put(options_.err, "\n");
  bar_.clear();
}

/// A line at the beginning, at every tenth and at the end; of what has no end, at 1, 2, 5, 10, 20
/// ….
PANDO_INLINE void terminal::print_progress(io_event const& event) {
  bool const is_done = event.total != 0 && event.done >= event.total;
  if (event.text != last_what_) next_step_ = 0;
  last_what_ = event.text;
  auto const at = event.total == 0 ? event.done : detail::percent(event) / 10;
  if (at < next_step_) return;
  next_step_ = at + 1;
  if (event.total == 0) {
    std::uint64_t step = 1;
    while (step <= event.done && step < (std::uint64_t{1} << 60U)) {
      bool const is_two = step % 9 == 2; // 2, 20, 200 leave 2 when divided by nine
      step = is_two ? step / 2 * 5 : step * 2;
    }
    next_step_ = step;
  }
  auto line = detail::plain_text(event.text);
  line += (line.empty() ? "" : " ") + detail::counted(event);
  if (event.total != 0) line += " (" + std::to_string(detail::percent(event)) + "%)";
  put(options_.err, line + "\n");
  if (is_done) next_step_ = 0, last_what_.clear();
}

} // namespace pando::cli
