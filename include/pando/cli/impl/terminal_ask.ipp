// Asking: lines, unseen ones, yes or no, one or many of several.
#pragma once

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/hidden_input.hpp>
#include <pando/cli/terminal.hpp>

namespace pando::cli {

PANDO_INLINE void terminal::ask(io_question const& question, std::function<void(io_answer)> then) {
  then(ask(question));
}

PANDO_INLINE io_answer terminal::ask(io_question const& question) {
  std::lock_guard const turn(mutex_);
  return ask_in_turn(question);
}

namespace detail {

/// `Name?` and `Name` both have a blank before the answer.
inline std::string prompt_of(std::string_view question) {
  auto text = plain_text(question, true);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  if (text.empty()) return "> ";
  char const last = text.back();
  return text + (std::string_view(":?!.>").find(last) != std::string_view::npos ? " " : ": ");
}

inline std::string trimmed(std::string_view text) {
  auto const from = text.find_first_not_of(" \t\r");
  if (from == text.npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") + 1 - from));
}

inline std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// The place of an option by its number from 1, its text, or the only one that begins so.
inline std::size_t option_meant(std::vector<std::string> const& options, std::string const& typed) {
  constexpr auto none = static_cast<std::size_t>(-1);
  for (std::size_t at = 0; at < options.size(); ++at)
    if (options[at] == typed) return at;
  std::size_t number = 0;
  bool const is_number =
      !typed.empty() && typed.size() < 7 && typed.find_first_not_of("0123456789") == typed.npos;
  if (is_number)
    for (char const c : typed) number = number * 10 + static_cast<std::size_t>(c - '0');
  if (is_number && number >= 1 && number <= options.size()) return number - 1;
  auto found = none;
  for (std::size_t at = 0; at < options.size() && !typed.empty(); ++at)
    if (lowered(options[at]).compare(0, typed.size(), lowered(typed)) == 0) {
      if (found != none) return none;
      found = at;
    }
  return found;
}

/// `1 3`, `1,3`, `2-4`, `all`, nothing. False: something there is no option.
inline bool options_meant(std::vector<std::string> const& options, std::string const& typed,
                          std::vector<std::size_t>& chosen, std::string& fault) {
  bool const all = typed == "all";
  pando::detail::sequence<bool> taken(options.size());
  for (std::size_t from = 0; !all && from < typed.size();) {
    auto upto = typed.find_first_of(", ", from);
    if (upto == typed.npos) upto = typed.size();
    auto const one = typed.substr(from, upto - from);
    from = upto + 1;
    if (one.empty()) continue;
    auto first = option_meant(options, one);
    auto last = first;
    if (auto const dash = one.find('-'); first >= options.size() && dash != one.npos) {
      first = option_meant(options, one.substr(0, dash));
      last = option_meant(options, one.substr(dash + 1));
    }
    if (first >= options.size() || last >= options.size() || last < first)
      return fault = one, false;
    for (; first <= last; ++first) taken[first] = true;
  }
  for (std::size_t at = 0; at < options.size(); ++at)
    if (all || taken[at]) chosen.push_back(at);
  return true;
}

} // namespace detail

PANDO_INLINE io_answer terminal::ask_in_turn(io_question const& question) {
  io_answer answer;
  if (!can_ask()) return answer;
  hide_bar();
  using kind = io_question::kind;
  if (question.what == kind::choose_one || question.what == kind::choose_many) {
    answer.cancelled = !choose(question, answer);
    return answer;
  }
  auto prompt = detail::prompt_of(question.text);
  if (question.what != kind::confirm) {
    answer.cancelled = !ask_line(prompt, question.what == kind::secret, answer.text);
    return answer;
  }
  if (prompt.size() > 2 && prompt[prompt.size() - 2] == ':') prompt.erase(prompt.size() - 2, 1);
  for (std::string line; ask_line(prompt + "[y/n] ", false, line);) {
    line = detail::lowered(detail::trimmed(line));
    if (line == "y" || line == "yes" || line == "n" || line == "no") {
      answer.text = line.front() == 'y' ? "yes" : "no";
      answer.cancelled = false;
      return answer;
    }
    put(ask_on_, "Please answer yes or no.\n");
  }
  return answer;
}

PANDO_INLINE bool terminal::choose(io_question const& question, io_answer& answer) {
  if (question.options.empty()) return false;
  bool const many = question.what == io_question::kind::choose_many;
  auto text = detail::plain_text(question.text, true) + "\n";
  auto const digits = std::to_string(question.options.size()).size();
  for (std::size_t at = 0; at < question.options.size(); ++at)
    text += "  " + detail::padded(std::to_string(at + 1), digits, true) + ") " +
            detail::plain_text(question.options[at]) + "\n";
  put(ask_on_, text);
  std::string_view const prompt =
      many ? "Numbers, such as 1 3 or 2-4; all; or nothing for none: " : "Number: ";
  for (std::string line; ask_line(std::string(prompt), false, line);) {
    auto const typed = detail::trimmed(line);
    auto fault = typed;
    if (many && detail::options_meant(question.options, typed, answer.chosen, fault)) return true;
    if (!many) {
      auto const at = detail::option_meant(question.options, typed);
      if (at < question.options.size()) return answer.chosen.push_back(at), true;
    }
    put(ask_on_, "'" + detail::plain_text(fault) + "' is none of them.\n");
  }
  return false;
}

PANDO_INLINE bool terminal::ask_line(std::string const& prompt, bool hidden, std::string& line) {
  line.clear();
  if (!hidden) {
    put(ask_on_, prompt);
    return read_line(line);
  }
  detail::hidden_input const unseen(options_.in);
  if (!unseen.holds()) return false;
  put(ask_on_, prompt); // behind the switch, so that nothing typed after it shows
  bool const answered = read_line(line);
  if (answered) put(ask_on_, "\n"); // the one that was typed did not show
  return answered;
}

/// A line, without its end. False: the end of the input, or an interruption.
PANDO_INLINE bool terminal::read_line(std::string& line) {
  constexpr std::size_t longest = 1U << 16U;
  for (;;) {
    pollfd both[2]{{options_.in, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    int const ready = ::poll(both, 2, -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || interrupted_.load() || both[1].revents != 0) {
      put(ask_on_, "\n");
      return false;
    }
    char room[4096]; // a terminal gives one line at a time, and no longer ones
    auto const count = ::read(options_.in, room, sizeof(room));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) {
      if (line.empty()) put(ask_on_, "\n");
      return !line.empty();
    }
    line.append(room, static_cast<std::size_t>(count));
    if (line.back() == '\n' || line.size() >= longest) break;
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return true;
}

} // namespace pando::cli
