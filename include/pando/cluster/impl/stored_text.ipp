// How requests and answers are written and read.
#pragma once

#include <algorithm>
#include <charconv>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <pando/cluster/detail/stored_text.hpp>
#include <pando/handler/failure.hpp>
#include <pando/meta/utf8.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/type_of.hpp>

namespace pando::cluster::detail {

inline std::string json_text(schema::type const& type, void const* value) {
  buffer out;
  json::encode(type, value, out);
  return std::string(out.view());
}

/// All violations in one sentence.
inline std::string sentence_of(violations const& faults) {
  std::string all;
  for (auto const& one : faults.list) {
    if (!all.empty()) all += "; ";
    if (!one.path.empty()) all.append(one.path).append(": ");
    all += one.message;
  }
  return all;
}

inline std::string why_unreadable(std::string_view text, schema::type const& type, void* into) {
  json::decode_options options;
  options.ignore_unknown = true;
  options.rules = false;
  violations faults;
  if (json::decode(text, type, into, faults, options)) return {};
  return sentence_of(faults);
}

PANDO_INLINE std::string store_request(route_row const& row, void const* request) {
  return row.request == nullptr ? std::string() : json_text(*row.request, request);
}

PANDO_INLINE std::string read_request(route_row const& row, std::string_view stored,
                                      void* request) {
  if (row.request == nullptr) return {};
  return why_unreadable(stored, *row.request, request);
}

PANDO_INLINE std::string store_item(route_row const& row, void const* item) {
  return json_text(*row.result, item);
}

PANDO_INLINE std::string read_item(route_row const& row, std::string_view stored, void* item) {
  return why_unreadable(stored, *row.result, item);
}

PANDO_INLINE std::string key_text(rpc_row const& rpc, void const* request) {
  struct writing {
    schema::type const* type;
    std::string text{};
  } to{rpc.key_type};
  rpc.key(request, &to, [](void* context, void const* key) {
    auto& out = *static_cast<writing*>(context);
    if (out.type == &type_of<std::string>())
      out.text = *static_cast<std::string const*>(key);
    else
      out.text = json_text(*out.type, key);
  });
  return std::move(to.text);
}

inline store::answer store_failure(std::exception_ptr const& why) {
  store::answer made;
  made.kind = store::answer_kind::failure;
  auto code = failure_code::internal;
  std::string id;
  std::string text;
  try {
    std::rethrow_exception(why);
  } catch (failure const& known) {
    code = known.code();
    id = known.id();
    text = known.what();
    if (!known.faults().empty()) text += ": " + sentence_of(known.faults());
  } catch (std::exception const& other) {
    text = other.what();
  } catch (...) {
    text = "an exception of an unknown type";
  }
  made.payload = std::string(row_of_failure(code).name) + '\n' + id + '\n' + text;
  return made;
}

PANDO_INLINE store::answer store_answer(operation& ended) {
  store::answer made;
  try {
    if (ended.failed) return store_failure(ended.failed);
    if (ended.error_index) {
      auto const& row = ended.route->errors[*ended.error_index];
      made.kind = store::answer_kind::declared_error;
      made.payload = std::string(row.name) + '\n' + json_text(*row.type, ended.error);
    } else if (ended.route->result != nullptr && !ended.route->streams) {
      made.payload = json_text(*ended.route->result, ended.result);
    }
  } catch (...) { // it has no JSON
    return store_failure(std::current_exception());
  }
  return made;
}

/// Cuts the text up to the next line's end off.
inline std::string_view take_line(std::string_view& text) noexcept {
  auto const end = (std::min)(text.find('\n'), text.size());
  auto const line = text.substr(0, end);
  text.remove_prefix((std::min)(end + 1, text.size()));
  return line;
}

PANDO_INLINE std::string as_utf8(std::string text) {
  for (auto at = meta::utf8_fault(text); at != text.npos; at = meta::utf8_fault(text))
    text[at] = '?';
  return text;
}

PANDO_INLINE std::string why_it_failed(std::string_view stored) {
  auto name = take_line(stored);
  if (name.find_first_not_of("0123456789") == name.npos) name = take_line(stored);
  (void)take_line(stored); // the id
  std::string why;
  if (name != row_of_failure(failure_code::internal).name) why.append(name).append(": ");
  why += stored;
  return as_utf8(std::move(why));
}

inline bool read_value(std::string_view text, schema::type const& type, void* into, operation& of) {
  auto const why = why_unreadable(text, type, into);
  if (why.empty()) return true;
  of.set_failure(internal_failure("the stored answer of " + std::string(of.route->full_name) +
                                  " cannot be read by this version of the program: " + why));
  return false;
}

PANDO_INLINE void read_answer(store::answer const& stored, operation& into) {
  std::string_view text = stored.payload;
  switch (stored.kind) {
  case store::answer_kind::result:
    if (into.route->result != nullptr && into.result != nullptr)
      read_value(text, *into.route->result, into.result, into);
    return;
  case store::answer_kind::declared_error: {
    auto const name = take_line(text);
    auto const& errors = into.route->errors;
    auto const at = std::find_if(errors.begin(), errors.end(),
                                 [&](error_row const& one) { return one.name == name; });
    if (at == errors.end())
      return into.set_failure(internal_failure("the stored answer of " +
                                               std::string(into.route->full_name) +
                                               " is an error that this version of the program "
                                               "does not declare: " +
                                               std::string(name)));
    auto const index = static_cast<std::size_t>(std::distance(errors.begin(), at));
    read_value(text, *at->type, into.make_error(index), into);
    return;
  }
  case store::answer_kind::unreadable:
  case store::answer_kind::failure: {
    auto const name = take_line(text);
    auto const id = take_line(text);
    auto code = failure_code::internal;
    for (std::size_t i = 0; i < std::size(failure_rows); ++i)
      if (failure_rows[i].name == name) code = static_cast<failure_code>(i);
    return into.set_failure(failure(code, std::string(text), {}, std::string(id)));
  }
  case store::answer_kind::interrupted:
    return into.set_failure(cancelled("the call was interrupted by a caller of it"));
  }
}

/// What the text of a discarded call begins with. No transport does.
inline constexpr std::string_view discarded_mark = "*discarded\n";
/// And that of a stream whose reader has an incarnation, which follows on that line.
inline constexpr std::string_view reader_mark = "*reader ";

/// As one word of the first two lines, which a client may have named.
inline std::string as_word(std::string_view text) {
  std::string word(text);
  for (auto& one : word)
    if (one == '\n' || one == '\t') one = ' ';
  return word;
}

/// Cuts a word off, and reads it as a number if it is one.
template <class Number>
std::optional<Number> take_number(std::string_view& line) {
  auto const end = (std::min)(line.find('\t'), line.size());
  Number number = 0;
  auto const [last, fault] = std::from_chars(line.data(), line.data() + end, number);
  bool const is_one = end != 0 && fault == std::errc{} && last == line.data() + end;
  line.remove_prefix((std::min)(end + 1, line.size()));
  return is_one ? std::optional<Number>(number) : std::nullopt;
}

PANDO_INLINE std::string store_caller(caller const* whom, bool discards, std::uint64_t reader) {
  std::string text(discards ? discarded_mark : std::string_view());
  if (reader != 0) text.append(reader_mark).append(std::to_string(reader)).append("\n");
  if (whom == nullptr) return text;
  auto transport = as_word(whom->transport);
  if (transport.starts_with('*')) transport.front() = ' '; // it is none of the marks
  text += transport;
  if (whom->user_id || whom->incarnation) {
    text.append("\t").append(whom->user_id ? std::to_string(*whom->user_id) : "");
    text.append("\t").append(whom->incarnation ? std::to_string(*whom->incarnation) : "");
  }
  return text + '\n' + as_word(whom->peer) + '\n' + whom->principal;
}

PANDO_INLINE bool was_discarded(std::string_view stored) noexcept {
  return stored.substr(0, discarded_mark.size()) == discarded_mark;
}

PANDO_INLINE std::uint64_t reader_of(std::string_view stored) noexcept {
  if (was_discarded(stored)) stored.remove_prefix(discarded_mark.size());
  if (!stored.starts_with(reader_mark)) return 0;
  auto line = take_line(stored);
  line.remove_prefix(reader_mark.size());
  return take_number<std::uint64_t>(line).value_or(0);
}

PANDO_INLINE caller const* read_caller(std::string_view stored, stored_caller& into) {
  if (was_discarded(stored)) stored.remove_prefix(discarded_mark.size());
  if (stored.starts_with(reader_mark)) (void)take_line(stored);
  if (stored.empty()) return nullptr;
  auto first = take_line(stored);
  auto const word = (std::min)(first.find('\t'), first.size());
  into.transport = first.substr(0, word);
  first.remove_prefix((std::min)(word + 1, first.size()));
  into.whom.user_id = take_number<std::uint32_t>(first);
  into.whom.incarnation = take_number<std::uint64_t>(first);
  into.peer = take_line(stored);
  into.whom.principal = stored;
  into.whom.transport = into.transport;
  into.whom.peer = into.peer;
  return &into.whom;
}

} // namespace pando::cluster::detail
