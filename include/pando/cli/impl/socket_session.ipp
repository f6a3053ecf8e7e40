// The client's half of JSON-RPC: responses, notifications, questions.
#pragma once

#include <algorithm>
#include <utility>

#include <unistd.h>

#include <pando/cli/detail/socket_session.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli::detail {

inline json_value rpc_message() {
  auto message = json_object();
  message.member("jsonrpc") = json_string("2.0");
  return message;
}

PANDO_INLINE rpc_session::~rpc_session() {
  std::lock_guard const turn(answers_->mutex);
  answers_->waker = -1;
}

PANDO_INLINE call_end rpc_session::failed(failure_code code, std::string message) const {
  call_end end;
  end.code = code;
  end.message = std::move(message);
  return end;
}

PANDO_INLINE bool rpc_session::send_request(invocation const& what) {
  // Put together by hand: the request is JSON already.
  auto message = rpc_message();
  message.member("id") = json_number("1");
  message.member("method") = json_string(what.route);
  message.member("door") = json_string("cli");
  if (what.timeout.count() > 0)
    message.member("timeout_ms") = json_number(std::to_string(what.timeout.count()));
  auto text = json_text_of(message);
  if (!what.request.empty()) {
    text.pop_back();
    text += ",\"params\":" + what.request + "}";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return socket_.send(text, until_);
}

PANDO_INLINE call_end rpc_session::call(invocation const& what, io_sink& io,
                                        std::function<bool(std::string_view)> const& item) {
  timeout_ = what.timeout;
  if (timeout_.count() > 0) until_ = clock::now() + timeout_;
  auto const gone = [this] {
    return failed(failure_code::disconnected,
                  app_ +
                      " ended the connection before the answer: whether the call ran is unknown");
  };
  if (!send_request(what)) return clock::now() >= until_ ? late() : gone();
  for (std::string line;;) {
    using got = line_socket::got;
    switch (socket_.receive(line, until_, wake_)) {
    case got::woken:
      woken();
      break;
    case got::late:
      if (left_ || is_overdue_) return late();
      be_overdue();
      break;
    case got::ended:
      return left_ || is_overdue_ ? late() : gone();
    case got::line:
      if (call_end end; read(line, io, item, end)) return end;
      break;
    }
  }
}

PANDO_INLINE call_end rpc_session::late() const {
  if (left_) return failed(failure_code::cancelled, "the call was cancelled");
  return failed(failure_code::deadline_exceeded, late_text());
}

PANDO_INLINE void rpc_session::cancel() {
  auto message = rpc_message();
  message.member("method") = json_string("rpc.cancel");
  message.member("params").member("id") = json_number("1");
  socket_.send(json_text_of(message), until_);
}

PANDO_INLINE void rpc_session::be_overdue() {
  constexpr auto patience = std::chrono::milliseconds(300);
  is_overdue_ = true;
  until_ = clock::now() + patience;
  cancel();
}

PANDO_INLINE void rpc_session::woken() {
  char room[64];
  auto const count = ::read(wake_, room, sizeof(room));
  std::string_view const said(room, count > 0 ? static_cast<std::size_t>(count) : 0);
  if (said.find('a') != said.npos) send_answers();
  if (said.find('c') != said.npos) leave();
}

PANDO_INLINE void rpc_session::leave() {
  constexpr auto patience = std::chrono::seconds(5);
  if (std::exchange(left_, true)) return;
  until_ = clock::now() + patience;
  cancel();
}

/// True: it was the response. What is no JSON-RPC is passed over.
PANDO_INLINE bool rpc_session::read(std::string const& line, io_sink& io,
                                    std::function<bool(std::string_view)> const& item,
                                    call_end& end) {
  json_value message;
  std::string why;
  if (!parse_json(line, message, why)) {
    end = failed(failure_code::incompatible, app_ + " answered with something else than JSON");
    return true;
  }
  if (auto const* const method = message.find("method")) {
    json_value const none = json_object();
    auto const* const params = message.find("params");
    auto const* const id = message.find("id");
    if (method->text == "io.prompt" && id != nullptr)
      asked(*id, params == nullptr ? none : *params, io);
    else
      notified(method->text, params == nullptr ? none : *params, io, item);
    return false;
  }
  if (auto const* const error = message.find("error")) {
    end = error_end(*error);
    // The app's clock may be the first to say so: a deadline goes on in whole milliseconds.
    constexpr auto unlike = std::chrono::milliseconds(20);
    bool const is_late = is_overdue_ || (timeout_.count() > 0 && clock::now() + unlike >= until_);
    bool const is_cancelled = !left_ && end.code == failure_code::cancelled;
    if (is_late && (is_cancelled || end.code == failure_code::deadline_exceeded)) end = late();
    return true;
  }
  auto const* const result = message.find("result");
  if (result == nullptr || message.number_of("id", 0) != 1) return false;
  end = call_end::result(json_text_of(*result));
  return true;
}

PANDO_INLINE void rpc_session::notified(std::string_view method, json_value const& params,
                                        io_sink& io,
                                        std::function<bool(std::string_view)> const& item) {
  using kind = io_event::kind;
  if (method == "stream.item") {
    auto const* const value = params.find("item");
    if (value != nullptr && !left_ && !item(json_text_of(*value))) leave();
  } else if (method == "io.log" || method == "io.error") {
    io.show({method == "io.log" ? kind::log : kind::error, params.text_of("text")});
  } else if (method == "io.progress") {
    io.show({kind::progress, params.text_of("text"), params.number_of("done", 0),
             params.number_of("total", 0)});
  } else if (method == "io.table") {
    auto const* const rows = params.find("rows");
    auto const text = rows == nullptr ? std::string("[]") : json_text_of(*rows);
    io.show({kind::table, text});
  }
}

PANDO_INLINE void rpc_session::asked(json_value const& id, json_value const& params, io_sink& io) {
  constexpr std::string_view kinds[]{"text", "secret", "confirm", "choose_one", "choose_many"};
  std::size_t which = 0;
  while (which < std::size(kinds) && kinds[which] != params.text_of("kind")) ++which;
  auto const name = json_text_of(id);
  io_question question;
  question.what = static_cast<io_question::kind>(which);
  question.text = params.text_of("text");
  if (auto const* const options = params.find("options"))
    for (auto const& one : options->items) question.options.push_back(one.text);
  questions_.emplace_back(name, question.what);
  auto const then = [answers = answers_, name](io_answer answer) {
    std::lock_guard const turn(answers->mutex);
    if (answers->waker < 0) return;
    answers->list.emplace_back(name, std::move(answer));
    (void)!::write(answers->waker, "a", 1);
  };
  if (which == std::size(kinds))
    then({}); // a newer app's way of asking
  else
    io.ask(question, then);
  send_answers();
}

inline json_value answer_value(io_question::kind kind, io_answer const& answer) {
  using enum io_question::kind;
  if (answer.cancelled) return {};
  if (kind == confirm) return json_boolean(answer.text == "yes");
  if (kind == text || kind == secret) return json_string(answer.text);
  auto places = json_array();
  for (auto const place : answer.chosen) places.items.push_back(json_number(std::to_string(place)));
  if (kind == choose_many) return places;
  return places.items.empty() ? json_value{} : places.items.front();
}

PANDO_INLINE void rpc_session::send_answers() {
  pando::detail::sequence<std::pair<std::string, io_answer>> given;
  {
    std::lock_guard const turn(answers_->mutex);
    given.swap(answers_->list);
  }
  for (auto const& [name, answer] : given) {
    for (auto const& [asked_name, kind] : questions_) {
      if (asked_name != name) continue;
      json_value id;
      std::string why;
      parse_json(name, id, why);
      auto message = rpc_message();
      message.member("id") = std::move(id);
      message.member("result") = answer_value(kind, answer);
      socket_.send(json_text_of(message), until_);
      break;
    }
  }
}

PANDO_INLINE call_end rpc_session::error_end(json_value const& error) const {
  json_value const none = json_object();
  auto const* const found = error.find("data");
  auto const& data = found == nullptr ? none : *found;
  auto const message = std::string(error.text_of("message"));
  if (auto const name = data.text_of("error"); !name.empty()) {
    auto const* const value = data.find("value");
    return call_end::declared(std::string(name), value == nullptr ? "{}" : json_text_of(*value));
  }
  auto end = failed(failure_code::internal, message.empty() ? "the app failed" : message);
  auto const* const code = error.find("code");
  for (std::size_t at = 0; at < std::size(failure_rows); ++at)
    if (failure_rows[at].name == data.text_of("failure") ||
        (data.text_of("failure").empty() && code != nullptr &&
         code->text == std::to_string(failure_rows[at].rpc_code)))
      end.code = static_cast<failure_code>(at);
  end.id = data.text_of("id");
  if (auto const* const faults = data.find("violations"))
    for (auto const& one : faults->items)
      end.faults.add(std::string(one.text_of("path")), one.text_of("rule"),
                     std::string(one.text_of("message")));
  return end;
}

} // namespace pando::cli::detail
