// What is typed and the request it becomes, and every fault of a line in one answer.
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "typed.hpp"

BOOST_AUTO_TEST_SUITE(parse)

using shop::outcome;
using shop::typed;

namespace {

/// The part of a request that a line adds to a `thing tune`, which requires nothing.
std::string tuned(std::string const& flags) { return outcome("thing tune " + flags); }

/// A `thing make` with everything it requires but what the line gives itself.
std::string made(std::string const& flags) {
  std::string line = "thing make --input base.json ";
  shop::files()["base.json"] =
      R"({"active":true,"age":1,"amount":1,"ratio":1,"color":"red","max_wait":"PT1S",)"
      R"("since":"2026-01-31T12:00:00Z","token":"123e4567-e89b-12d3-a456-426614174000",)"
      R"("avatar":"","home":{"street":"s"},"tags":["x","y"],"items":[{"sku":"a"},{"sku":"b"}],)"
      R"("range":[1,2],"groups":[],"labels":{"k":1},"places":{},)"
      R"("shape":{"type":"Circle","value":{"radius":1}}})";
  auto const text = outcome(line + flags);
  return text;
}

/// The value of one member of what `made` gives.
std::string member(std::string const& name, std::string const& flags) {
  auto const text = made(flags);
  pando::cli::detail::json_value value;
  std::string why;
  auto const brace = text.find('{');
  if (brace == text.npos || !pando::cli::detail::parse_json(text.substr(brace), value, why))
    return text;
  auto const* const found = value.find(name);
  return found == nullptr ? "(absent)" : pando::cli::detail::json_text_of(*found);
}

/// What a line becomes where fields are named as Pando's own options.
pando::cli::parsed typed_of_twins(std::string_view line) {
  auto const words = shop::split(line);
  return pando::cli::parse(shop::twins(), words, &shop::read_file);
}

/// The one problem of a line.
std::string problem(std::string const& line) {
  auto const what = typed(line);
  if (what.problems.size() != 1) return outcome(line);
  return what.problems.front();
}

} // namespace

BOOST_AUTO_TEST_CASE(flags_take_their_value_behind_a_space_or_an_equals_sign) {
  auto const request = R"(user.create {"email":"a@b.c","password":"secret123"})";
  BOOST_TEST(outcome("user create --email a@b.c --password secret123") == request);
  BOOST_TEST(outcome("user create --email=a@b.c --password=secret123") == request);
  BOOST_TEST(outcome("user create -e a@b.c -p secret123") == request);
  BOOST_TEST(outcome("user create -ea@b.c -p=secret123") == request);
  BOOST_TEST(tuned("--name=") == R"(thing.tune {"name":""})");
  BOOST_TEST(tuned("--name ''") == R"(thing.tune {"name":""})");
  BOOST_TEST(tuned("--name a=b=c") == R"(thing.tune {"name":"a=b=c"})");
  BOOST_TEST(tuned("--name=--port") == R"(thing.tune {"name":"--port"})");
  BOOST_TEST(tuned("--name -") == R"(thing.tune {"name":"-"})");
}

BOOST_AUTO_TEST_CASE(switches_have_three_forms) {
  BOOST_TEST(tuned("--tls") == R"(thing.tune {"tls":true})");
  BOOST_TEST(tuned("--no-tls") == R"(thing.tune {"tls":false})");
  BOOST_TEST(tuned("--tls=false") == R"(thing.tune {"tls":false})");
  BOOST_TEST(tuned("--tls=yes --verbose=0") == R"(thing.tune {"tls":true,"verbose":false})");
  BOOST_TEST(tuned("-tv") == R"(thing.tune {"tls":true,"verbose":true})");
  BOOST_TEST(tuned("-vp 80") == R"(thing.tune {"verbose":true,"port":80})");
  BOOST_TEST(tuned("-vtp80") == R"(thing.tune {"verbose":true,"tls":true,"port":80})");
  BOOST_TEST(tuned("-v=false") == R"(thing.tune {"verbose":false})");
  BOOST_TEST(problem("thing tune --tls=maybe") == "--tls takes true or false, not 'maybe'");
  BOOST_TEST(problem("thing tune --no-tls=true") == "--no-tls takes no value");
  BOOST_TEST(problem("thing tune --tls false") ==
             "'false' stands bare, and this command takes flags only; write --tls=false");
}

