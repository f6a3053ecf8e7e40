// What may stand next on a line that is not finished.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include <pando/cli/completion.hpp>
#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/commands.hpp>
#include <pando/cli/parse.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli {

namespace detail {

/// Reads the finished words of a line and offers what may follow.
class completer {
 public:
  completer(command_line const& commands, std::span<std::string const> words)
      : commands_(commands), finished_(words.first(words.size() - 1)), last_(words.back()),
        entries_(entries_of(commands)) {}

  completions answer() {
    read_words();
    if (entry_ != nullptr) read_flags();
    if (files_) return std::move(out_);
    if (wanted_.has_value())
      offer_values(*wanted_, {});
    else if (ended_)
      offer_bare();
    else if (auto const equals = last_.find('=');
             last_.size() > 1 && last_[0] == '-' && equals != last_.npos)
      offer_after_equals(equals);
    else if (!last_.empty() && last_.front() == '-')
      offer_flags();
    else if (entry_ == nullptr)
      offer_words();
    else
      offer_bare();
    return std::move(out_);
  }

 private:
  void offer(std::string text, std::string note) {
    if (text.compare(0, last_.size(), last_) != 0) return;
    for (auto const& one : out_.list)
      if (one.text == text) return;
    out_.list.push_back({std::move(text), plain_text(note)});
  }

  /// As far as words lead; options before the command are passed over with their values.
  void read_words() {
    while (next_ < finished_.size()) {
      auto const& token = finished_[next_];
      if (token.size() > 1 && token.front() == '-') {
        if (entry_at(entries_, words_) != nullptr) break;
        read_option(token, nullptr);
        if (files_ || dangling_) return;
        continue;
      }
      if (!leads_on(entries_, words_, token)) break;
      words_.push_back(token);
      ++next_;
    }
    entry_ = entry_at(entries_, words_);
    dangling_ = ended_ = entry_ == nullptr && next_ < finished_.size();
  }

  /// One of Pando's own; its value is passed over, or is what is being typed.
  bool read_option(std::string const& token, command_entry const* entry) {
    ++next_;
    for (auto const& row : options_of(commands_, entry)) {
      if (token != "--" + std::string(row.spelling)) continue;
      if (row.word.empty()) return true;
      if (next_ < finished_.size()) return ++next_, true;
      dangling_ = true;
      ended_ = true; // nothing else may stand here
      files_ = out_.files = row.spelling == "input" || row.spelling == "socket";
      return true;
    }
    return false;
  }

  void read_flags() {
    while (next_ < finished_.size()) {
      auto const token = finished_[next_];
      if (ended_ || token.size() < 2 || token.front() != '-' || is_negative_value(token)) {
        ++bare_;
        ++next_;
      } else if (token == "--") {
        ended_ = true;
        ++next_;
      } else {
        read_flag(token);
      }
    }
  }

  void read_flag(std::string const& token) {
    auto const equals = token.find('=');
    auto name = token[1] == '-' ? token.substr(2, equals == token.npos ? equals : equals - 2)
                                : spelling_of_letter(token);
    flag_found found;
    if (!find_flag(commands_.app, entry_->request(), name, found)) {
      read_option(token, entry_);
      return;
    }
    ++next_;
    given_.push_back(std::move(name));
    if (found.is_switch || equals != token.npos || (token[1] != '-' && token.size() > 2)) return;
    if (next_ < finished_.size())
      ++next_;
    else
      wanted_ = found.place.type;
  }

  std::string spelling_of_letter(std::string const& token) const {
    for (auto const& row : flags_of(commands_.app, entry_->request()))
      if (row.letter != 0 && row.letter == token[1]) return row.spelling;
    return {};
  }

  void offer_words() {
    for (auto const& entry : entries_) {
      if (entry.hidden() || entry.words.size() <= words_.size() || !begins_with(entry, words_))
        continue;
      bool const is_last = entry.words.size() == words_.size() + 1;
      offer(entry.words[words_.size()], is_last ? std::string(entry.summary()) : std::string{});
    }
  }

