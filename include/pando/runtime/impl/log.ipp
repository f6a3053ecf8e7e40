// Log lines on standard error, each written by one call so that lines of threads do not mix.
#pragma once

#include <chrono>
#include <cstdio>

#include <unistd.h>

#include <pando/runtime/log.hpp>
#include <pando/schema/text.hpp>

namespace pando {

namespace detail {

/// Text from elsewhere stays on its line: control characters are written as \xNN.
inline void append_printable(std::string& line, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  for (char const c : text) {
    auto const code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code != 0x7f) {
      line += c;
    } else {
      line += "\\x";
      line += digits[code >> 4];
      line += digits[code & 15];
    }
  }
}

inline void log_to_standard_error(log_level level, std::string_view text) {
  auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  std::string line;
  line.reserve(text.size() + 40);
  text::append_time(line, now, 1, 1000);
  line += ' ';
  line += log_level_name(level);
  line += ' ';
  append_printable(line, text);
  line += '\n';
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace detail

PANDO_INLINE log::log() : to_(detail::log_to_standard_error) {}

} // namespace pando