BOOST_AUTO_TEST_CASE(names_are_written_in_kebab_snake_or_camel_case) {
  for (std::string const name : {"--home.zip-code", "--home.zipCode", "--home.zip_code"})
    BOOST_TEST(member("home", name + " 1") == R"({"street":"s","zipCode":"1"})");
  for (std::string const name : {"--max-wait", "--max_wait"})
    BOOST_TEST(member("max_wait", name + " 2s") == R"("PT2S")");
  for (std::string const name : {"take-over", "take_over", "takeOver"})
    BOOST_TEST(outcome("thing " + name) == "thing.take_over ");
}

BOOST_AUTO_TEST_CASE(numbers_are_checked) {
  BOOST_TEST(member("age", "--age 255") == "255");
  BOOST_TEST(member("age", "--age 007") == "7");
  BOOST_TEST(member("age", "--age +5") == "5");
  BOOST_TEST(made("--age 256").find("--age takes an integer from 0 to 255, not '256'\n") !=
             std::string::npos);
  BOOST_TEST(problem("thing make --input base.json --age -1") ==
             "--age takes an integer from 0 to 255, not '-1'");
  BOOST_TEST(problem("thing make --input base.json --age 1.5") ==
             "--age takes an integer from 0 to 255, not '1.5'");
  BOOST_TEST(member("amount", "--amount -9223372036854775808") == "-9223372036854775808");
  BOOST_TEST(member("amount", "--amount=-5") == "-5");
  BOOST_TEST(member("ratio", "-r -5") == "-5");
  BOOST_TEST(problem("thing add 9223372036854775808") ==
             "<by> takes an integer from -9223372036854775808 to 9223372036854775807, "
             "not '9223372036854775808'");
  BOOST_TEST(problem("thing add many") == "<by> takes an integer, not 'many'");
  BOOST_TEST(member("ratio", "--ratio .5") == "0.5");
  BOOST_TEST(member("ratio", "--ratio -.5e3") == "-0.5e3");
  BOOST_TEST(member("ratio", "--ratio +5.") == "5");
  BOOST_TEST(member("ratio", "--ratio 007.5") == "7.5");
  BOOST_TEST(problem("thing make --input base.json --ratio nan") ==
             "--ratio takes a number, not 'nan'");
}

BOOST_AUTO_TEST_CASE(negative_numbers_are_values_bare_too) {
  BOOST_TEST(outcome("thing add -5") == R"(thing.count {"by":-5})");
  BOOST_TEST(outcome("thing add --by -5") == R"(thing.count {"by":-5})");
  BOOST_TEST(outcome("thing add -- -5") == R"(thing.count {"by":-5})");
  BOOST_TEST(outcome("thing add -b-5") == R"(thing.count {"by":-5})");
}

BOOST_AUTO_TEST_CASE(enumerations_go_by_their_names) {
  BOOST_TEST(tuned("--color green") == R"(thing.tune {"color":"green"})");
  BOOST_TEST(tuned("--color dark-blue") == R"(thing.tune {"color":"dark_blue"})");
  BOOST_TEST(problem("thing tune --color gren") ==
             "--color takes one of red, green, dark_blue, not 'gren'; did you mean green?");
  BOOST_TEST(problem("thing tune --color 7") ==
             "--color takes one of red, green, dark_blue, not '7'");
}

