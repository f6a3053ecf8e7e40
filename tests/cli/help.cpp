// Help texts as people see them, word for word.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/cli/help.hpp>

#include "typed.hpp"

BOOST_AUTO_TEST_SUITE(help_texts)

namespace {

std::string help(std::string_view words, pando::cli::layout const& how = {}) {
  return "\n" + pando::cli::help_text(shop::commands(), shop::split(words), how);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_program) {
  BOOST_TEST(help("") == R"(
shop 1.2.3

Usage: shop COMMAND [flags]

Commands of user:
  user create             Adds a user.
  user show <id>          gives User
  user list               gives list of User
  user list admins        gives list of User
  user rm <id>            gives nothing
  user import <lines>...  gives a stream of User

Commands of thing:
  thing make          gives Everything
  thing tune          gives Optionals
  thing plant         gives Node
  thing report        gives Report
  thing add <by>      gives integer
  thing limit         gives nothing
  thing take-over     gives nothing
  thing echo <value>  gives text

Of shop itself:
  serve  Serves.

Options:
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this
      --version             show the version

'shop COMMAND --help' says what a command takes.
)");
}

BOOST_AUTO_TEST_CASE(an_option_that_a_field_hides_is_not_listed) {
  auto const of_twins = [](std::string_view words) {
    return pando::cli::help_text(shop::twins(), shop::split(words), {});
  };
  BOOST_TEST(of_twins("twin make") == R"(Usage: twins twin make [flags]

Optional:
  -j, --json               --no-json for no
  -i, --input <text>
  -t, --timeout <integer>  an integer
  -s, --socket <text>
      --in-process         --no-in-process for no
  -v, --version <text>

Options:
  -h, --help  show this

Gives:
  nothing

Example:
  twins twin make --json
)");
  for (std::string const option : {"--json", "--timeout <duration>", "--socket <PATH>",
                                   "--in-process"}) {
    BOOST_TEST(of_twins("twin look").find(option) != std::string::npos, option);
    BOOST_TEST(of_twins("").find(option) != std::string::npos, option);
  }
}

BOOST_AUTO_TEST_CASE(a_switch_that_turns_something_off_has_no_double) {
  auto const text = pando::cli::help_text(shop::twins(), shop::split("twin mute"), {});
  BOOST_TEST(text.substr(0, text.find("Options:")) ==
             R"(Usage: twins twin mute --no-sound|--no-sound=false [flags]

Required, asked for on a terminal when left out:
      --no-sound

Optional:
  -n, --no-light        default false
      --no-show <text>

)");
}

BOOST_AUTO_TEST_CASE(a_group) {
  BOOST_TEST(help("user") == R"(
Usage: shop user COMMAND [flags]

Commands of user:
  user create             Adds a user.
  user show <id>          gives User
  user list               gives list of User
  user list admins        gives list of User
  user rm <id>            gives nothing
  user import <lines>...  gives a stream of User

Options:
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this
      --version             show the version

'shop COMMAND --help' says what a command takes.
)");
}

BOOST_AUTO_TEST_CASE(a_command) {
  BOOST_TEST(help("user create") == R"(
Usage: shop user create --email <text> --password <text> [flags]

Adds a user.

Required, asked for on a terminal when left out:
  -e, --email <text>     an e-mail address
  -p, --password <text>  text, at least 8 characters; secret

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  User {id, email}

Fails with:
  EmailTaken {email}  exit code 1

Example:
  shop user create --email a@b.c --password secret123
)");
}

BOOST_AUTO_TEST_CASE(a_command_with_a_bare_value) {
  BOOST_TEST(help("user show") == R"(
Usage: shop user show <id> [flags]

Required, asked for on a terminal when left out:
  -i, --id <integer>  an integer

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  User {id, email}

Fails with:
  NoSuchUser {id}  exit code 4

Example:
  shop user show 1
)");
}

BOOST_AUTO_TEST_CASE(a_stream_of_a_list) {
  BOOST_TEST(help("user import") == R"(
Usage: shop user import <lines>... [flags]

Required, asked for on a terminal when left out:
  -l, --lines <text>  text; once for each

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  a stream of User {id, email}

Example:
  shop user import text
)");
}

BOOST_AUTO_TEST_CASE(every_kind_of_field) {
  BOOST_TEST(help("thing make") == R"(
Usage: shop thing make --active|--no-active --age <integer> --amount <integer>
       --ratio <number> --color <red|green|dark_blue> --max-wait <duration>
       --since <time> --token <uuid> --avatar <base64> --home.street <text>
       --tags <text> --items <json> --range <integer> --groups <text>
       --labels.<key> <integer> --places <json> --shape <Circle|Square> [flags]

Required, asked for on a terminal when left out:
  -a, --active                  --no-active for no
      --age <integer>           an integer from 0 to 255
      --amount <integer>        an integer
  -r, --ratio <number>          a number
  -c, --color <red|green|dark_blue>
  -m, --max-wait <duration>     a duration, such as 1h30m or PT1H30M
  -s, --since <time>            a time, such as 2026-01-31T12:00:00Z
  -t, --token <uuid>            a UUID, such as
                                123e4567-e89b-12d3-a456-426614174000
      --avatar <base64>         base64, or @FILE for a file's content
      --home.street <text>
      --tags <text>             text; once for each
  -i, --items <json>            a JSON object {sku, count}; once for each; or
                                --items.0.sku and so on
      --range <integer>         an integer; exactly 2 times
  -g, --groups <text>           text; once for each
      --labels.<key> <integer>  an integer; with any key
  -p, --places <json>           KEY=VALUE, or a JSON object
      --shape <Circle|Square>   one of Circle, Square, or JSON

Optional:
      --home.zip-code <text>
      --work.street <text>
      --work.zip-code <text>
      --places.<key>.street <text>
      --places.<key>.zip-code <text>
      --shape.circle.radius <number>
                              a number
      --shape.square.side <number>
                              a number
      --shape.square.filled   --no-shape.square.filled for no
      --ref <integer|string>  one of integer, string, or JSON

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  Everything {active, age, amount, ratio, color, max_wait, since, token, avatar,
  home, work, tags, items, range, groups, labels, places, shape, ref}

Example:
  shop thing make --active --age 1 --amount 1 --ratio 1.5 --color red \
      --max-wait 1h30m --since 2026-01-31T12:00:00Z \
      --token 123e4567-e89b-12d3-a456-426614174000 --avatar aGVsbG8= \
      --home.street text --tags text --items '{...}' --range 1 --range 1 \
      --groups text --labels.key 1 --places '{...}' --shape circle \
      --shape.circle.radius 1.5
)");
}

BOOST_AUTO_TEST_CASE(optional_and_defaulted_fields) {
  BOOST_TEST(help("thing tune") == R"(
Usage: shop thing tune [flags]

Optional:
  -n, --name <text>
  -p, --port <integer>    an integer; default 25
  -t, --tls               --no-tls for no; default true
  -v, --verbose           --no-verbose for no
  -c, --color <red|green|dark_blue>
  -s, --style <text>      default plain
  -w, --wait <duration>   a duration, such as 1h30m or PT1H30M
  -l, --levels <integer>  an integer; once for each

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  Optionals {name, port, tls, verbose, color, style, wait, levels}

Example:
  shop thing tune --name text
)");
}

BOOST_AUTO_TEST_CASE(a_type_that_holds_itself) {
  BOOST_TEST(help("thing plant") == R"(
Usage: shop thing plant --name <text> --children <json> [flags]

Required, asked for on a terminal when left out:
  -n, --name <text>
  -c, --children <json>  a JSON object {name, children}; once for each; or
                         --children.0.name and so on

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  Node {name, children}

Example:
  shop thing plant --name text --children '{...}'
)");
}

BOOST_AUTO_TEST_CASE(a_request_that_is_no_structure) {
  BOOST_TEST(help("thing echo") == R"(
Usage: shop thing echo <value>

Required, asked for on a terminal when left out:
  <value>  text

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  text

Example:
  shop thing echo text
)");
}

BOOST_AUTO_TEST_CASE(rules_and_hidden_defaults) {
  BOOST_TEST(help("thing limit") == R"(
Usage: shop thing limit --counts <integer> [flags]

Required, asked for on a terminal when left out:
      --counts <integer>  an integer, at least 0; once for each

Optional:
  -p, --port <integer>      an integer, at least 1, at most 65535
  -s, --share <number>      a number, at most 0.5
      --size <small|large>
  -c, --code <text>         text, at most 3 characters
      --part <text>         text that matches ^[a-z]{2}-[0-9]+$
  -w, --word <text>         secret; default hidden

Options:
      --input <FILE|->      read the request as JSON; flags beside it win
      --json                print the result as JSON, for scripts
      --timeout <duration>  give up after so long, such as 5s
      --socket <PATH>       the socket of the running app
      --in-process          run it here, without a running app
  -h, --help                show this

Gives:
  nothing

Example:
  shop thing limit --counts 0
)");
}

BOOST_AUTO_TEST_CASE(a_command_of_the_program) {
  BOOST_TEST(help("serve") == R"(
Usage: shop serve [flags]

Serves.

Options:
  -h, --help  show this

Example:
  shop serve
)");
}

BOOST_AUTO_TEST_CASE(routes) {
  BOOST_TEST("\n" + pando::cli::routes_text(shop::commands().app, {}) == R"(
ROUTE             TAKES        GIVES           COMMAND           ELSEWHERE
user.create       CreateUser   User            user create
user.show         UserId       User            user show
user.list                      list of User    user list
user.list_admins               list of User    user list admins
user.remove       UserId                       user rm
user.import       ImportUsers  stream of User  user import
user.internal
thing.make        Everything   Everything      thing make
thing.tune        Optionals    Optionals       thing tune
thing.plant       Node         Node            thing plant
thing.report                   Report          thing report
thing.count       Add          integer         thing add
thing.limit       Limits                       thing limit
thing.take_over                                thing take-over
thing.echo        text         text            thing echo
)");
}

BOOST_AUTO_TEST_CASE(headings_are_bold_where_colour_is) {
  BOOST_TEST(help("serve", {80, true}).find("\n\x1b[1mOptions:\x1b[0m\n") != std::string::npos);
  BOOST_TEST(help("serve", {80, false}).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_are_broken_at_the_width) {
  auto const narrow = help("user create", {50, false});
  BOOST_TEST(narrow.find("Usage: shop user create --email <text>\n"
                         "       --password <text> [flags]\n") != std::string::npos);
  BOOST_TEST(narrow.find("      --input <FILE|->      read the request as\n"
                         "                            JSON; flags beside it\n"
                         "                            win\n") != std::string::npos);
  auto const wide = help("thing make", {0, false});
  BOOST_TEST(wide.find(" --tags <text> --items <json> --range <integer> --groups <text>") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_example_is_accepted) {
  for (std::string const words : {"user create", "user show", "user import", "user list",
                                  "thing tune", "thing add", "thing echo"}) {
    auto const text = help(words);
    auto line = text.substr(text.find("Example:\n") + 9);
    line = line.substr(line.find(words));
    line.pop_back();
    BOOST_TEST(shop::outcome(line).find("shop ") != 0U, line << " -> " << shop::outcome(line));
  }
}

BOOST_AUTO_TEST_CASE(words_are_quoted_for_a_shell) {
  BOOST_TEST(pando::cli::shell_word("a@b.c") == "a@b.c");
  BOOST_TEST(pando::cli::shell_word("a b") == "'a b'");
  BOOST_TEST(pando::cli::shell_word("it's") == "'it'\\''s'");
  BOOST_TEST(pando::cli::shell_word("") == "''");
}

BOOST_AUTO_TEST_SUITE_END()
