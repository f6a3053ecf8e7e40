// Completion in bash, zsh and fish: the scripts ask the program, which answers from the
// description.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <pando/cli/command_line.hpp>
#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli {

/// One way to go on.
struct candidate {
  std::string text; ///< the whole word
  std::string note; ///< a few words beside it, or empty
};

/// What may stand where the last word is.
struct completions {
  pando::detail::sequence<candidate> list{};
  bool files = false;   ///< names of files, rather
  bool goes_on = false; ///< no blank behind the word: it goes on, as after `--flag=` or `--labels.`
};

/// What may stand in place of the last of these words, which may be empty. The words are those
/// behind the program's name.
completions complete(command_line const& commands, std::span<std::string const> words);

/// The script that makes a shell ask `program __complete …`; empty for a shell that is none of
/// "bash", "zsh" and "fish". `program` is what stands first on the line: "shop".
std::string completion_script(std::string_view shell, std::string_view program);

/// The hidden command `__complete`, behind its name: `words` for fish and zsh (`-- WORD…`), `line`
/// for bash (`LINE POINT WORDBREAKS`). Gives the lines for standard output: `WORD<tab>NOTE`, after
/// `:files` and `:goes-on` where these hold.
std::string
answer_completion(std::span<std::string const> arguments,
                  std::function<completions(std::span<std::string const> words)> const& ask);

} // namespace pando::cli

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/completion.ipp>
#include <pando/cli/impl/completion_script.ipp>
#endif