BOOST_AUTO_TEST_CASE(durations_times_uuids_and_bytes_are_checked) {
  BOOST_TEST(tuned("--wait 90s") == R"(thing.tune {"wait":"PT90S"})");
  BOOST_TEST(tuned("--wait 1h30m") == R"(thing.tune {"wait":"PT1H30M"})");
  BOOST_TEST(tuned("--wait 1d2h") == R"(thing.tune {"wait":"P1DT2H"})");
  BOOST_TEST(tuned("--wait 1500ms") == R"(thing.tune {"wait":"PT1.500S"})");
  BOOST_TEST(tuned("--wait 2w") == R"(thing.tune {"wait":"P2W"})");
  BOOST_TEST(tuned("--wait -5s") == R"(thing.tune {"wait":"-PT5S"})");
  BOOST_TEST(tuned("--wait -PT5S") == R"(thing.tune {"wait":"-PT5S"})");
  BOOST_TEST(tuned("--wait PT1M") == R"(thing.tune {"wait":"PT1M"})");
  for (std::string const bad : {"5", "5 s", "s", "", "1y", "PT", "later"})
    BOOST_TEST(problem("thing tune --wait='" + bad + "'") ==
               "--wait takes a duration, such as 1h30m or PT1H30M, not '" + bad + "'");
  BOOST_TEST(member("since", "--since 2024-02-29T12:00:00+01:00") ==
             R"("2024-02-29T12:00:00+01:00")");
  BOOST_TEST(problem("thing make --input base.json --since 2023-02-29T12:00:00Z") ==
             "--since takes a time, such as 2026-01-31T12:00:00Z, not '2023-02-29T12:00:00Z'");
  BOOST_TEST(member("token", "--token 00000000-0000-0000-0000-000000000001") ==
             R"("00000000-0000-0000-0000-000000000001")");
  BOOST_TEST(problem("thing make --input base.json --token 12") ==
             "--token takes a UUID, such as 123e4567-e89b-12d3-a456-426614174000, not '12'");
  BOOST_TEST(member("avatar", "--avatar aGk=") == R"("aGk=")");
  BOOST_TEST(problem("thing make --input base.json --avatar aGk") ==
             "--avatar takes base64, or @FILE for a file's content, not 'aGk'");
  shop::files()["face.png"] = "hi";
  BOOST_TEST(member("avatar", "--avatar @face.png") == R"("aGk=")");
  BOOST_TEST(problem("thing make --input base.json --avatar @none") ==
             "--avatar takes a file that can be read: none: No such file or directory");
}

BOOST_AUTO_TEST_CASE(rules_that_anybody_can_check_are_checked_at_once) {
  auto const limited = [](std::string const& flags) {
    return problem("thing limit --no-counts " + flags);
  };
  BOOST_TEST(outcome("thing limit --counts 0 --port 1 --share .5 --size large --code \xc3\xa9zz") ==
             "thing.limit {\"counts\":[0],\"port\":1,\"share\":0.5,\"size\":\"large\","
             "\"code\":\"\xc3\xa9zz\"}");
  BOOST_TEST(limited("--port 0") == "--port takes an integer, at least 1, at most 65535, not '0'");
  BOOST_TEST(limited("--port 65536") ==
             "--port takes an integer, at least 1, at most 65535, not '65536'");
  BOOST_TEST(limited("--share 0.51") == "--share takes a number, at most 0.5, not '0.51'");
  BOOST_TEST(limited("--size medium") == "--size takes one of small, large, not 'medium'");
  BOOST_TEST(limited("--code abcd") == "--code takes text, at most 3 characters, not 'abcd'");
  BOOST_TEST(limited("--part ab-12x") == "--part takes text that matches ^[a-z]{2}-[0-9]+$, "
                                         "not 'ab-12x'");
  BOOST_TEST(outcome("thing limit --counts 0 --part ab-12") ==
             "thing.limit {\"counts\":[0],\"part\":\"ab-12\"}");
  BOOST_TEST(outcome("user create -e nobody -p short") ==
             "shop user create: 2 problems\n"
             "  -e takes an e-mail address, not 'nobody'\n"
             "  -p takes text, at least 8 characters\n"
             "Run 'shop user create --help' to see what it takes.\n");
  BOOST_TEST(problem("thing limit --counts 1 --counts -1") ==
             "--counts takes an integer, at least 0, not '-1'");
  BOOST_TEST(problem("user create -e a@b.c -p hunter2") == "-p takes text, at least 8 characters");
}

