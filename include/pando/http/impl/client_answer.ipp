// Decoding answers and problems into calls.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <pando/http/detail/client_answer.hpp>
#include <pando/http/detail/write.hpp>
#include <pando/http/headers.hpp>
#include <pando/schema/json.hpp>

namespace pando::http::detail {

struct problem_fault {
  std::optional<std::string> path;
  std::optional<std::string> rule;
  std::optional<std::string> message;
};

/// The members of a problem, but for `value`, whose type the route knows.
struct client_problem {
  std::optional<std::string> type;
  std::optional<int> status;
  std::optional<std::string> detail;
  std::optional<std::string> id;
  std::optional<std::vector<problem_fault>> errors;
};

inline constexpr json::decode_options lenient{.ignore_unknown = true, .max_depth = 512};

PANDO_INLINE std::string asked_place::text() const {
  std::string text(verb_name(request->method));
  text += ' ';
  text += origin;
  return text += request->shown;
}

PANDO_INLINE bool is_content_type(std::string_view header, std::string_view kind) noexcept {
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ') || header.ends_with('\t')) header.remove_suffix(1);
  return same_name(header, kind);
}

PANDO_INLINE failure_code failure_of_status(int status) noexcept {
  using enum failure_code;
  switch (status) {
  case 400:
  case 422: return invalid_request;
  case 401: return unauthenticated;
  case 403: return forbidden;
  case 404:
  case 405:
  case 410: return no_such_route;
  case 413:
  case 414:
  case 431: return too_large;
  case 429:
  case 503: return overloaded;
  case 499: return cancelled;
  case 502: return disconnected; // a proxy lost the app: whether it ran is unknown
  case 408:
  case 504: return deadline_exceeded;
  case 406:
  case 415: return incompatible;
  default: return internal;
  }
}

inline std::string answered(asked_place const& where, int status) {
  auto text = where.text() + " answered " + std::to_string(status);
  if (auto const words = reason_phrase(status); !words.empty()) text += " " + std::string(words);
  return text;
}

inline void set_incompatible(operation& call, asked_place const& where, std::string const& what,
                             violations faults = {}) {
  auto text = where.text() + " " + what;
  if (!faults.empty()) {
    auto const& first = faults.list.front();
    text += ": " + (first.path.empty() ? "" : first.path + " ") + first.message;
  }
  call.set_failure(incompatible(text, std::move(faults)));
}

/// Reads `{"value": …}` into `object` and passes over all else.
inline bool decode_value(std::string_view json, schema::type const& type, void* object,
                         violations& faults) {
  schema::field const field{"value", ",\"value\":", &type, true, false};
  schema::type whole{.what = schema::kind::structure, .size = type.size, .align = type.align};
  whole.name = "problem";
  whole.fields = {&field, 1};
  whole.required = 1;
  whole.places = [](schema::deed, void* at, void* out) { *static_cast<void**>(out) = at; };
  whole.life = type.life;
  return json::decode(json, whole, object, faults, lenient);
}

inline void take_declared(operation& call, std::string_view name, std::string_view json,
                          asked_place const& where) {
  auto const errors = call.route->errors;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i].name != name) continue;
    violations faults;
    if (!decode_value(json, *errors[i].type, call.make_error(i), faults))
      set_incompatible(call, where,
                       "answered the error " + std::string(name) +
                           " with a value that is not this contract's",
                       std::move(faults));
    return;
  }
  set_incompatible(call, where,
                   "answered the error " + std::string(name) +
                       ", which this contract does not declare");
}

PANDO_INLINE void take_problem(operation& call, std::string_view json, int status,
                               asked_place const& where) {
  constexpr std::string_view declared = "urn:pando:error:";
  constexpr std::string_view framework = "urn:pando:failure:";
  client_problem problem;
  violations ignored; // other servers' problems may look otherwise: what can be read is taken
  json::decode(json, problem, ignored, lenient);
  std::string_view const type = problem.type ? std::string_view(*problem.type) : "";
  if (type.starts_with(declared))
    return take_declared(call, type.substr(declared.size()), json, where);
  violations faults;
  if (problem.errors)
    for (auto& one : *problem.errors)
      faults.add(std::move(one.path).value_or(""), one.rule.value_or(""),
                 std::move(one.message).value_or(""));
  auto id = std::move(problem.id).value_or("");
  if (type.starts_with(framework))
    for (std::size_t i = 0; i < std::size(failure_rows); ++i)
      if (failure_rows[i].name == type.substr(framework.size()))
        return call.set_failure(failure(static_cast<failure_code>(i),
                                        problem.detail.value_or(std::string(failure_rows[i].title)),
                                        std::move(faults), std::move(id)));
  if (status >= 200 && status < 300) status = problem.status.value_or(500); // within a stream
  auto text = answered(where, status);
  if (problem.detail) text += ": " + *problem.detail;
  call.set_failure(failure(failure_of_status(status), text, std::move(faults), std::move(id)));
}

PANDO_INLINE void take_answer(operation& call, client_answer const& answer,
                              asked_place const& where) {
  if (answer.status < 200 || answer.status > 299) {
    if (is_content_type(answer.content_type, "application/problem+json"))
      return take_problem(call, answer.body, answer.status, where);
    auto const code = failure_of_status(answer.status);
    return call.set_failure(failure(code, answered(where, answer.status)));
  }
  if (call.route->streams)
    return set_incompatible(call, where,
                            "answered a stream with " + (answer.content_type.empty()
                                                             ? "nothing"
                                                             : std::string(answer.content_type)));
  if (call.result == nullptr || call.route->result == nullptr) return;
  if (answer.body.empty())
    return set_incompatible(call, where,
                            "answered " + std::to_string(answer.status) + " without the result");
  violations faults;
  if (!json::decode(answer.body, *call.route->result, call.result, faults, lenient))
    set_incompatible(call, where, "answered with what is not this contract's result",
                     std::move(faults));
}

PANDO_INLINE bool take_item(stream_operation& call, std::string_view json,
                            asked_place const& where) {
  violations faults;
  void* const item = call.make_item();
  bool good = false;
  try {
    good = json::decode(json, *call.route->result, item, faults, lenient);
  } catch (...) {
    call.drop_item();
    call.set_failure(std::current_exception());
    return false;
  }
  if (good) {
    call.item_ready();
  } else {
    call.drop_item();
    set_incompatible(call, where, "sent an item that is not this contract's", std::move(faults));
  }
  return good;
}

} // namespace pando::http::detail
