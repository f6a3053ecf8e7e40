// Reading arguments: words of the command, then flags and bare values; every fault is kept.
#pragma once

#include <utility>

#include <pando/cli/detail/assign.hpp>
#include <pando/cli/detail/commands.hpp>
#include <pando/cli/parse.hpp>
#include <pando/meta/closest.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli {

namespace detail {

/// What a request that is no structure is called.
inline constexpr std::string_view whole_word = "value";

inline void list_missing(command_line const& commands, request_builder& builder, parsed& which) {
  which.missing.clear();
  if (which.own != nullptr && which.own->takes_parts) return;
  auto const request = which.own != nullptr ? which.own->request : which.route->request;
  auto const& positionals =
      which.own != nullptr ? which.own->positionals : which.command->positionals;
  for (auto& hole : builder.holes()) {
    for (auto const& name : positionals)
      if (name == hole.path) hole.spelling = "<" + kebab(name) + ">";
    which.missing.push_back({hole.path, hole.spelling, hole.type});
  }
  auto const type = bare(commands.app, *request);
  bool const is_structure = type.kind() == schema::kind::structure;
  if (!is_structure && !type.optional && which.document.is(json_value::kind::null))
    which.missing.push_back({{}, "<" + std::string(whole_word) + ">", *request});
}

/// Reads one command line. Problems are collected in the order of the arguments.
class argument_reader {
 public:
  argument_reader(command_line const& commands, std::span<std::string const> arguments,
                  file_reader const& files)
      : commands_(commands), arguments_(arguments), files_(files), entries_(entries_of(commands)) {}

  parsed read() {
    read_words();
    if (out_.what != parsed::kind::help && out_.what != parsed::kind::version) {
      if (entry_ == nullptr)
        end_without_command();
      else
        read_command();
    }
    if (!out_.problems.empty() && out_.what != parsed::kind::help)
      out_.what = parsed::kind::problems;
    return std::move(out_);
  }

 private:
  struct assignment {
    std::string flag; ///< as typed, with dashes
    request_place place;
    std::string text;
    bool negated;
  };

  void problem(std::string sentence) { out_.problems.push_back(std::move(sentence)); }
  bool more() const { return next_ < arguments_.size(); }

  /// The longest run of words that is a command; options may stand among them.
  void read_words() {
    std::vector<std::string> words;
    std::size_t behind = 0;
    while (more() && out_.what == parsed::kind::nothing) {
      auto const& token = arguments_[next_];
      if (token.size() > 1 && token.front() == '-') {
        if (entry_at(entries_, words) != nullptr || token == "--") break;
        read_own_option(token, nullptr);
        continue;
      }
      if (!leads_on(entries_, words, token)) break;
      words.push_back(token);
      ++next_;
      if (auto const* const found = entry_at(entries_, words)) {
        entry_ = found;
        behind = next_;
      }
    }
    if (entry_ != nullptr && out_.what == parsed::kind::nothing) next_ = behind;
    out_.words =
        entry_ != nullptr && out_.what == parsed::kind::nothing ? entry_->words : std::move(words);
  }

  void end_without_command() {
    if (!more()) return;
    auto tried = out_.words;
    tried.push_back(arguments_[next_]);
    std::string sentence = "there is no command '" + join_words(tried) + "'";
    if (auto const meant = nearest_command(tried); !meant.empty())
      sentence += "; did you mean '" + meant + "'?";
    problem(std::move(sentence));
  }

  /// Nearest as it was typed, or by its last word alone: `create` for `user create`.
  std::string nearest_command(std::vector<std::string> const& tried) const {
    std::vector<std::string> whole;
    std::vector<std::string> last;
    auto const typed = join_words(tried);
    for (auto const& entry : entries_) {
      if (entry.hidden()) continue;
      for (std::size_t count = 1; count <= entry.words.size(); ++count) {
        whole.push_back(join_words(std::span(entry.words).first(count)));
        last.push_back(entry.words[count - 1]);
      }
    }
    if (auto const near = meta::closest(typed, whole); !near.empty()) return std::string(near);
    auto const near = meta::closest(tried.back(), last);
    for (std::size_t at = 0; at < last.size() && !near.empty(); ++at)
      if (last[at] == near) return whole[at];
    return {};
  }