BOOST_AUTO_TEST_CASE(a_repeated_flag_is_a_list) {
  BOOST_TEST(outcome("user import --lines a --lines b") == R"(user.import {"lines":["a","b"]})");
  BOOST_TEST(outcome("user import --no-lines") == R"(user.import {"lines":[]})");
  BOOST_TEST(outcome("user import --lines [1]") == R"(user.import {"lines":["[1]"]})");
  BOOST_TEST(tuned("--levels 1 --levels 2") == R"(thing.tune {"levels":[1,2]})");
  BOOST_TEST(tuned("--levels [1,2] --levels 3") == R"(thing.tune {"levels":[1,2,3]})");
  BOOST_TEST(problem("thing tune --levels 1 --levels x") == "--levels takes an integer, not 'x'");
  BOOST_TEST(member("tags", "--tags z") == R"(["z"])"); // the flags win over the input
  BOOST_TEST(member("groups", "--groups a --groups b") == R"(["a","b"])");
  BOOST_TEST(member("range", "--range 3 --range -4") == "[3,-4]");
  BOOST_TEST(problem("user create -e a@b.c -p secret123 --email c@d.e") ==
             "--email is given twice");
}

BOOST_AUTO_TEST_CASE(nested_fields_are_reached_with_dots) {
  BOOST_TEST(member("home", "--home.street Long") == R"({"street":"Long"})");
  BOOST_TEST(member("work", "--work.street Short") == R"({"street":"Short"})");
  BOOST_TEST(member("home", R"(--home '{"street":"x","zipCode":"1"}')") ==
             R"({"street":"x","zipCode":"1"})");
  BOOST_TEST(problem("thing make --input base.json --work.zip-code 1") ==
             shop::usage_of_one("thing make", "--work.street is missing: text"));
  BOOST_TEST(
      problem("thing make --input base.json --home street") ==
      "--home takes a JSON object {street, zipCode} (line 1, column 1: a value is expected)");
  BOOST_TEST(problem("thing make --input base.json --home.street.x 1") ==
             "--home.street.x is no flag of this command; did you mean --home.street?");
}

BOOST_AUTO_TEST_CASE(elements_of_lists_are_reached_by_number_or_as_json) {
  BOOST_TEST(member("items", "--items.1.count 5") == R"([{"sku":"a"},{"sku":"b","count":5}])");
  BOOST_TEST(member("items", "--items.2.sku c") == R"([{"sku":"a"},{"sku":"b"},{"sku":"c"}])");
  BOOST_TEST(member("items", R"(--items '{"sku":"z"}' --items '{"sku":"y"}')") ==
             R"([{"sku":"z"},{"sku":"y"}])");
  BOOST_TEST(member("items", R"(--items '[{"sku":"z"}]')") == R"([{"sku":"z"}])");
  BOOST_TEST(problem("thing make --input base.json --items.5.sku c") ==
             "--items.5.sku leaves a gap: items.2 comes first");
  BOOST_TEST(problem("thing make --input base.json --items.2.count 5") ==
             shop::usage_of_one("thing make", "--items.2.sku is missing: text"));
  BOOST_TEST(problem("thing make --input base.json --items sku") ==
             "--items takes a JSON object {sku, count} (line 1, column 1: a value is expected)");
}

