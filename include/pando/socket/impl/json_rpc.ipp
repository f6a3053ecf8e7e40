// Lines to requests, requests to calls, responses to those who asked.
#pragma once

#include <algorithm>
#include <charconv>
#include <utility>

#include <pando/meta/utf8.hpp>
#include <pando/schema/json.hpp>
#include <pando/socket/detail/rpc_call.hpp>
#include <pando/socket/json_rpc.hpp>
#include <pando/socket/json_text.hpp>

namespace pando::socket {

namespace detail {

inline constexpr int parse_error = -32700;
inline constexpr int no_request = -32600;

/// The members of an object; false when it is no JSON, or says a member twice.
inline bool read_request(std::string_view text, rpc_request& request, bool& repeats) {
  json_text object(text);
  std::string_view key;
  std::string_view value;
  if (!object.enter('{')) return false;
  auto const put = [&](std::string_view& member) {
    repeats = repeats || !member.empty();
    member = value;
  };
  while (object.key(key)) {
    if (!object.value(value)) return false;
    if (key == "jsonrpc")
      put(request.version);
    else if (key == "id")
      put(request.id);
    else if (key == "method")
      put(request.method);
    else if (key == "params")
      put(request.params);
    else if (key == "result")
      put(request.result);
    else if (key == "error")
      put(request.error);
    else if (key == "door")
      put(request.door);
    else if (key == "timeout_ms")
      put(request.timeout);
  }
  return !object.is_broken() && object.is_at_end();
}

/// An id is text, a number or null; it comes back as it stands.
inline bool is_id(std::string_view id) {
  constexpr std::size_t longest = 256;
  return id.size() <= longest && id.find_first_of("{[tf") != 0;
}

} // namespace detail

PANDO_INLINE json_rpc::json_rpc(stream_connection& connection, serving const& served,
                                connection_peer peer)
    : connection_(connection), served_(served), peer_(std::move(peer)) {}

PANDO_INLINE json_rpc::~json_rpc() {
  for (auto* const call : idle_) delete call;
}

PANDO_INLINE std::size_t json_rpc::received(std::string_view bytes) {
  auto const size = bytes.size();
  auto const most = connection_.limits().max_frame;
  for (;;) {
    auto const end = bytes.find('\n', scanned_);
    if ((end == bytes.npos ? bytes.size() : end) > most) {
      auto const why = "a line is longer than " + std::to_string(most) + " bytes";
      refuse("null", too_large(why), nullptr);
      connection_.close_when_sent(why);
      return size;
    }
    if (end == bytes.npos) break;
    if (connection_.defers()) {
      scanned_ = 0;
      return size - bytes.size();
    }
    line(bytes.substr(0, end));
    if (connection_.is_closing()) return size;
    bytes.remove_prefix(end + 1);
    scanned_ = 0;
  }
  scanned_ = bytes.size();
  return size - bytes.size();
}

PANDO_INLINE bool json_rpc::half_closed(std::string_view rest) {
  if (!rest.empty()) line(rest);
  is_half_closed_ = true;
  close_if_done();
  return true;
}

PANDO_INLINE void json_rpc::close_if_done() {
  if ((is_half_closed_ || drains_) && calls_.empty()) connection_.close_when_sent();
}

PANDO_INLINE void json_rpc::line(std::string_view text) {
  if (text.find_first_not_of(" \t\r") == text.npos) return;
  if (!meta::valid_utf8(text))
    return refuse("null", detail::parse_error, "the line is not UTF-8", nullptr);
  auto const bracket = detail::json_text(text).peek();
  if (bracket == '[') return many(text);
  if (bracket == '{') return one(text, nullptr);
  std::string_view value;
  detail::json_text other(text);
  bool const is_json = other.value(value) && other.is_at_end();
  refuse("null", is_json ? detail::no_request : detail::parse_error,
         is_json ? "a request is an object" : "the line is no JSON", nullptr);
}

PANDO_INLINE void json_rpc::many(std::string_view text) {
  pando::detail::sequence<std::string_view> requests;
  std::string_view value;
  detail::json_text array(text);
  array.enter('[');
  while (array.element())
    if (array.value(value))
      requests.push_back(value);
    else
      break;
  if (array.is_broken() || !array.is_at_end())
    return refuse("null", detail::parse_error, "the line is no JSON", nullptr);
  if (requests.empty()) return refuse("null", detail::no_request, "the batch is empty", nullptr);
  auto const most = connection_.limits().max_batch;
  if (requests.size() > most)
    return refuse("null", detail::no_request,
                  "a batch has at most " + std::to_string(most) + " requests", nullptr);
  std::shared_ptr<detail::rpc_batch> const together(new detail::rpc_batch(connection_));
  for (auto const request : requests) {
    if (request.front() == '{')
      one(request, together);
    else
      refuse("null", detail::no_request, "a request is an object", together);
    if (connection_.is_closing()) return;
  }
}

PANDO_INLINE void json_rpc::one(std::string_view text, batch const& with) {
  detail::rpc_request what;
  bool repeats = false;
  if (!detail::read_request(text, what, repeats))
    return refuse("null", detail::parse_error, "the line is no JSON", with);
  bool const has_id = !what.id.empty() && detail::is_id(what.id);
  auto const id = has_id ? what.id : "null";
  if (repeats) return refuse(id, detail::no_request, "a member is given twice", with);
  if (what.version != "\"2.0\"")
    return refuse(id, detail::no_request, "\"jsonrpc\" must be \"2.0\"", with);
  if (!what.id.empty() && !has_id)
    return refuse(id, detail::no_request,
                  "\"id\" must be text of at most 254 bytes, a number or null", with);
  if (what.method.empty() && (!what.result.empty() || !what.error.empty())) return reply(what);
  if (what.method.empty() || what.method.front() != '"')
    return refuse(id, detail::no_request, "\"method\" must be text", with);
  request(what, with);
}

PANDO_INLINE void json_rpc::request(detail::rpc_request const& what, batch const& with) {
  std::string unescaped;
  auto method = what.method.substr(1, what.method.size() - 2);
  if (method.find('\\') != method.npos) {
    violations faults;
    if (json::decode(what.method, unescaped, faults)) method = unescaped;
  }
  if (own_method(what, method, with)) return;
  auto const* const route = served_.routes().find(method);
  if (route == nullptr)
    return refuse(what.id, no_such_route("this app does not serve " + std::string(method)), with);
  if (!what.params.empty() && what.params.front() != '{' && what.params != "null") {
    violations faults;
    faults.add("", "type", "must be an object");
    return refuse(what.id, invalid_request("\"params\" must be an object", std::move(faults)),
                  with);
  }
  if (drains_) return refuse(what.id, not_running("the app is stopping"), with);
  if (calls_.size() >= connection_.limits().max_calls)
    return refuse(what.id, overloaded("too many calls at once on this connection"), with);
  auto const most = connection_.limits().max_frame;
  if (with && with->answers.size() > most)
    return refuse(
        what.id,
        too_large("the answers of this batch are longer than " + std::to_string(most) + " bytes"),
        with);
  // Nobody could be told of the items.
  if (what.id.empty() && route->row->streams) return;
  run(*route, what, with);
}

PANDO_INLINE bool json_rpc::own_method(detail::rpc_request const& what, std::string_view method,
                                       batch const& with) {
  if (method == "rpc.cancel") {
    cancel(what.params);
    if (what.id.empty()) return true;
  } else if (method == "pando.describe") {
    if (!served_.describe()) return false;
  } else if (method != "pando.ping") {
    return false;
  }
  if (what.id.empty()) return true;
  detail::rpc_message message(connection_, with.get());
  message.out.append(R"({"jsonrpc":"2.0","id":)");
  message.out.append(what.id);
  message.out.append(R"(,"result":)");
  if (method == "pando.describe")
    message.out.append(served_.describe()());
  else
    message.out.append(method == "pando.ping" ? R"("pong")" : "null");
  message.out.append('}');
  message.end();
  return true;
}

namespace detail {

/// False: a member is no text, or no number of milliseconds.
inline bool read_terms(rpc_request const& what, rpc_terms& terms) {
  if (auto const door = what.door; !door.empty()) {
    if (door.front() != '"') return false;
    terms.door = door.substr(1, door.size() - 2);
  }
  if (what.timeout.empty()) return true;
  std::uint32_t milliseconds = 0;
  auto const* const end = what.timeout.data() + what.timeout.size();
  auto const read = std::from_chars(what.timeout.data(), end, milliseconds);
  if (read.ec != std::errc{} || read.ptr != end) return false;
  terms.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  return true;
}

} // namespace detail

PANDO_INLINE void json_rpc::run(served_route const& route, detail::rpc_request const& what,
                                batch const& with) {
  detail::rpc_terms terms;
  if (!detail::read_terms(what, terms))
    return refuse(what.id.empty() ? "null" : what.id, detail::no_request,
                  "\"door\" must be text, \"timeout_ms\" a whole number of milliseconds", with);
  if (terms.deadline) {
    if (!deadlines_) deadlines_.reset(new deadline_watch(connection_.executor(), *this));
    deadlines_->watch(*terms.deadline);
  }
  if (idle_.empty()) idle_.push_back(new detail::rpc_call(*this));
  auto* const made = idle_.back();
  idle_.pop_back();
  made->place = calls_.size();
  calls_.push_back(made);
  if (calls_.size() == 1) keep_ = connection_.shared_from_this();
  made->start(route, what.id, what.params == "null" ? std::string_view{} : what.params, terms,
              with);
}

PANDO_INLINE json_rpc::time_point json_rpc::expire(time_point now) {
  auto const alive = connection_.weak_from_this().lock(); // the last call may end with it
  auto next = (deadline_watch::time_point::max)();
  for (auto at = calls_.size(); at-- != 0;) {
    if (at >= calls_.size() || !calls_[at]->caller().deadline) continue;
    auto const deadline = *calls_[at]->caller().deadline;
    if (deadline > now)
      next = (std::min)(next, deadline);
    else if (!calls_[at]->caller().is_cancelled)
      calls_[at]->expire();
  }
  return next;
}

PANDO_INLINE void json_rpc::over(detail::rpc_call& which) {
  questions_.erase_if([&](question const& asked) { return asked.call == &which; });
  calls_.back()->place = which.place;
  std::swap(calls_[which.place], calls_.back());
  calls_.pop_back();
  idle_.push_back(&which);
  if (!calls_.empty()) return;
  auto const keep = std::move(keep_); // this may end with it
  close_if_done();
}

PANDO_INLINE void json_rpc::cancel(std::string_view params) {
  auto const id = detail::member_of(params, "id");
  if (id.empty() || id == "null") return;
  for (auto* const call : calls_)
    if (call->id() == id) return call->leave();
}

PANDO_INLINE void json_rpc::reply(detail::rpc_request const& what) {
  constexpr std::string_view prefix = "\"prompt-";
  std::uint64_t number = 0;
  if (what.id.substr(0, prefix.size()) != prefix) return;
  std::from_chars(what.id.data() + prefix.size(), what.id.data() + what.id.size(), number);
  auto const* at = questions_.begin();
  while (at != questions_.end() && at->id != number) ++at;
  if (at == questions_.end()) return;
  auto const asked = *at;
  questions_.erase(at);
  io_answer answer;
  violations faults;
  using kind = io_question::kind;
  if (asked.what == kind::text || asked.what == kind::secret) {
    answer.cancelled = !json::decode(what.result, answer.text, faults);
  } else if (asked.what == kind::confirm) {
    answer.cancelled = what.result != "true" && what.result != "false";
    answer.text = what.result == "true" ? "yes" : "no";
  } else if (asked.what == kind::choose_one) {
    std::uint32_t place = 0;
    answer.cancelled = !json::decode(what.result, place, faults);
    answer.chosen = {place};
  } else {
    pando::detail::sequence<std::uint32_t> places;
    answer.cancelled = !json::decode(what.result, places, faults);
    for (auto const place : places) answer.chosen.push_back(place);
  }
  asked.call->replied(asked.number, std::move(answer));
}

PANDO_INLINE void json_rpc::refuse(std::string_view id, int code, std::string_view message,
                                   batch const& with) {
  detail::rpc_message made(connection_, with.get());
  made.out.append(R"({"jsonrpc":"2.0","id":)");
  made.out.append(id);
  made.out.append(R"(,"error":{"code":)");
  made.out.append(std::to_string(code));
  made.out.append(R"(,"message":)");
  detail::append_string(made.out, message);
  made.out.append("}}");
  made.end();
}

PANDO_INLINE void json_rpc::refuse(std::string_view id, failure const& why, batch const& with) {
  if (id.empty()) return; // a notification: nobody is told
  detail::rpc_message made(connection_, with.get());
  made.out.append(R"({"jsonrpc":"2.0","id":)");
  made.out.append(id);
  made.out.append(',');
  detail::append_failure(made.out, why);
  made.end();
}

PANDO_INLINE void json_rpc::drained() {
  for (std::size_t i = 0; i < calls_.size() && connection_.is_open();) {
    auto* const call = calls_[i];
    call->pump();
    if (i < calls_.size() && calls_[i] == call) ++i;
  }
}

PANDO_INLINE void json_rpc::ended(std::string_view) {
  auto const keep = connection_.shared_from_this();
  for (std::size_t i = 0; i < calls_.size();) {
    auto* const call = calls_[i];
    call->leave();
    if (i < calls_.size() && calls_[i] == call) ++i;
  }
}

PANDO_INLINE void json_rpc::drain(std::string_view) {
  drains_ = true;
  close_if_done();
}

} // namespace pando::socket
