// Results as people see them: tables, short forms, widths, masks, streams.
#include <string>

#include <boost/test/unit_test.hpp>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/render.hpp>

#include "typed.hpp"

BOOST_AUTO_TEST_SUITE(render)

using pando::cli::layout;
using pando::cli::render_json;

namespace {

/// The type that a route gives.
std::optional<std::uint32_t> gives(std::string_view route) {
  for (auto const& one : shop::commands().app.routes)
    if (one.name == route) return one.result;
  throw std::out_of_range(std::string(route));
}

std::string result(std::string_view route, std::string_view json, layout const& how = {}) {
  return "\n" + pando::cli::render_result(shop::commands().app, gives(route), json, how);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_list_of_structures_is_a_table) {
  BOOST_TEST(result("user.list",
                    R"([{"id":7,"email":"a@b.c"},{"id":12345,"email":"long@example.org"}])") == R"(
   id  email
    7  a@b.c
12345  long@example.org
)");
  BOOST_TEST(result("user.list", "[]") == "\n(empty)\n");
}

BOOST_AUTO_TEST_CASE(a_structure_is_a_line_for_each_field) {
  BOOST_TEST(result("user.show", R"({"id":7,"email":"a@b.c"})") == R"(
id     7
email  a@b.c
)");
  BOOST_TEST(result("thing.report", R"({"title":"T","address":{"street":"S","zipCode":null},)"
                                    R"("users":[{"id":1,"email":"x"}],"key":"hunter2"})") == R"(
title    T
address
  street   S
  zipCode  -
users
  id  email
   1  x
key      ***
)");
}

BOOST_AUTO_TEST_CASE(scalars_stand_bare) {
  BOOST_TEST(result("thing.count", "-12345678901234567890") == "\n-12345678901234567890\n");
  BOOST_TEST(result("thing.echo", R"("a\nb")") == "\na\nb\n");
  BOOST_TEST(result("user.remove", "null") == "\n");
  BOOST_TEST(render_json("true", {}) == "true\n");
  BOOST_TEST(render_json("null", {}) == "-\n");
  BOOST_TEST(render_json(R"([1,"two",null])", {}) == "1\ntwo\n-\n");
  BOOST_TEST(render_json("[[1,2],[]]", {}) == "1, 2\n[]\n");
  BOOST_TEST(render_json("{}", {}) == "(empty)\n");
  BOOST_TEST(render_json("no json", {}) == "no json\n");
}

BOOST_AUTO_TEST_CASE(nested_values_stand_in_one_line_of_a_table) {
  BOOST_TEST(
      render_json(
          R"([{"a":[1,2],"b":{"c":true,"d":null},"e":{"type":"Circle","value":{"radius":2}}},)"
          R"({"a":[],"b":{},"f":"new"}])",
          {}) == "a     b                e                   f\n"
                 "1, 2  {c: true, d: -}  Circle {radius: 2}  -\n"
                 "[]    {}               -                   new\n");
}

BOOST_AUTO_TEST_CASE(a_table_fits_the_width) {
  auto const json =
      R"([{"id":1,"name":"a rather long name","note":"a note that is longer still"}])";
  BOOST_TEST(render_json(json, {0, false}) ==
             "id  name                note\n 1  a rather long name  a note that is longer still\n");
  BOOST_TEST(render_json(json, {40, false}) == "id  name               note\n"
                                               " 1  a rather long na…  a note that is l…\n");
  for (auto const width : {20U, 30U, 40U, 50U}) {
    auto const text = render_json(json, {width, false});
    for (auto const& line : {text.substr(0, text.find('\n')), text.substr(text.find('\n') + 1)})
      BOOST_TEST(pando::cli::detail::columns_of(line.substr(0, line.find('\n'))) <= width);
  }
  BOOST_TEST(render_json(json, {12, false}) == "id    1\n"
                                               "name  a rather long name\n"
                                               "note  a note that is longer still\n");
}

BOOST_AUTO_TEST_CASE(wide_and_combining_characters_are_aligned) {
  BOOST_TEST(render_json(R"([{"n":"日本","x":1},{"n":"e\u0301","x":2},{"n":"🙂","x":3}])",
                         {}) == "n     x\n日本  1\ne\u0301     2\n🙂    3\n");
  BOOST_TEST(pando::cli::detail::cut_to("日本語", 4) == "日…");
  BOOST_TEST(pando::cli::detail::columns_of("日…") == 3U);
}

BOOST_AUTO_TEST_CASE(what_controls_a_terminal_is_written_out) {
  BOOST_TEST(render_json(R"({"a":"\u001b[31mred\u0007\r\n\u009b\u202e"})", {}) ==
             "a  \\x1b[31mred\\x07\\x0d\\n\\x9b\n");
  BOOST_TEST(render_json(R"({"\u001b":1})", {}) == "\\x1b  1\n");
  BOOST_TEST(render_json(R"("\u001b[31m")", {}) == "\\x1b[31m\n");
  BOOST_TEST(render_json(R"("\u001b[31m")", {80, false, true}) == "\x1b[31m\n");
  BOOST_TEST(pando::cli::detail::plain_text("a\xff"
                                            "b\tc") == "a\\xffb\\tc");
}

BOOST_AUTO_TEST_CASE(names_are_bold_where_colour_is) {
  BOOST_TEST(render_json(R"({"a":1})", {80, true}) == "\x1b[1ma\x1b[0m  1\n");
  BOOST_TEST(render_json(R"([{"a":1}])", {80, true}) == "\x1b[1ma\x1b[0m\n1\n");
}

BOOST_AUTO_TEST_CASE(secrets_are_masked_wherever_they_stand) {
  auto const& app = shop::commands().app;
  BOOST_TEST(pando::cli::mask_secrets(app, gives("thing.report"), R"({"title":"t","key":"k"})") ==
             R"({"title":"t","key":"***"})");
  BOOST_TEST(pando::cli::mask_secrets(app, gives("thing.report"), R"({"key":null})") ==
             R"({"key":null})");
  auto const request = app.routes[0].request;
  BOOST_TEST(pando::cli::mask_secrets(app, request, R"({"email":"e","password":{"x":1}})") ==
             R"({"email":"e","password":"***"})");
}

BOOST_AUTO_TEST_CASE(a_stream_comes_item_by_item) {
  auto const& app = shop::commands().app;
  pando::cli::stream_renderer users(app, gives("user.import"), {});
  BOOST_TEST(users.item(R"({"id":7,"email":"a@b.c"})") == "        id  email\n"
                                                          "         7  a@b.c\n");
  BOOST_TEST(users.item(R"({"id":8,"email":"somebody@example.org"})") ==
             "         8  somebody@…\n");
  pando::cli::stream_renderer file(app, gives("user.import"), {0, false});
  file.item(R"({"id":7,"email":"a@b.c"})");
  BOOST_TEST(file.item(R"({"id":8,"email":"somebody@example.org"})") ==
             "         8  somebody@example.org\n");
  pando::cli::stream_renderer words(app, gives("thing.echo"), {});
  BOOST_TEST(words.item(R"("one")") == "one\n");
  BOOST_TEST(words.item("2") == "2\n");
}

BOOST_AUTO_TEST_SUITE_END()