BOOST_AUTO_TEST_CASE(maps_take_keys_behind_a_dot_or_before_an_equals_sign) {
  BOOST_TEST(member("labels", "--labels.new 5") == R"({"k":1,"new":5})");
  BOOST_TEST(member("labels", "--labels.a.b.c 5") == R"({"k":1,"a.b.c":5})");
  BOOST_TEST(member("labels", "--labels k=7 --labels=x=8") == R"({"k":7,"x":8})");
  BOOST_TEST(member("labels", R"(--labels '{"q":3}')") == R"({"k":1,"q":3})");
  BOOST_TEST(member("places", "--places.paris.street Rue") == R"({"paris":{"street":"Rue"}})");
  BOOST_TEST(problem("thing make --input base.json --labels k") ==
             "--labels takes KEY=VALUE, or a JSON object");
  BOOST_TEST(problem("thing make --input base.json --labels.k x") ==
             "--labels.k takes an integer, not 'x'");
  BOOST_TEST(problem("thing make --input base.json --places.paris.zip-code 1") ==
             shop::usage_of_one("thing make", "--places.paris.street is missing: text"));
}

BOOST_AUTO_TEST_CASE(variants_go_by_the_name_of_the_alternative_or_by_what_takes_the_text) {
  BOOST_TEST(member("shape", "--shape.circle.radius 2") ==
             R"({"type":"Circle","value":{"radius":2}})");
  BOOST_TEST(member("shape", "--shape.square.side 2 --shape.square.filled") ==
             R"({"type":"Square","value":{"side":2,"filled":true}})");
  BOOST_TEST(member("shape", "--shape square --shape.Square.side 1 --no-shape.square.filled") ==
             R"({"type":"Square","value":{"side":1,"filled":false}})");
  BOOST_TEST(member("shape", R"(--shape '{"type":"Circle","value":{"radius":3}}')") ==
             R"({"type":"Circle","value":{"radius":3}})");
  BOOST_TEST(member("shape", "--shape.type circle --shape.circle.radius 4") ==
             R"({"type":"Circle","value":{"radius":4}})");
  BOOST_TEST(member("ref", "--ref 5") == R"({"type":"integer","value":5})");
  BOOST_TEST(member("ref", "--ref five") == R"({"type":"string","value":"five"})");
  BOOST_TEST(member("ref", "--ref.string 5") == R"({"type":"string","value":"5"})");
  BOOST_TEST(member("ref", "--no-ref") == "null");
  BOOST_TEST(problem("thing make --input base.json --shape oval") ==
             "--shape takes one of Circle, Square, or JSON, not 'oval'");
  BOOST_TEST(
      problem("thing make --input base.json --shape.circle.radius 1 --shape.square.side 1") ==
      "--shape.square.side chooses Square, and another flag chose Circle");
  BOOST_TEST(outcome("thing make --input base.json --shape square") ==
             "shop thing make: 2 problems\n"
             "  --shape.square.side is missing: a number\n"
             "  --shape.square.filled is missing: --shape.square.filled or "
             "--no-shape.square.filled\n"
             "Run 'shop thing make --help' to see what it takes.\n");
}

BOOST_AUTO_TEST_CASE(bare_values_go_to_positional_fields) {
  BOOST_TEST(outcome("user show 7") == R"(user.show {"id":7})");
  BOOST_TEST(outcome("user show --id 7") == R"(user.show {"id":7})");
  BOOST_TEST(outcome("user rm 7") == R"(user.remove {"id":7})");
  BOOST_TEST(outcome("user import a b -- --c") == R"(user.import {"lines":["a","b","--c"]})");
  BOOST_TEST(problem("user show 7 8") == "'8' is one value too many");
  BOOST_TEST(problem("user show 8 --id 7") == "'8' is one value too many");
  BOOST_TEST(problem("user list extra") ==
             "'extra' stands bare, and this command takes flags only");
  BOOST_TEST(outcome("user show") == "shop user show: <id> is missing: an integer\n"
                                     "Run 'shop user show --help' to see what it takes.\n");
}