  /// One of Pando's own. False: it is none, and nothing was read.
  bool read_own_option(std::string const& token, command_entry const* behind) {
    auto const equals = token.find('=');
    auto const name = token.substr(0, equals);
    if (name == "-h" || name == "--help") return ++next_, out_.what = parsed::kind::help, true;
    if (name == "--version" && behind == nullptr)
      return ++next_, out_.what = parsed::kind::version, true;
    for (auto const& row : options_of(commands_, behind)) {
      auto const spelled = "--" + std::string(row.spelling);
      if (name != spelled && kebab(name) != spelled) continue;
      ++next_;
      std::string value;
      if (row.word.empty() && equals != token.npos)
        problem(spelled + " takes no value");
      else if (row.word.empty() || take_value(spelled, token, equals, row.word, value))
        set_own_option(row.spelling, value);
      return true;
    }
    if (behind == nullptr) {
      ++next_;
      std::vector<std::string> known;
      for (auto const& row : options_of(commands_, nullptr))
        known.push_back("--" + std::string(row.spelling));
      unknown(name, known, "no option; the flags of a command stand behind it");
      return true;
    }
    return false;
  }

  void set_own_option(std::string_view spelling, std::string const& value) {
    if (spelling == "json")
      out_.json = true;
    else if (spelling == "in-process")
      out_.in_process = true;
    else if (spelling == "socket")
      out_.socket = value;
    else if (spelling == "input")
      input_ = value;
    else if (spelling == "timeout" && !read_timeout(value))
      problem("--timeout takes a duration, such as 5s or PT1M, not '" + value + "'");
  }

  bool read_timeout(std::string const& value) {
    std::int64_t count = 0;
    std::string_view why;
    bool const fine = text::parse_duration(iso_duration(value), 1, 1000, count, why) && count > 0;
    if (fine) out_.timeout = std::chrono::milliseconds(count);
    return fine;
  }

  void unknown(std::string const& name, std::vector<std::string> const& known,
               std::string_view what) {
    std::string sentence = name + " is " + std::string(what);
    if (auto const meant = meta::closest(name, known); !meant.empty())
      sentence += "; did you mean " + std::string(meant) + "?";
    problem(std::move(sentence));
  }

  /// The value of a flag: behind `=`, or the next argument when that is none of a flag's forms.
  bool take_value(std::string const& flag, std::string const& token, std::size_t equals,
                  std::string_view wanted, std::string& value, bool is_secret = false) {
    if (equals != token.npos) return value = token.substr(equals + 1), true;
    if (more() && may_be_value(arguments_[next_])) return value = arguments_[next_++], true;
    std::string sentence = flag + " needs a value: " + std::string(wanted);
    if (more() && arguments_[next_] != "--")
      sentence += " (one that begins with a dash: " + flag + "=" +
                  (is_secret ? "-\xe2\x80\xa6" : arguments_[next_]) + ")";
    problem(std::move(sentence));
    return false;
  }

  static bool may_be_value(std::string const& token) {
    return token.size() < 2 || token.front() != '-' || is_negative_value(token);
  }

  void read_command() {
    bool flags_end = false;
    while (more() && out_.what != parsed::kind::help) {
      auto const& token = arguments_[next_];
      if (flags_end || token.size() < 2 || token.front() != '-' || is_negative_value(token)) {
        bare_.push_back(token);
        ++next_;
      } else if (token == "--") {
        flags_end = true;
        ++next_;
      } else if (token[1] == '-') {
        read_flag(token);
      } else {
        read_letters(token);
      }
    }
    if (out_.what == parsed::kind::help) return;
    out_.what = entry_->own != nullptr ? parsed::kind::own : parsed::kind::invoke;
    out_.route = entry_->route;
    out_.command = entry_->command;
    out_.own = entry_->own;
    build_request();
  }

  void read_flag(std::string const& token) {
    auto const equals = token.find('=');
    auto const flag = token.substr(0, equals);
    flag_found found;
    if (flag == "--help" || !find_flag(commands_.app, entry_->request(), flag.substr(2), found)) {
      if (!read_own_option(token, entry_)) read_unknown(token, equals);
      return;
    }
    ++next_;
    take(flag, token, equals, found);
  }

  void take(std::string const& flag, std::string const& token, std::size_t equals,
            flag_found const& found) {
    if (found.negated && equals != token.npos) return problem(flag + " takes no value");
    std::string text = "true";
    if (equals != token.npos)
      text = token.substr(equals + 1);
    else if (!found.is_switch &&
             !take_value(flag, token, equals, expectation(commands_.app, found.place.type), text,
                         holds_secret(commands_.app, found.place.type)))
      return failed_.push_back(found.place);
    assignments_.push_back({flag, found.place, std::move(text), found.negated});
  }

