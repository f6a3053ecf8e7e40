// Asking a person for required values that were not typed.
#pragma once

#include <utility>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/shape.hpp>
#include <pando/cli/run.hpp>

namespace pando::cli {

namespace detail {

/// What the question of a value is: its name as it would be typed, and what it takes.
inline std::string question_of(described_app const& app, missing_value const& value) {
  auto name = value.spelling;
  name.erase(0, name.find_first_not_of("-<"));
  if (!name.empty() && name.back() == '>') name.pop_back();
  auto const type = bare(app, value.type);
  if (type.kind() == schema::kind::boolean || type.kind() == schema::kind::enumeration) return name;
  return name + " (" + expectation(app, value.type) + ")";
}

/// Asks for one value and gives the texts it takes; false: nobody answered.
class value_asker {
 public:
  value_asker(described_app const& app, missing_value const& value, terminal& shown)
      : app_(app), shown_(shown), type_(bare(app, value.type)),
        is_secret_(holds_secret(app, value.type)), question_(question_of(app, value)) {}

  bool ask(std::vector<std::string>& answers) {
    using enum schema::kind;
    answers.clear();
    if (type_.secret) return ask_text(answers);
    if (type_.kind() == boolean) return ask_switch(answers);
    if (type_.kind() == enumeration) return choose(type_, io_question::kind::choose_one, answers);
    if (type_.kind() == map) return ask_many(answers);
    if (!repeats(type_.kind())) return ask_text(answers);
    auto const element = bare(app_, *type_.type->element);
    if (element.kind() == enumeration && type_.kind() != fixed_list && !is_secret_)
      return choose(element, io_question::kind::choose_many, answers);
    return ask_many(answers);
  }

 private:
  bool ask_once(io_question::kind kind, std::string const& question, std::string& text) {
    auto answer = shown_.ask({kind, question, {}});
    text = std::move(answer.text);
    return !answer.cancelled;
  }

  /// A line; where a secret is in it, unseen, and once more unless it is empty.
  bool ask_line(std::string const& question, std::string& text) {
    if (!is_secret_) return ask_once(io_question::kind::text, question, text);
    for (;;) {
      std::string again;
      if (!ask_once(io_question::kind::secret, question, text)) return false;
      if (text.empty()) return true;
      if (!ask_once(io_question::kind::secret, "once more", again)) return false;
      if (text == again) return true;
      shown_.write_error("These two differ.\n");
    }
  }

  bool ask_text(std::vector<std::string>& answers) {
    return ask_line(question_, answers.emplace_back());
  }

  bool ask_switch(std::vector<std::string>& answers) {
    std::string text;
    if (!ask_once(io_question::kind::confirm, question_ + "?", text)) return false;
    answers.push_back(text == "yes" ? "true" : "false");
    return true;
  }

  bool choose(bare_type const& of, io_question::kind kind, std::vector<std::string>& answers) {
    auto const answer = shown_.ask({kind, question_, of.type->enumerators});
    for (auto const at : answer.chosen) answers.push_back(of.type->enumerators[at]);
    return !answer.cancelled;
  }

  bool ask_many(std::vector<std::string>& answers) {
    auto const count = type_.kind() == schema::kind::fixed_list ? type_.type->count : 0U;
    if (count == 0)
      shown_.write_error(plain_text(question_) + ", one a line; an empty line ends:\n");
    for (std::uint32_t at = 1; count == 0 || at <= count; ++at) {
      auto const which =
          count == 0 ? std::string(">")
                     : question_ + " " + std::to_string(at) + " of " + std::to_string(count);
      std::string text;
      if (!ask_line(which, text)) return false;
      if (count == 0 && text.empty()) break;
      answers.push_back(std::move(text));
    }
    return true;
  }

  described_app const& app_;
  terminal& shown_;
  bare_type type_;
  bool is_secret_;
  std::string question_;
};

} // namespace detail

PANDO_INLINE bool ask_missing(command_line const& commands, parsed& which, terminal& shown) {
  constexpr int most = 1000; // of a structure whose parts turn out to miss more parts
  for (int asked = 0; !which.missing.empty() && asked < most; ++asked) {
    auto const value = which.missing.front();
    std::vector<std::string> answers;
    if (!detail::value_asker(commands.app, value, shown).ask(answers)) return false;
    std::string why;
    auto tried = which;
    if (supply(commands, tried, value, answers, why)) {
      which = std::move(tried);
      find_missing(commands, which);
    } else {
      shown.write_error("Please give " + detail::plain_text(why) + ".\n");
    }
  }
  return which.missing.empty();
}

} // namespace pando::cli