BOOST_AUTO_TEST_CASE(a_request_that_is_no_structure_is_taken_bare) {
  BOOST_TEST(outcome("thing echo hello") == R"(thing.echo "hello")");
  BOOST_TEST(outcome("thing echo -- --hello") == R"(thing.echo "--hello")");
  BOOST_TEST(problem("thing echo a b") == "'b' is one value too many");
  BOOST_TEST(outcome("thing echo") == "shop thing echo: <value> is missing: text\n"
                                      "Run 'shop thing echo --help' to see what it takes.\n");
}

BOOST_AUTO_TEST_CASE(a_request_may_come_as_json) {
  shop::files()["r.json"] = R"( { "email" : "a@b.c", "password" : "secret123" } )";
  shop::files()["-"] = R"({"id": 12345678901234567890})";
  shop::files()["list.json"] = "[]";
  shop::files()["bad.json"] = "{\n \"id\": 1,}";
  shop::files()["twice.json"] = R"({"id":1,"id":2})";
  BOOST_TEST(outcome("user create --input r.json") ==
             R"(user.create {"email":"a@b.c","password":"secret123"})");
  BOOST_TEST(outcome("user create --email x@y.z --input=r.json") ==
             R"(user.create {"email":"x@y.z","password":"secret123"})");
  BOOST_TEST(outcome("user show --input -") == R"(user.show {"id":12345678901234567890})");
  BOOST_TEST(problem("user show --input list.json") == "--input list.json holds no JSON object");
  BOOST_TEST(problem("user show --input bad.json 1") ==
             "--input bad.json is not JSON: line 2, column 10: a key in quotes is expected");
  BOOST_TEST(problem("user show --input twice.json 1") ==
             "--input twice.json is not JSON: line 1, column 15: the object has the key \"id\" "
             "twice");
  BOOST_TEST(problem("user show --input none 1") ==
             "--input none cannot be read: No such file or directory");
  BOOST_TEST(problem("user list --input r.json") == "--input is no flag of this command");
}

BOOST_AUTO_TEST_CASE(everything_that_is_wrong_is_said_at_once) {
  BOOST_TEST(outcome("user create --emial a@b.c extra --frob") ==
             "shop user create: 5 problems\n"
             "  --emial is no flag of this command; did you mean --email?\n"
             "  --frob is no flag of this command\n"
             "  a word stands bare, and this command takes flags only\n"
             "  --email is missing: an e-mail address\n"
             "  --password is missing: text, at least 8 characters\n"
             "Run 'shop user create --help' to see what it takes.\n");
  BOOST_TEST(outcome("user create --email") ==
             "shop user create: 2 problems\n"
             "  --email needs a value: an e-mail address\n"
             "  --password is missing: text, at least 8 characters\n"
             "Run 'shop user create --help' to see what it takes.\n");
  BOOST_TEST(outcome("user create --email --password secret123") ==
             "shop user create: --email needs a value: an e-mail address (one that begins with a "
             "dash: --email=--password)\n"
             "Run 'shop user create --help' to see what it takes.\n");
  BOOST_TEST(outcome("user create -q -e a@b.c -p secret123") ==
             "shop user create: -q is no flag of this command\n"
             "Run 'shop user create --help' to see what it takes.\n");
  BOOST_TEST(
      outcome("thing make") ==
      "shop thing make: 17 problems\n"
      "  --active is missing: --active or --no-active\n"
      "  --age is missing: an integer from 0 to 255\n"
      "  --amount is missing: an integer\n"
      "  --ratio is missing: a number\n"
      "  --color is missing: one of red, green, dark_blue\n"
      "  --max-wait is missing: a duration, such as 1h30m or PT1H30M\n"
      "  --since is missing: a time, such as 2026-01-31T12:00:00Z\n"
      "  --token is missing: a UUID, such as 123e4567-e89b-12d3-a456-426614174000\n"
      "  --avatar is missing: base64, or @FILE for a file's content\n"
      "  --home.street is missing: text\n"
      "  --tags is missing: text, once for each (--no-tags for none)\n"
      "  --items is missing: a JSON object {sku, count}, once for each (--no-items for none)\n"
      "  --range is missing: an integer, once for each (--no-range for none)\n"
      "  --groups is missing: text, once for each (--no-groups for none)\n"
      "  --labels is missing: KEY=VALUE, or a JSON object\n"
      "  --places is missing: KEY=VALUE, or a JSON object\n"
      "  --shape is missing: one of Circle, Square, or JSON\n"
      "Run 'shop thing make --help' to see what it takes.\n");
}