  /// Together with its value, when what was meant takes one.
  void read_unknown(std::string const& token, std::size_t equals) {
    ++next_;
    auto const name = token.substr(0, equals);
    auto const rows = flags_of(commands_.app, entry_->request());
    std::vector<std::string> known;
    for (auto const& row : rows) known.push_back("--" + row.spelling);
    for (auto const& row : options_of(commands_, entry_))
      known.push_back("--" + std::string(row.spelling));
    for (auto const& row : rows)
      if (bare(commands_.app, row.type).kind() == schema::kind::boolean)
        known.push_back(negation_of(row.spelling));
    unknown(name, known, "no flag of this command");
    if (equals != token.npos || !more() || !may_be_value(arguments_[next_])) return;
    auto const meant = meta::closest(name, known);
    for (auto const& row : rows)
      if (meant == "--" + row.spelling)
        next_ += bare(commands_.app, row.type).kind() == schema::kind::boolean ? 0U : 1U;
    if (meant.empty() && entry_->positionals().empty()) ++next_;
  }

  /// `-x v`, `-xv`, `-x=v`, `-abc`
  void read_letters(std::string const& token) {
    ++next_;
    auto const rows = flags_of(commands_.app, entry_->request());
    for (std::size_t at = 1; at < token.size(); ++at) {
      std::string const flag{'-', token[at]};
      if (flag == "-h") {
        out_.what = parsed::kind::help;
        return;
      }
      flag_row const* row = nullptr;
      for (auto const& one : rows)
        if (one.letter == token[at]) row = &one;
      if (row == nullptr) return unknown(flag, {}, "no flag of this command");
      flag_found found;
      find_flag(commands_.app, entry_->request(), row->spelling, found);
      bool const ends = at + 1 == token.size();
      if (!ends && token[at + 1] == '=') return take(flag, token, at + 1, found);
      if (!found.is_switch) return take(flag, token, ends ? token.npos : at, found);
      assignments_.push_back({flag, found.place, "true", false});
    }
  }

  void build_request() {
    auto const request = entry_->request();
    if (!request.has_value()) {
      for (auto const& token : bare_) problem(unexpected(token));
      return;
    }
    bool const is_structure = bare(commands_.app, *request).kind() == schema::kind::structure;
    if (is_structure) out_.document = json_object();
    if (input_.has_value()) read_input(is_structure);
    request_builder builder(commands_.app, *request, out_.document, files_);
    std::string why;
    for (auto const& one : assignments_) {
      bool const fine = one.negated ? builder.unset(one.place, one.flag, why)
                                    : builder.set(one.place, one.flag, one.text, why);
      if (!fine) problem(std::exchange(why, {}));
    }
    for (auto const& place : failed_) builder.consider_given(place);
    if (is_structure)
      place_bare_values(builder, *request);
    else
      place_whole(builder, *request);
    list_missing(commands_, builder, out_);
    if (!is_structure && !bare_.empty()) out_.missing.clear();
    out_.request = json_text_of(out_.document);
  }

  void read_input(bool wants_object) {
    std::string content;
    std::string why;
    if (!files_ || !files_(*input_, content, why))
      return problem("--input " + *input_ + " cannot be read: " + why);
    json_value given;
    if (!parse_json(content, given, why))
      return problem("--input " + *input_ + " is not JSON: " + why);
    if (wants_object && !given.is(json_value::kind::object))
      return problem("--input " + *input_ + " holds no JSON object");
    out_.document = std::move(given);
  }

  /// Bare values go to the positional fields that no flag has set; a list takes all that are left.
  void place_bare_values(request_builder& builder, std::uint32_t request) {
    std::size_t next = 0;
    std::string why;
    for (auto const& name : entry_->positionals()) {
      request_place place;
      if (!find_value(commands_.app, request, name, place) || was_flagged(place)) continue;
      bool const takes_all = repeats(bare(commands_.app, place.type).kind());
      while (next < bare_.size()) {
        if (!builder.set(place, "<" + kebab(name) + ">", bare_[next++], why))
          problem(std::exchange(why, {}));
        if (!takes_all) break;
      }
    }
    for (; next < bare_.size(); ++next) problem(unexpected(bare_[next]));
  }

  bool was_flagged(request_place const& place) const {
    for (auto const& one : assignments_)
      if (!one.place.steps.empty() && one.place.steps.front().name == place.steps.front().name)
        return true;
    return false;
  }

