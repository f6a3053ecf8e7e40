// Finding a value by its flag's name, and setting it in the document of a request.
#pragma once

#include <utility>

#include <pando/cli/detail/assign.hpp>
#include <pando/meta/closest.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/meta/utf8.hpp>

namespace pando::cli::detail {

/// A field of a structure, first as it is written, then as it may be written.
inline described_field const* field_typed(described_type const& type, std::string_view typed) {
  for (auto const& field : type.fields)
    if (field.name == typed) return &field;
  for (auto const& field : type.fields)
    if (answers_to(field.name, typed)) return &field;
  return nullptr;
}

inline std::optional<std::uint32_t>
alternative_typed(described_app const& app, described_type const& type, std::string_view typed) {
  for (auto const place : type.alternatives)
    if (app.types[place].name == typed) return place;
  for (auto const place : type.alternatives)
    if (answers_to(app.types[place].name, typed)) return place;
  return std::nullopt;
}

/// Up to three digits.
inline std::optional<std::size_t> index_typed(std::string_view typed) {
  if (typed.empty() || typed.size() > 3) return std::nullopt;
  std::size_t index = 0;
  for (char const c : typed) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

/// One step further: cuts `rest`, adds to `at`. False: nothing there has that name.
inline bool step_into(described_app const& app, request_place& at, std::string_view& rest) {
  auto const type = bare(app, at.type);
  auto const dot = rest.find('.');
  auto const first = rest.substr(0, dot);
  auto const cut = [&](std::size_t size) { rest.remove_prefix(std::min(rest.size(), size)); };
  using step = request_step::kind;
  using enum schema::kind;
  if (type.kind() == structure) {
    auto const* const field = field_typed(*type.type, first);
    if (field == nullptr) return false;
    at.steps.push_back({step::member, field->name});
    at.type = field->type;
  } else if (type.kind() == list || type.kind() == fixed_list) {
    auto const index = index_typed(first);
    if (!index.has_value()) return false;
    at.steps.push_back({step::element, std::string(first), *index});
    at.type = *type.type->element;
  } else if (type.kind() == map) {
    bool const takes_all = is_scalar(bare(app, *type.type->element).kind());
    auto const key = takes_all ? rest : first;
    if (key.empty()) return false;
    at.steps.push_back({step::member, std::string(key)});
    at.type = *type.type->element;
    if (takes_all) return cut(rest.size()), true;
  } else if (type.kind() == variant) {
    auto const alternative = alternative_typed(app, *type.type, first);
    if (!alternative.has_value()) {
      at.names_alternative = first == "type" && dot == rest.npos;
      return at.names_alternative && (cut(rest.size()), true);
    }
    at.steps.push_back({step::alternative, app.types[*alternative].name});
    at.type = *alternative;
  } else {
    return false;
  }
  if (dot != rest.npos && dot + 1 == rest.size()) return false;
  cut(first.size() + 1);
  return true;
}

PANDO_INLINE bool find_value(described_app const& app, std::uint32_t type,
                             std::string_view spelling, request_place& found) {
  constexpr std::size_t deepest = 32;
  found = {};
  found.type = type;
  if (spelling.empty()) return false;
  while (!spelling.empty())
    if (found.steps.size() == deepest || !step_into(app, found, spelling)) return false;
  return true;
}

inline std::string path_of(request_place const& at) {
  std::string path;
  for (auto const& step : at.steps) (path += path.empty() ? "" : ".") += step.name;
  return path;
}

PANDO_INLINE bool request_builder::set_once(std::string const& path, std::string_view flag,
                                            std::string& why) {
  if (given_.add(path)) return true;
  why = std::string(flag) + " is given twice";
  return false;
}

PANDO_INLINE void request_builder::consider_given(request_place const& at) {
  given_.add(path_of(at));
}

/// Makes the variant hold that alternative, unless another was chosen by a flag.
PANDO_INLINE bool request_builder::choose(json_value& variant, std::string const& path,
                                          std::string const& name, std::string_view flag,
                                          std::string& why) {
  if (chosen_.add(path, alternatives_.size())) alternatives_.push_back(name);
  auto const& chosen = alternatives_[*chosen_.find(path)];
  if (chosen != name) {
    why = std::string(flag) + " chooses " + name + ", and another flag chose " + chosen;
    return false;
  }
  if (variant.text_of("type") != name) {
    variant = json_object();
    variant.member("type") = json_string(name);
  }
  variant.member("value");
  return true;
}

PANDO_INLINE bool request_builder::walk(request_place const& at, std::string_view flag,
                                        json_value*& to, std::string& path, std::string& why) {
  to = &document_;
  using step_kind = request_step::kind;
  for (auto const& step : at.steps) {
    if (step.what == step_kind::element) {
      if (!to->is(json_value::kind::array)) *to = json_array();
      given_.add(path);
      if (step.index > to->items.size()) {
        auto const last = path.rfind('.') == path.npos ? path : path.substr(path.rfind('.') + 1);
        why = std::string(flag) + " leaves a gap: " + last + "." +
              std::to_string(to->items.size()) + " comes first";
        return false;
      }
      if (step.index == to->items.size()) to->items.emplace_back();
      to = &to->items[step.index];
    } else if (step.what == step_kind::alternative) {
      if (!choose(*to, path, step.name, flag, why)) return false;
      to = &to->member("value");
    } else {
      to = &to->member(step.name);
    }
    (path += path.empty() ? "" : ".") += step.name;
  }
  return true;
}

/// What was given instead, and what was probably meant.
inline std::string not_this(described_app const& app, bare_type const& type,
                            std::string_view given) {
  auto const inner = repeats(type.kind()) ? bare(app, *type.type->element) : type;
  using enum schema::kind;
  bool const is_file = inner.kind() == bytes && !given.empty() && given.front() == '@';
  bool const is_short = is_scalar(inner.kind()) || inner.kind() == variant;
  bool const is_secret = type.secret || holds_secret(app, type.place);
  if (is_secret || is_file || !is_short || !meta::valid_utf8(given)) return {};
  auto sentence = ", not '" + std::string(given) + "'";
  auto const names =
      inner.kind() == variant ? alternative_names(app, *inner.type) : inner.type->enumerators;
  if (auto const meant = meta::closest(given, names); !meant.empty())
    sentence += "; did you mean " + std::string(meant) + "?";
  return sentence;
}

PANDO_INLINE bool request_builder::set_json(bare_type const& type, std::string_view text,
                                            json_value& to, std::string& why) {
  bool const wants_array = repeats(type.kind());
  json_value given;
  std::string fault;
  if (!parse_json(text, given, fault)) {
    why = accepted(app_, type) + (wants_array ? " in an array" : "") + " (" + fault + ")";
    return false;
  }
  if (!given.is(wants_array ? json_value::kind::array : json_value::kind::object)) {
    why = wants_array ? "a JSON array" : accepted(app_, type);
    return false;
  }
  if (to.is(json_value::kind::object) && !wants_array) {
    for (auto& one : given.members) to.member(one.name) = std::move(one.value);
  } else {
    to = std::move(given);
  }
  return true;
}

/// JSON, the name of an alternative that is a structure, or a text that one of the scalars takes:
/// numbers and the like are asked before strings, which take everything.
PANDO_INLINE bool request_builder::set_variant(bare_type const& type, std::string_view text,
                                               json_value& to, std::string& why) {
  if (!text.empty() && text.front() == '{') return set_json(type, text, to, why);
  auto const hold = [&](std::uint32_t alternative, json_value value) {
    to = json_object();
    to.member("type") = json_string(app_.types[alternative].name);
    to.member("value") = std::move(value);
    return true;
  };
  if (auto const named = alternative_typed(app_, *type.type, text);
      named.has_value() && bare(app_, *named).kind() == schema::kind::structure)
    return hold(*named, {});
  for (bool const strings : {false, true})
    for (auto const alternative : type.type->alternatives) {
      auto const inner = bare(app_, alternative);
      json_value value;
      std::string fault;
      if (is_scalar(inner.kind()) && (inner.kind() == schema::kind::string) == strings &&
          convert(app_, inner, text, files_, value, fault))
        return hold(alternative, std::move(value));
    }
  why = accepted(app_, type);
  return false;
}

/// A value of any type from one piece of text. False: `why` completes "… takes …".
PANDO_INLINE bool request_builder::set_whole(std::uint32_t place, std::string_view text,
                                             json_value& to, std::string& why) {
  auto const type = bare(app_, place);
  if (is_scalar(type.kind())) return convert(app_, type, text, files_, to, why);
  if (type.kind() == schema::kind::variant) return set_variant(type, text, to, why);
  return set_json(type, text, to, why);
}

/// The first one that comes by flag replaces what came by `--input`.
PANDO_INLINE bool request_builder::add_element(bare_type const& type, std::string const& path,
                                               std::string_view text, json_value& to,
                                               std::string& why) {
  auto const element = bare(app_, *type.type->element);
  if (given_.add(path) || !to.is(json_value::kind::array)) to = json_array();
  bool const is_text = element.kind() == schema::kind::string ||
                       element.kind() == schema::kind::variant || repeats(element.kind());
  json_value made;
  if (!text.empty() && text.front() == '[' && !is_text) {
    if (!set_json(type, text, made, why)) return false;
    for (auto& one : made.items) to.items.push_back(std::move(one));
    return true;
  }
  if (!set_whole(element.place, text, made, why)) return false;
  to.items.push_back(std::move(made));
  return true;
}

/// `key=value`
PANDO_INLINE bool request_builder::add_entry(bare_type const& type, std::string_view text,
                                             json_value& to, std::string& why) {
  if (!text.empty() && text.front() == '{') return set_json(type, text, to, why);
  auto const equals = text.find('=');
  why = accepted(app_, type);
  if (equals == text.npos || equals == 0) return false;
  std::string fault;
  if (set_whole(*type.type->element, text.substr(equals + 1), to.member(text.substr(0, equals)),
                fault))
    return true;
  why = "KEY=VALUE with " + fault;
  return false;
}

PANDO_INLINE bool request_builder::set(request_place const& at, std::string_view flag,
                                       std::string_view text, std::string& why) {
  json_value* to = nullptr;
  std::string path;
  if (!walk(at, flag, to, path, why)) return false;
  auto const type = bare(app_, at.type);
  if (at.names_alternative) {
    auto const named = alternative_typed(app_, *type.type, text);
    if (named.has_value()) return choose(*to, path, app_.types[*named].name, flag, why);
    why = std::string(flag) + " takes " + accepted(app_, type) + not_this(app_, type, text);
    return false;
  }
  bool fine = true;
  std::string fault;
  if (repeats(type.kind())) {
    fine = add_element(type, path, text, *to, fault);
  } else if (type.kind() == schema::kind::map) {
    given_.add(path);
    fine = add_entry(type, text, *to, fault);
  } else {
    if (!set_once(path, flag, why)) return false;
    fine = set_whole(at.type, text, *to, fault);
    if (fine && type.kind() == schema::kind::variant) {
      auto const name = std::string(to->text_of("type"));
      fine = choose(*to, path, name, flag, why);
      if (!fine) return false;
    }
  }
  if (fine) return true;
  why = std::string(flag) + " takes " + fault + not_this(app_, type, text);
  return false;
}

PANDO_INLINE bool request_builder::unset(request_place const& at, std::string_view flag,
                                         std::string& why) {
  json_value* to = nullptr;
  std::string path;
  if (!walk(at, flag, to, path, why) || !set_once(path, flag, why)) return false;
  auto const type = bare(app_, at.type);
  if (type.kind() == schema::kind::boolean)
    *to = json_boolean(false);
  else if (type.optional)
    *to = {};
  else if (repeats(type.kind()))
    *to = json_array();
  else if (type.kind() == schema::kind::map)
    *to = json_object();
  else {
    why = std::string(flag) + " cannot be: the value is required";
    return false;
  }
  return true;
}

PANDO_INLINE pando::detail::sequence<request_builder::hole> request_builder::holes() {
  pando::detail::sequence<hole> found;
  find_holes(type_, document_, {{}, {}, type_}, found, 0);
  return found;
}

PANDO_INLINE void request_builder::find_field_holes(described_type const& type, json_value& at,
                                                    hole const& here,
                                                    pando::detail::sequence<hole>& out, int depth) {
  for (auto const& field : type.fields) {
    hole next{here.path.empty() ? field.name : here.path + "." + field.name,
              (here.path.empty() ? "--" : here.spelling + ".") + kebab(field.name), field.type};
    auto* value = at.find(field.name);
    auto const inner = bare(app_, field.type);
    if (value == nullptr || value->is(json_value::kind::null)) {
      if (!field.required || given_.find(next.path) != nullptr) continue;
      bool const has_parts = inner.kind() == schema::kind::structure && !inner.optional;
      if (!has_parts) {
        out.push_back(std::move(next));
        continue;
      }
      value = &at.member(field.name);
      *value = json_object();
    }
    find_holes(field.type, *value, next, out, depth + 1);
  }
}

PANDO_INLINE void request_builder::find_holes(std::uint32_t place, json_value& at, hole const& here,
                                              pando::detail::sequence<hole>& out, int depth) {
  constexpr int deepest = 32;
  if (depth > deepest) return;
  auto const type = bare(app_, place);
  auto const below = [&](std::string const& name) {
    return hole{here.path.empty() ? name : here.path + "." + name,
                (here.path.empty() ? "--" : here.spelling + ".") + name, 0};
  };
  using enum schema::kind;
  if (type.kind() == structure && at.is(json_value::kind::object)) {
    find_field_holes(*type.type, at, here, out, depth);
  } else if ((type.kind() == list || type.kind() == fixed_list) && at.is(json_value::kind::array)) {
    for (std::size_t i = 0; i < at.items.size(); ++i)
      find_holes(*type.type->element, at.items[i], below(std::to_string(i)), out, depth + 1);
  } else if (type.kind() == map) {
    for (auto& one : at.members)
      find_holes(*type.type->element, one.value, below(one.name), out, depth + 1);
  } else if (type.kind() == variant && at.is(json_value::kind::object)) {
    auto const name = std::string(at.text_of("type"));
    auto const chosen = alternative_typed(app_, *type.type, name);
    if (!chosen.has_value()) return;
    auto& value = at.member("value");
    if (bare(app_, *chosen).kind() == structure && value.is(json_value::kind::null))
      value = json_object();
    auto next = below(name);
    next.spelling = here.spelling + "." + kebab(name);
    find_holes(*chosen, value, next, out, depth + 1);
  }
}

} // namespace pando::cli::detail