BOOST_AUTO_TEST_CASE(a_secret_is_never_repeated) {
  auto const text = outcome("user create --email a@b.c --password '\xff\xfe'");
  BOOST_TEST(text == "shop user create: --password takes text in UTF-8\n"
                     "Run 'shop user create --help' to see what it takes.\n");
}

BOOST_AUTO_TEST_CASE(the_longest_command_wins) {
  BOOST_TEST(outcome("user list") == "user.list ");
  BOOST_TEST(outcome("user list admins") == "user.list_admins ");
  BOOST_TEST(problem("user list admin") ==
             "'admin' stands bare, and this command takes flags only");
  BOOST_TEST(outcome("serve") == "serve ");
}

BOOST_AUTO_TEST_CASE(commands_that_are_none_are_guessed) {
  BOOST_TEST(outcome("usr list") == "shop: there is no command 'usr'; did you mean 'user'?\n"
                                    "Run 'shop --help' to see what it takes.\n");
  BOOST_TEST(problem("user crate") ==
             "there is no command 'user crate'; did you mean 'user create'?");
  BOOST_TEST(problem("create") == "there is no command 'create'; did you mean 'user create'?");
  BOOST_TEST(problem("frobnicate") == "there is no command 'frobnicate'");
  BOOST_TEST(problem("user internal") == "there is no command 'user internal'");
  BOOST_TEST(outcome("") == "nothing behind ''");
  BOOST_TEST(outcome("user") == "nothing behind 'user'");
}

BOOST_AUTO_TEST_CASE(help_is_at_every_level) {
  BOOST_TEST(outcome("-h") == "help of ''");
  BOOST_TEST(outcome("--help") == "help of ''");
  BOOST_TEST(outcome("user --help") == "help of 'user'");
  BOOST_TEST(outcome("user create --emial x -h") == "help of 'user create'");
  BOOST_TEST(outcome("user create -- -h") != "help of 'user create'");
  BOOST_TEST(outcome("--version") == "version");
}

BOOST_AUTO_TEST_CASE(options_of_our_own_stand_before_or_behind_the_command) {
  BOOST_TEST(typed("--json user list").json);
  BOOST_TEST(typed("user --json list").json);
  BOOST_TEST(typed("user list --json").json);
  BOOST_TEST(!typed("user list").json);
  BOOST_TEST(typed("user list --in-process").in_process);
  BOOST_TEST(typed("user list --socket /run/x.sock").socket == "/run/x.sock");
  BOOST_TEST(typed("user list --timeout 2s").timeout.count() == 2000);
  BOOST_TEST(typed("--timeout=PT1M user list").timeout.count() == 60000);
  BOOST_TEST(problem("user list --timeout 0s") ==
             "--timeout takes a duration, such as 5s or PT1M, not '0s'");
  BOOST_TEST(problem("user list --json=yes") == "--json takes no value");
  BOOST_TEST(problem("user list --socket") == "--socket needs a value: <PATH>");
  BOOST_TEST(problem("--jsn user list") ==
             "--jsn is no option; the flags of a command stand behind it; did you mean "
             "--json?");
}