  /// A request that is no structure: its own value, or each of its elements, stands bare.
  void place_whole(request_builder& builder, std::uint32_t request) {
    request_place place;
    place.type = request;
    auto const kind = bare(commands_.app, request).kind();
    bool const takes_all = repeats(kind) || kind == schema::kind::map;
    std::string why;
    for (std::size_t at = 0; at < bare_.size(); ++at) {
      if (at != 0 && !takes_all)
        problem(unexpected(bare_[at]));
      else if (!builder.set(place, "<" + std::string(whole_word) + ">", bare_[at], why))
        problem(std::exchange(why, {}));
    }
  }

  /// Where a command takes a secret, a word that belongs nowhere may be meant for it.
  std::string unexpected(std::string const& token) const {
    auto const request = entry_->request();
    bool const is_secret = request.has_value() && holds_secret(commands_.app, *request);
    auto const named = is_secret ? std::string("a word") : "'" + token + "'";
    auto sentence = named + " is one value too many";
    bool const is_whole =
        request.has_value() && bare(commands_.app, *request).kind() != schema::kind::structure;
    if (entry_->positionals().empty() && !is_whole)
      sentence = named + " stands bare, and this command takes flags only";
    if (!assignments_.empty())
      if (auto const& last = assignments_.back();
          last.text == "true" && (token == "true" || token == "false"))
        sentence += "; write " + last.flag + "=" + token;
    return sentence;
  }

  command_line const& commands_;
  std::span<std::string const> arguments_;
  file_reader const& files_;
  pando::detail::sequence<command_entry> entries_;
  parsed out_{};
  command_entry const* entry_ = nullptr;
  std::size_t next_ = 0;
  std::optional<std::string> input_;
  pando::detail::sequence<assignment> assignments_;
  pando::detail::sequence<request_place> failed_; ///< flags that came without their value
  std::vector<std::string> bare_;
};

} // namespace detail

PANDO_INLINE parsed parse(command_line const& commands, std::span<std::string const> arguments,
                          detail::file_reader const& files) {
  return detail::argument_reader(commands, arguments, files).read();
}

PANDO_INLINE bool supply(command_line const& commands, parsed& which, missing_value const& value,
                         std::span<std::string const> answers, std::string& why) {
  auto const request = which.own != nullptr ? which.own->request : which.route->request;
  detail::request_builder builder(commands.app, *request, which.document, {});
  detail::request_place place;
  place.type = *request;
  if (!value.path.empty() && !detail::find_value(commands.app, *request, value.path, place))
    return why = "a value that was asked for", false;
  if (answers.empty() && !builder.unset(place, {}, why)) return false;
  for (auto const& answer : answers)
    if (!builder.set(place, {}, answer, why)) {
      constexpr std::string_view takes = " takes ";
      if (why.substr(0, takes.size()) == takes) why.erase(0, takes.size());
      return false;
    }
  which.request = detail::json_text_of(which.document);
  return true;
}

PANDO_INLINE void find_missing(command_line const& commands, parsed& which) {
  auto const request = which.own != nullptr ? which.own->request : which.route->request;
  detail::request_builder builder(commands.app, *request, which.document, {});
  detail::list_missing(commands, builder, which);
  which.request = detail::json_text_of(which.document);
}

PANDO_INLINE std::string expectation(described_app const& app, std::uint32_t place) {
  return detail::expected(app, detail::bare(app, place));
}

namespace detail {

inline std::string missing_sentence(described_app const& app, missing_value const& value) {
  auto const type = bare(app, value.type);
  bool const is_flag = value.spelling.front() == '-';
  auto const no_form = is_flag ? "--no-" + value.spelling.substr(2) : std::string{};
  if (type.kind() == schema::kind::boolean && is_flag)
    return value.spelling + " is missing: " + value.spelling + " or " +
           negation_of(value.spelling.substr(2));
  auto sentence = value.spelling + " is missing: " + expectation(app, value.type);
  if (is_flag && repeats(type.kind())) sentence += ", once for each (" + no_form + " for none)";
  return sentence;
}

} // namespace detail

PANDO_INLINE std::string usage_text(command_line const& commands, parsed const& which) {
  auto all = which.problems;
  for (auto const& value : which.missing)
    all.push_back(detail::missing_sentence(commands.app, value));
  auto const words = detail::join_words(which.words);
  auto const called = commands.program + (words.empty() ? "" : " " + words);
  std::string text = called + ": ";
  if (all.size() == 1)
    text += all.front() + "\n";
  else
    text += std::to_string(all.size()) + " problems\n";
  if (all.size() > 1)
    for (auto const& one : all) text += "  " + one + "\n";
  return text + "Run '" + called + " --help' to see what it takes.\n";
}

} // namespace pando::cli
