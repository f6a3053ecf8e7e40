// From what was typed to a request: a pure function of the arguments and the app's description.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pando/cli/command_line.hpp>
#include <pando/cli/detail/shape.hpp>
#include <pando/cli/detail/value.hpp>
#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/description.hpp>

namespace pando::cli {

// The forms of a command line, for a request `struct { std::string email; bool admin; … }`:
//   --email a@b.c  --email=a@b.c  -e a@b.c  -ea@b.c     a letter is the first field's that begins
//   so
//   --admin  --no-admin  --admin=false  -ab             switches; letters of switches stand
//   together
//   --order-id  --order_id  --orderId                   one field, however it is written
//   --tags a --tags b                                   lists: once for each; --no-tags: none
//   --home.street Long --home.zip-code 1                fields of fields; an optional one is then
//   there
//   --items.0.sku a   --items '{"sku":"a"}'             elements of a list of structures
//   --labels.key 1    --labels key=1                    maps
//   --shape.circle.radius 2   --shape circle   --ref 5  variants: by the alternative's name, or by
//                                                       the first alternative that takes the text
//   --home '{"street":"Long"}'                          whatever has fields, also as JSON
//   --avatar @FILE                                      bytes: a file's content
//   --no-note                                           an optional one: null
//   --input FILE, --input -                             the request as JSON; flags beside it win
//   --amount -5                                         what begins as a number is a value
//   --                                                  what follows is no flag
// A request that is no structure is taken bare. A field named as one of Pando's own options hides
// that option behind the command; before the command (`shop --json user list`) the option is meant.
// Only `--help` is never hidden: a field of that name is given by `--input`.

/// A required value that was not given.
struct missing_value {
  std::string path;     ///< "home.street"
  std::string spelling; ///< "--home.street", "<id>"
  std::uint32_t type = 0;
};

/// What was meant.
struct parsed {
  enum class kind : std::uint8_t {
    invoke, ///< `route` with `request`, once nothing is `missing`
    own,    ///< the program's own command `own` with `request`
    help,   ///< of `words`
    version,
    nothing,  ///< the words end before a command: the help of `words`, as an error
    problems, ///< each is a sentence; `missing` ones are not repeated in it
  };
  kind what = kind::nothing;
  std::vector<std::string> words{}; ///< of the command, or the group
  described_route const* route = nullptr;
  described_command const* command = nullptr;
  builtin const* own = nullptr;
  std::string request{}; ///< JSON; empty: it takes none
  std::vector<std::string> problems{};
  pando::detail::sequence<missing_value> missing{};

  bool json = false;                    ///< `--json`
  bool in_process = false;              ///< `--in-process`
  std::string socket{};                 ///< `--socket PATH`
  std::chrono::milliseconds timeout{0}; ///< `--timeout DURATION`; 0: not given

  detail::json_value document{}; ///< `request` as a tree, for what is asked for later
};

/// Reads what was typed. `arguments` are those behind the program's name; `files` reads what
/// `--input` and `@FILE` name. *Limit*: none of its own; the arguments are what the system lets
/// through.
parsed parse(command_line const& commands, std::span<std::string const> arguments,
             detail::file_reader const& files);

/// Takes what a person answered for a missing value; several for a list. False: `why` completes
/// "… takes …".
bool supply(command_line const& commands, parsed& which, missing_value const& value,
            std::span<std::string const> answers, std::string& why);

/// Looks once more for what is missing, after something was supplied.
void find_missing(command_line const& commands, parsed& which);

/// All that is wrong, for standard error; ends with a line feed.
std::string usage_text(command_line const& commands, parsed const& which);

/// What would be accepted for a value, rules included: "an integer from 0 to 255, at least 18".
std::string expectation(described_app const& app, std::uint32_t place);

} // namespace pando::cli

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/parse.ipp>
#endif
