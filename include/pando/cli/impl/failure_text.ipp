// What a person, or with `--json` a script, is told of a call that failed.
#pragma once

#include <utility>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/shape.hpp>
#include <pando/cli/render.hpp>
#include <pando/cli/run.hpp>

namespace pando::cli {

namespace detail {

PANDO_INLINE described_error const* error_called(parsed const& which, std::string_view name) {
  if (which.route == nullptr) return nullptr;
  for (auto const& error : which.route->errors)
    if (error.name == name) return &error;
  return nullptr;
}

/// The next step of a JSON pointer, cut from it.
inline std::string pointer_step(std::string_view& pointer) {
  pointer.remove_prefix(1);
  auto const slash = pointer.find('/');
  std::string step;
  for (std::size_t at = 0; at < std::min(slash, pointer.size()); ++at) {
    bool const escape = pointer[at] == '~' && at + 1 < pointer.size();
    step += !escape ? pointer[at] : pointer[++at] == '1' ? '/' : '~';
  }
  pointer = slash == pointer.npos ? std::string_view{} : pointer.substr(slash);
  return step;
}

/// The flag that a violation is about: `/home/zip_code` is `--home.zip-code`, a positional one
/// `<id>`.
inline std::string flag_at(command_line const& commands, parsed const& which,
                           std::string_view pointer) {
  if (pointer.empty() || pointer.front() != '/') return {};
  auto const* const request = which.route != nullptr ? &which.route->request
                              : which.own != nullptr ? &which.own->request
                                                     : nullptr;
  bool is_known = request != nullptr && request->has_value();
  std::uint32_t place = is_known ? **request : 0;
  auto const* held = &which.document;
  std::string path;
  std::string spelling;
  while (!pointer.empty() && pointer.front() == '/') {
    auto const step = pointer_step(pointer);
    if (held != nullptr) held = held->find(step);
    auto spelled = step;
    if (is_known) {
      auto const type = bare(commands.app, place);
      is_known = repeats(type.kind()) || type.kind() == schema::kind::map;
      if (is_known) place = *type.type->element;
      for (auto const& field : type.type->fields)
        if (field.name == step) is_known = true, place = field.type, spelled = kebab(step);
    }
    (path += path.empty() ? "" : ".") += step;
    (spelling += spelling.empty() ? "" : ".") += spelled;
  }
  if (which.command != nullptr)
    for (auto const& name : which.command->positionals)
      if (name == path) return "<" + spelling + ">";
  return "--" + spelling;
}

/// The type of a declared error, where this route has it.
inline std::optional<std::uint32_t> type_of_error(parsed const& which, call_end const& end) {
  auto const* const error = error_called(which, end.name);
  return error == nullptr ? std::nullopt : std::optional(error->type);
}

inline std::string json_failure(call_end const& end) {
  auto value = json_object();
  bool const declared = end.what == call_end::kind::declared;
  value.member("error") = json_string(declared ? end.name : row_of_failure(end.code).name);
  if (declared) {
    std::string why;
    json_value held;
    if (parse_json(end.json, held, why)) value.member("value") = std::move(held);
    return json_text_of(value) + "\n";
  }
  value.member("message") = json_string(end.message);
  if (!end.id.empty()) value.member("id") = json_string(end.id);
  if (end.faults.empty()) return json_text_of(value) + "\n";
  auto& list = value.member("violations") = json_array();
  for (auto const& fault : end.faults.list) {
    auto& one = list.items.emplace_back();
    one.member("path") = json_string(fault.path);
    one.member("rule") = json_string(fault.rule);
    one.member("message") = json_string(fault.message);
  }
  return json_text_of(value) + "\n";
}

inline std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const end = text.find('\n');
    (out += "  ") += text.substr(0, end);
    out += '\n';
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

} // namespace detail

PANDO_INLINE std::string failure_text(command_line const& commands, parsed const& which,
                                      call_end const& end, layout const& how) {
  if (which.json && (how.raw || end.what != call_end::kind::declared))
    return detail::json_failure(end);
  // As of results: a terminal shows no secrets; what a script reads is not shown.
  auto const masked = mask_secrets(commands.app, detail::type_of_error(which, end), end.json);
  if (which.json) return detail::json_failure(call_end::declared(end.name, masked));
  auto const red = [&](std::string const& text) {
    return how.colour ? "\x1b[31m" + text + "\x1b[0m" : text;
  };
  auto const called = commands.program + ": ";
  if (end.what == call_end::kind::declared) {
    auto const text = called + red(detail::plain_text(end.name)) + "\n";
    if (masked.empty() || masked == "{}") return text;
    return text + detail::indented(render_json(masked, how));
  }
  auto text = called + red(detail::plain_text(end.message));
  bool const is_told = end.message.find(end.id) != end.message.npos; // or there is none
  if (!is_told) text += "; the app's log has it under " + detail::plain_text(end.id);
  text += "\n";
  for (auto const& fault : end.faults.list) {
    auto const flag = detail::flag_at(commands, which, fault.path);
    text += "  " + (flag.empty() ? "" : detail::plain_text(flag) + " ") +
            detail::plain_text(fault.message) + "\n";
  }
  return text;
}

} // namespace pando::cli
