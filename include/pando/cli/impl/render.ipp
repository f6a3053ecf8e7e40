// Laying JSON out for people: which form a value takes, and how a table fits its width.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/shape.hpp>
#include <pando/cli/render.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli {

namespace detail {

PANDO_INLINE void mask(described_app const& app, std::uint32_t place, json_value& value,
                       int depth) {
  constexpr int deepest = 600;
  if (depth > deepest || value.is(json_value::kind::null)) return;
  auto const type = bare(app, place);
  if (type.secret) {
    value = json_string("***");
    return;
  }
  using enum schema::kind;
  if (type.kind() == structure) {
    for (auto const& field : type.type->fields)
      if (auto* const member = value.find(field.name)) mask(app, field.type, *member, depth + 1);
  } else if (repeats(type.kind())) {
    for (auto& item : value.items) mask(app, *type.type->element, item, depth + 1);
  } else if (type.kind() == map) {
    for (auto& one : value.members) mask(app, *type.type->element, one.value, depth + 1);
  } else if (type.kind() == variant) {
    auto const name = std::string(value.text_of("type"));
    auto* const held = value.find("value");
    for (auto const alternative : type.type->alternatives)
      if (held != nullptr && app.types[alternative].name == name)
        return mask(app, alternative, *held, depth + 1);
  }
}

inline bool is_compound(json_value const& value) {
  return value.is(json_value::kind::object) || value.is(json_value::kind::array);
}

inline bool is_variant(json_value const& value) {
  return value.members.size() == 2 && value.members[0].name == "type" &&
         value.members[1].name == "value" && value.members[0].value.is(json_value::kind::string);
}

inline std::string inline_members(json_value const& value) {
  std::string text = "{";
  for (auto const& one : value.members) {
    text += (text.size() > 1 ? ", " : "") + plain_text(one.name) + ": ";
    text += inline_text(one.value);
  }
  return text + "}";
}

PANDO_INLINE std::string inline_text(json_value const& value) {
  using enum json_value::kind;
  switch (value.what) {
  case null:
    return "-";
  case boolean:
    return value.truth ? "true" : "false";
  case number:
    return value.text;
  case string:
    return plain_text(value.text);
  case object:
    if (is_variant(value))
      return plain_text(value.members[0].value.text) + " " + inline_text(value.members[1].value);
    return inline_members(value);
  case array:
    break;
  }
  std::string text;
  for (auto const& item : value.items) {
    bool const inner = item.is(json_value::kind::array);
    (text += text.empty() ? "" : ", ") += inner ? "[" + inline_text(item) + "]" : inline_text(item);
  }
  return value.items.empty() ? "[]" : text;
}

/// Rows of text below names. Numbers stand to the right.
struct text_table {
  std::vector<std::string> names;
  pando::detail::sequence<std::vector<std::string>> rows;
  pando::detail::sequence<bool> numeric;
};

inline text_table table_of_rows(pando::detail::sequence<json_value> const& items) {
  text_table table;
  for (auto const& item : items)
    for (auto const& one : item.members)
      if (auto name = plain_text(one.name);
          place_of(name, table.names) == table.names.size())
        table.names.push_back(std::move(name));
  for (std::size_t at = 0; at < table.names.size(); ++at) table.numeric.push_back(true);
  for (auto const& item : items) {
    auto& row = table.rows.emplace_back(table.names.size(), "-");
    for (auto const& one : item.members) {
      auto const at = place_of(plain_text(one.name), table.names);
      row[at] = inline_text(one.value);
      if (!one.value.is(json_value::kind::number) && !one.value.is(json_value::kind::null))
        table.numeric[at] = false;
    }
  }
  return table;
}

inline constexpr std::size_t column_gap = 2;

/// Makes the widest columns narrower until all fit. False: they would be too narrow to read.
inline bool fit(pando::detail::sequence<std::size_t>& widths, std::size_t width) {
  constexpr std::size_t narrowest = 6;
  if (width == 0 || widths.empty()) return true;
  auto const gaps = column_gap * (widths.size() - 1);
  auto const total = [&](std::size_t most) {
    auto sum = gaps;
    for (auto const one : widths) sum += std::min(one, most);
    return sum;
  };
  auto most = *std::max_element(widths.begin(), widths.end());
  while (total(most) > width && most > narrowest) --most;
  if (total(most) > width) return false;
  auto spare = width - total(most);
  for (auto& one : widths) {
    bool const cut = one > most;
    one = std::min(one, most + (cut && spare != 0 ? 1 : 0));
    if (cut && spare != 0) --spare;
  }
  return true;
}

inline std::string bold(std::string const& text, layout const& how) {
  return how.colour ? "\x1b[1m" + text + "\x1b[0m" : text;
}

inline std::string table_line(std::vector<std::string> const& cells,
                              pando::detail::sequence<std::size_t> const& widths,
                              pando::detail::sequence<bool> const& right) {
  std::string line;
  for (std::size_t at = 0; at < cells.size(); ++at) {
    if (at != 0) line.append(column_gap, ' ');
    line += padded(cut_to(cells[at], widths[at]), widths[at], right[at]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

/// Each row by itself, a line for each field.
inline std::string records(text_table const& table, std::string const& indent, layout const& how) {
  std::size_t widest = 0;
  for (auto const& name : table.names) widest = std::max(widest, columns_of(name));
  std::string text;
  for (auto const& row : table.rows) {
    if (!text.empty()) text += "\n";
    for (std::size_t at = 0; at < row.size(); ++at)
      text += indent + bold(padded(table.names[at], widest), how) + "  " + row[at] + "\n";
  }
  return text;
}

inline std::string table_text(pando::detail::sequence<json_value> const& items,
                              std::string const& indent, layout const& how) {
  auto const table = table_of_rows(items);
  pando::detail::sequence<std::size_t> widths;
  for (std::size_t at = 0; at < table.names.size(); ++at) {
    widths.push_back(columns_of(table.names[at]));
    for (auto const& row : table.rows) widths[at] = std::max(widths[at], columns_of(row[at]));
  }
  auto const room = how.width <= indent.size() ? how.width : how.width - indent.size();
  if (!fit(widths, room)) return records(table, indent, how);
  auto text = indent + bold(table_line(table.names, widths, table.numeric), how) + "\n";
  for (auto const& row : table.rows) text += indent + table_line(row, widths, table.numeric) + "\n";
  return text;
}

inline bool all_objects(json_value const& value) {
  for (auto const& item : value.items)
    if (!item.is(json_value::kind::object)) return false;
  return !value.items.empty();
}

inline std::string fields_text(json_value const& value, std::string const& indent,
                               layout const& how) {
  std::size_t widest = 0;
  for (auto const& one : value.members) widest = std::max(widest, columns_of(plain_text(one.name)));
  std::string text;
  for (auto const& one : value.members) {
    auto const name = plain_text(one.name);
    bool const is_table = one.value.is(json_value::kind::array) && all_objects(one.value);
    bool const is_block = one.value.is(json_value::kind::object) && !one.value.members.empty() &&
                          !is_variant(one.value);
    if (is_table || is_block) {
      text += indent + bold(name, how) + "\n";
      text += is_table ? table_text(one.value.items, indent + "  ", how)
                       : fields_text(one.value, indent + "  ", how);
    } else {
      text += indent + bold(padded(name, widest), how) + "  " + inline_text(one.value) + "\n";
    }
  }
  return text;
}

inline std::string whole_text(json_value const& value, layout const& how) {
  using enum json_value::kind;
  if (value.is(string)) return (how.raw ? value.text : plain_text(value.text, true)) + "\n";
  if (value.is(object)) return value.members.empty() ? "(empty)\n" : fields_text(value, {}, how);
  if (!value.is(array)) return inline_text(value) + "\n";
  if (value.items.empty()) return "(empty)\n";
  if (all_objects(value)) return table_text(value.items, {}, how);
  std::string text;
  for (auto const& item : value.items) text += inline_text(item) + "\n";
  return text;
}

} // namespace detail

PANDO_INLINE std::string render_result(described_app const& app, std::optional<std::uint32_t> type,
                                       std::string_view json, layout const& how) {
  if (!type.has_value()) return {};
  detail::json_value value;
  std::string why;
  if (!detail::parse_json(json, value, why)) return std::string(json) + "\n";
  detail::mask(app, *type, value);
  return detail::whole_text(value, how);
}

PANDO_INLINE std::string render_json(std::string_view json, layout const& how) {
  detail::json_value value;
  std::string why;
  if (!detail::parse_json(json, value, why)) return std::string(json) + "\n";
  return detail::whole_text(value, how);
}

PANDO_INLINE std::string mask_secrets(described_app const& app, std::optional<std::uint32_t> type,
                                      std::string_view json) {
  detail::json_value value;
  std::string why;
  if (!type.has_value() || !detail::parse_json(json, value, why)) return std::string(json);
  detail::mask(app, *type, value);
  return detail::json_text_of(value);
}

PANDO_INLINE std::string stream_renderer::row(detail::json_value const& value) {
  pando::detail::sequence<detail::json_value> const alone{value};
  auto const table = detail::table_of_rows(alone);
  std::vector<std::string> names;
  for (auto const& one : columns_) names.push_back(one.name);
  std::string text;
  pando::detail::sequence<std::size_t> widths;
  if (names != table.names) {
    constexpr std::size_t room_to_grow = 10;
    for (std::size_t at = 0; at < table.names.size(); ++at)
      widths.push_back(std::max({detail::columns_of(table.names[at]),
                                 detail::columns_of(table.rows[0][at]), room_to_grow}));
    detail::fit(widths, how_.width);
    columns_.clear();
    for (std::size_t at = 0; at < table.names.size(); ++at)
      columns_.push_back({table.names[at], widths[at]});
    text = detail::bold(detail::table_line(table.names, widths, table.numeric), how_) + "\n";
  } else {
    for (auto const& one : columns_) widths.push_back(one.width);
  }
  if (how_.width == 0) // nothing is cut where nobody watches
    for (std::size_t at = 0; at < widths.size(); ++at)
      widths[at] = std::max(widths[at], detail::columns_of(table.rows[0][at]));
  return text + detail::table_line(table.rows[0], widths, table.numeric) + "\n";
}

PANDO_INLINE std::string stream_renderer::item(std::string_view json) {
  detail::json_value value;
  std::string why;
  if (!detail::parse_json(json, value, why)) return std::string(json) + "\n";
  if (type_.has_value()) detail::mask(*app_, *type_, value);
  if (value.is(detail::json_value::kind::object) && !value.members.empty()) return row(value);
  return detail::whole_text(value, how_);
}

} // namespace pando::cli
