// The three shells' scripts, and the answers their functions read.
#pragma once

#include <algorithm>
#include <cstdlib>

#include <pando/cli/completion.hpp>

namespace pando::cli {

namespace detail {

inline constexpr std::string_view bash_script =
    R"(# bash completion of PROGRAM; load it with: source <(PROGRAM completion bash)
_FUNCTION_completion() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o default 2>/dev/null ;;
      :goes-on) compopt -o nospace 2>/dev/null ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${1/#\~/$HOME}" __complete line "$COMP_LINE" "$COMP_POINT" "$COMP_WORDBREAKS" \
    2>/dev/null)
}
complete -F _FUNCTION_completion PROGRAM
)";

inline constexpr std::string_view zsh_script = R"(#compdef PROGRAM
# zsh completion of PROGRAM; load it with: source <(PROGRAM completion zsh)
_FUNCTION() {
  local line files
  local -a list extra
  while IFS= read -r line; do
    case $line in
      :files) files=1 ;;
      :goes-on) extra=(-S '') ;;
      *$'\t'*) list+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
      *) list+=("${line//:/\\:}") ;;
    esac
  done < <("${~words[1]}" __complete words -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" \
    2>/dev/null)
  if [[ -n $files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
    return
  fi
  (( $#list )) && _describe -V PROGRAM list $extra
}
if [[ $funcstack[1] == _FUNCTION ]]; then
  _FUNCTION "$@"
else
  compdef _FUNCTION PROGRAM
fi
)";

inline constexpr std::string_view fish_script =
    R"(# fish completion of PROGRAM; load it with: PROGRAM completion fish | source
function __FUNCTION_complete
  set -l words (commandline -opc)
  set -l program (string replace -r '^~' $HOME -- $words[1])
  set -e words[1]
  set -l last (commandline -ct)
  for line in ($program __complete words -- $words "$last" 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path (string replace -r '^--[^=]*=' '' -- $last)
      case ':goes-on'
      case '*'
        echo $line
    end
  end
end
complete -c PROGRAM -f -a '(__FUNCTION_complete)'
)";

inline std::string replaced(std::string_view script, std::string_view program) {
  std::string function;
  for (char const c : program) {
    bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    function += letter ? c : '_';
  }
  std::string out;
  while (!script.empty()) {
    auto const upper = script.find_first_of("PF");
    out += script.substr(0, upper);
    if (upper == script.npos) break;
    script.remove_prefix(upper);
    bool const is_program = script.substr(0, 7) == "PROGRAM";
    bool const is_function = script.substr(0, 8) == "FUNCTION";
    out += is_program ? std::string(program) : is_function ? function : std::string{script[0]};
    script.remove_prefix(is_program ? 7 : is_function ? 8 : 1);
  }
  return out;
}

/// A line as a shell splits it, as far as it goes: quotes may be open, the last word may be empty.
inline std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    char const c = line[at];
    if (quote == 0 && (c == ' ' || c == '\t')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (c == quote)
      quote = 0;
    else if (c == '\\' && quote != '\'' && at + 1 < line.size())
      words.back() += line[++at];
    else
      words.back() += c;
  }
  if (!in_word) words.emplace_back();
  return words;
}

} // namespace detail

PANDO_INLINE std::string completion_script(std::string_view shell, std::string_view program) {
  if (shell == "bash") return detail::replaced(detail::bash_script, program);
  if (shell == "zsh") return detail::replaced(detail::zsh_script, program);
  if (shell == "fish") return detail::replaced(detail::fish_script, program);
  return {};
}

PANDO_INLINE std::string
answer_completion(std::span<std::string const> arguments,
                  std::function<completions(std::span<std::string const> words)> const& ask) {
  if (arguments.empty()) return {};
  std::vector<std::string> words; // behind the first
  std::size_t shown = 0;          // bash replaces what stands behind the last of its word breaks
  if (arguments[0] == "line" && arguments.size() >= 3) {
    auto const point = std::strtoul(arguments[2].c_str(), nullptr, 10);
    words = detail::shell_words(std::string_view(arguments[1]).substr(0, point));
    if (words.size() < 2) return {};
    auto const breaks = arguments.size() > 3 ? arguments[3] : std::string("=:");
    auto const last_break = words.back().find_last_of(breaks);
    shown = last_break == std::string::npos ? 0 : last_break + 1;
  } else if (arguments[0] == "words" && arguments.size() >= 2) {
    for (auto const& word : arguments.subspan(1)) words.push_back(word);
    if (words.size() < 2) words.emplace_back();
  } else {
    return {};
  }
  auto const found = ask(std::span<std::string const>(words).subspan(1));
  std::string text;
  if (found.files) text += ":files\n";
  if (found.goes_on) text += ":goes-on\n";
  for (auto const& one : found.list) {
    text += one.text.substr(std::min(shown, one.text.size()));
    if (!one.note.empty()) (text += "\t") += one.note;
    text += "\n";
  }
  return text;
}

} // namespace pando::cli