BOOST_AUTO_TEST_CASE(a_field_named_as_an_option_of_our_own_hides_it_behind_the_command) {
  using kind = pando::cli::parsed::kind;
  auto const hidden = typed_of_twins("twin make --json --input in.json --timeout 5 --socket s "
                                     "--in-process --version 2");
  BOOST_REQUIRE((hidden.what == kind::invoke && hidden.problems.empty()));
  BOOST_TEST(hidden.request == R"({"json":true,"input":"in.json","timeout":5,"socket":"s",)"
                               R"("in_process":true,"version":"2"})");
  BOOST_TEST((!hidden.json && hidden.timeout.count() == 0 && hidden.socket.empty()));
  BOOST_TEST(!hidden.in_process);
  // Before the command, and before its last word, the options are meant; both go together.
  auto const both = typed_of_twins("--json --timeout 2s twin --socket /run/x.sock --in-process "
                                   "make --no-json --timeout 7 --socket=t");
  BOOST_REQUIRE((both.what == kind::invoke && both.problems.empty()));
  BOOST_TEST(both.request == R"({"json":false,"timeout":7,"socket":"t"})");
  BOOST_TEST((both.json && both.in_process && both.timeout.count() == 2000));
  BOOST_TEST(both.socket == "/run/x.sock");
  BOOST_TEST((typed_of_twins("--version twin make").what == kind::version));
  // A field hides the option of its own command only, and its value is the field's.
  BOOST_TEST(typed_of_twins("twin look --json").json);
  auto const wrong = typed_of_twins("twin make --timeout 5s");
  BOOST_REQUIRE_EQUAL(wrong.problems.size(), 1U);
  BOOST_TEST(wrong.problems[0] == "--timeout takes an integer, not '5s'");
  // Help alone is always to be had.
  for (std::string const help : {"--help", "-h", "--help=x"})
    BOOST_TEST((typed_of_twins("twin aid " + help).what == kind::help), help);
  shop::files()["aid.json"] = R"({"help":"x"})";
  BOOST_TEST(typed_of_twins("twin aid --input aid.json").request == R"({"help":"x"})");
}

BOOST_AUTO_TEST_CASE(a_switch_that_turns_something_off_has_no_double) {
  BOOST_TEST(typed_of_twins("twin mute --no-sound --no-light=false").request ==
             R"({"no_sound":true,"no_light":false})");
  for (std::string const twice : {"--no-no-light", "--no-no_light", "--no_no_light"}) {
    auto const wrong = typed_of_twins("twin mute --no-sound " + twice);
    BOOST_REQUIRE_EQUAL(wrong.problems.size(), 1U);
    BOOST_TEST(wrong.problems[0].starts_with(twice + " is no flag of this command"));
  }
  // What is no switch has no other form for nothing.
  BOOST_TEST(typed_of_twins("twin mute --no-sound --no-no-show").request ==
             R"({"no_sound":true,"no_show":null})");
  auto const missing = typed_of_twins("twin mute");
  BOOST_TEST(pando::cli::usage_text(shop::twins(), missing)
                 .starts_with("twins twin mute: --no-sound is missing: --no-sound or "
                              "--no-sound=false\n"));
}

BOOST_AUTO_TEST_CASE(what_was_missing_can_be_supplied) {
  auto what = typed("user create");
  BOOST_REQUIRE_EQUAL(what.missing.size(), 2U);
  std::string why;
  std::vector<std::string> const email{"a@b.c"};
  std::vector<std::string> const password{"secret123"};
  BOOST_TEST(pando::cli::supply(shop::commands(), what, what.missing[0], email, why));
  BOOST_TEST(pando::cli::supply(shop::commands(), what, what.missing[1], password, why));
  BOOST_TEST(what.request == R"({"email":"a@b.c","password":"secret123"})");
  auto list = typed("user import");
  std::vector<std::string> const lines{"a", "b"};
  BOOST_TEST(pando::cli::supply(shop::commands(), list, list.missing[0], lines, why));
  BOOST_TEST(list.request == R"({"lines":["a","b"]})");
  auto number = typed("user show");
  std::vector<std::string> const word{"x"};
  BOOST_TEST(!pando::cli::supply(shop::commands(), number, number.missing[0], word, why));
  BOOST_TEST(why == "an integer, not 'x'");
}

BOOST_AUTO_TEST_SUITE_END()