  void offer_flags() {
    if (entry_ != nullptr) {
      auto const request = entry_->request();
      for (bool const required : {true, false})
        for (auto const& row : flags_of(commands_.app, request))
          if (row.required == required) offer_flag(row);
    }
    for (auto const& row : options_of(commands_, entry_))
      offer("--" + std::string(row.spelling), std::string(row.summary));
    if (out_.list.size() == 1 && out_.list.front().text.back() == '.') out_.goes_on = true;
  }

  void offer_flag(flag_row const& row) {
    auto const type = bare(commands_.app, row.type);
    bool const again = repeats(type.kind()) || type.kind() == schema::kind::map || row.is_key;
    bool const is_given = place_of(row.spelling, given_) != given_.size();
    if (is_given && !again) return;
    auto const key = row.spelling.find("<key>");
    auto const note =
        type.kind() == schema::kind::boolean ? std::string{} : expectation(commands_.app, row.type);
    offer("--" + row.spelling.substr(0, key), note);
    bool const is_no = row.spelling.starts_with("no-");
    if (type.kind() == schema::kind::boolean && !is_no && last_.compare(0, 5, "--no-") == 0)
      offer("--no-" + row.spelling, {});
  }

  void offer_after_equals(std::size_t equals) {
    auto const name = last_.substr(0, equals);
    if (entry_ == nullptr) return;
    if (name == "--input") {
      out_.files = true;
      return;
    }
    auto const spelling = name[1] == '-' ? name.substr(2) : spelling_of_letter(name);
    if (flag_found found; find_flag(commands_.app, entry_->request(), spelling, found))
      offer_values(found.place.type, name + "=");
  }

  void offer_values(std::uint32_t place, std::string const& before) {
    auto type = bare(commands_.app, place);
    if (repeats(type.kind())) type = bare(commands_.app, *type.type->element);
    using enum schema::kind;
    if (type.kind() == enumeration)
      for (auto const& name : type.type->enumerators) offer(before + name, {});
    for (auto const& allowed : allowed_texts(type)) offer(before + allowed, {});
    if (type.kind() == boolean)
      for (std::string const name : {"true", "false"}) offer(before + name, {});
    if (type.kind() == variant)
      for (auto const& alternative : type.type->alternatives)
        if (bare(commands_.app, alternative).kind() == structure)
          offer(before + kebab(commands_.app.types[alternative].name), {});
  }

  /// The value of the next positional field; where there is none, the flags.
  void offer_bare() {
    if (dangling_) return;
    if (!ended_) offer_words();
    auto const request = entry_ == nullptr ? std::nullopt : entry_->request();
    if (request.has_value()) {
      if (bare(commands_.app, *request).kind() != schema::kind::structure) {
        if (bare_ == 0) offer_values(*request, {});
      } else {
        auto const& names = entry_->positionals();
        for (std::size_t at = 0; at < names.size(); ++at)
          if (request_place place; find_value(commands_.app, *request, names[at], place))
            if (at == bare_ || (at < bare_ && repeats(bare(commands_.app, place.type).kind())))
              return offer_values(place.type, {});
      }
    }
    if (!ended_ && out_.list.empty() && last_.empty()) offer_flags();
  }

  command_line const& commands_;
  std::span<std::string const> finished_;
  std::string last_;
  pando::detail::sequence<command_entry> entries_;
  completions out_{};
  std::vector<std::string> words_{};
  command_entry const* entry_ = nullptr;
  std::size_t next_ = 0;
  std::size_t bare_ = 0;
  std::vector<std::string> given_{};
  std::optional<std::uint32_t> wanted_{}; ///< the last word is the value of a flag of this type
  bool ended_ = false;
  bool dangling_ = false;
  bool files_ = false;
};

} // namespace detail

PANDO_INLINE completions complete(command_line const& commands,
                                  std::span<std::string const> words) {
  if (words.empty()) return {};
  if (words.size() > 1 && words.front() == "help") words = words.subspan(1); // of any command
  return detail::completer(commands, words).answer();
}

} // namespace pando::cli
