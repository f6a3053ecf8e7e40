// Between an exchange and a handler.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <pando/handler/callback.hpp>
#include <pando/http/detail/call.hpp>
#include <pando/http/detail/problem.hpp>
#include <pando/http/detail/target.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/text_source.hpp>

namespace pando::http::detail {

inline std::string_view find_exchange_header(void const* source, std::string_view name) {
  return static_cast<request const*>(source)->headers.get(name, {});
}

PANDO_INLINE http_call::http_call(exchange& which, endpoint_route const& route,
                                  path_values const& values, call_scope& scope,
                                  stream_format format)
    : door_call(scope.executor, scope.context), scope_(&scope), exchange_(which), route_(&route),
      format_(format) {
  scope.begin_call();
  values_.count = values.count;
  for (std::size_t i = 0; i < values.count; ++i) values_.text[i] = values.text[i];
  auto& who = caller();
  who.transport = "http";
  who.peer = which.peer();
  who.find_header = find_exchange_header;
  who.header_source = &which.message();
  headers_ = which.message().headers;
  io_goes_to(this);
  which.watch(this);
  counted_as(route.served->counts, call_way::http);
}

PANDO_INLINE void http_call::expect_within(std::chrono::milliseconds limit) {
  auto const until = std::chrono::steady_clock::now() + limit;
  caller().deadline = until;
  deadline_.reset(new pando::detail::timer(executor()));
  deadline_->set(until, pando::detail::callback([this] { deadline_passed(); }));
}

/// The caller has its answer at the deadline, however long the handler takes to notice.
PANDO_INLINE void http_call::deadline_passed() {
  if (is_streaming()) {
    ends_in(call_outcome::failed);
    late_ = true;
    return drop();
  }
  fail(deadline_exceeded("no answer within the deadline"));
  cancel();
}

PANDO_INLINE bool http_call::decode_parts(schema::type const& type, void* request,
                                          violations& faults) {
  auto const& message = exchange_->message();
  schema::text_source texts(type, request, faults);
  std::string text;
  for (std::size_t i = 0; i < values_.count; ++i) {
    text.clear();
    auto const field = route_->path_fields[i];
    if (append_percent_decoded(text, values_.text[i])) {
      texts.set_field(field, text);
    } else {
      faults.add("/" + std::string(type.fields[field].name), "syntax",
                 "is not percent-encoded properly");
      return false;
    }
  }
  if (!verb_has_body(route_->method)) {
    query_reader query(message.query);
    while (query.next()) texts.set(query.key(), query.value());
    texts.leave_lists_empty();
    if (!query.failed()) return texts.finish() && faults.empty();
    faults.add("", "syntax", "the query is not percent-encoded properly");
    return false;
  }
  auto const present = texts.present();
  bool const good = texts.finish_part() && faults.empty();
  auto const body = message.body.empty() ? std::string_view("{}") : message.body;
  return json::decode(body, type, request, faults, {.present = present}) && good;
}

PANDO_INLINE bool http_call::decode(schema::type const& type, void* request) {
  violations faults;
  auto const& message = exchange_->message();
  bool const only_body = values_.count == 0 && verb_has_body(route_->method);
  bool const good =
      only_body ? json::decode(message.body.empty() ? std::string_view("{}") : message.body, type,
                               request, faults)
                : decode_parts(type, request, faults);
  if (good) return true;
  fail(invalid_request("the request is not valid", std::move(faults)));
  return false;
}

PANDO_INLINE void http_call::answer(schema::type const* type, void* result) {
  if (answered_) return; // late
  auto const status = exchange_->response().status().value_or(route_->success);
  answered_ = true;
  if (type == nullptr) return exchange_->answer(status, {}, {});
  auto& body = exchange_->body();
  try {
    json::encode(*type, result, body);
  } catch (...) {
    answered_ = false;
    return defect(*route_->served->row, std::current_exception());
  }
  exchange_->answer(status, "application/json", body.view());
}

PANDO_INLINE void http_call::write_problem(int status, std::string_view problem) {
  if (answered_) return;
  if (!streaming_) {
    answered_ = true;
    // What the handler had set for its result does not describe this.
    auto& response = exchange_->response();
    if (response.contains("Content-Type")) response.set("Content-Type", problem_type);
    return exchange_->answer(status, problem_type, problem);
  }
  if (format_ == stream_format::events) {
    exchange_->write("event: error\ndata: ");
    exchange_->write(problem);
    exchange_->write("\n\n");
  } else {
    exchange_->write("{\"error\":");
    exchange_->write(problem);
    exchange_->write("}\n");
  }
  answered_ = true;
  exchange_->finish();
}

PANDO_INLINE void http_call::raise(error_row const& row, std::size_t, void* error) {
  ends_in(call_outcome::declared);
  if (answered_) return;
  buffer body;
  try {
    append_declared(body, row, error);
  } catch (...) {
    return defect(*route_->served->row, std::current_exception());
  }
  write_problem(row.http_status, body.view());
}

PANDO_INLINE void http_call::fail(failure const& why) {
  ends_in(call_outcome::failed);
  if (answered_) return;
  buffer body;
  int const status = status_of(why);
  append_failure(body, why, status);
  if (!streaming_ && status == 401) exchange_->response().set("WWW-Authenticate", "Bearer");
  write_problem(status, body.view());
}

PANDO_INLINE void http_call::stream(schema::type const& item,
                                    std::unique_ptr<stream_source> source,
                                    void (*explain)(call&, std::exception_ptr)) {
  item_ = &item;
  explain_ = explain;
  if (exchange_->message().is_head()) {
    begin_stream();
    exchange_->finish();
    answered_ = true;
    source.reset();
    return finished();
  }
  begin(std::move(source), executor());
}

PANDO_INLINE bool http_call::wants_item() { return !exchange_->is_full(); }

PANDO_INLINE void http_call::begin_stream() {
  if (streaming_) return;
  streaming_ = true;
  auto& response = exchange_->response();
  if (!response.contains("Cache-Control")) response.set("Cache-Control", "no-store");
  exchange_->stream(response.status().value_or(route_->success),
                    format_ == stream_format::events ? "text/event-stream"
                                                     : "application/x-ndjson");
}

PANDO_INLINE void http_call::take_item(void* item) {
  auto& body = exchange_->body();
  try {
    if (format_ == stream_format::events) body.append("data: ");
    json::encode(*item_, item, body);
    body.append(format_ == stream_format::events ? "\n\n" : "\n");
  } catch (...) {
    defect(*route_->served->row, std::current_exception());
    return drop();
  }
  begin_stream();
  exchange_->write(body.view());
}

PANDO_INLINE void http_call::stream_ended(std::exception_ptr error) {
  if (error) explain_(*this, std::move(error));
  else if (late_) fail(deadline_exceeded("the stream did not end within the deadline"));
  if (!answered_) {
    answered_ = true;
    if (exchange_->is_gone() || caller().is_cancelled) {
      exchange_->abort();
    } else {
      begin_stream();
      if (format_ == stream_format::events) exchange_->write("event: end\ndata: {}\n\n");
      exchange_->finish();
    }
  }
}

PANDO_INLINE void http_call::stream_gone() { delete this; }

PANDO_INLINE void* http_call::extra(void const* kind) {
  if (kind == headers_kind()) return &headers_;
  if (kind == response_kind()) return &exchange_->response();
  return nullptr;
}

PANDO_INLINE void http_call::show(io_event const& event) {
  if (event.what == io_event::kind::log) context().events->info(event.text);
  if (event.what == io_event::kind::error) context().events->error(event.text);
}

PANDO_INLINE void http_call::ask(io_question const&, std::function<void(io_answer)> then) {
  then({}); // nobody to ask at the end of an HTTP request
}

PANDO_INLINE void http_call::peer_gone() {
  ends_in(call_outcome::abandoned);
  if (is_streaming()) {
    caller().is_cancelled = true;
    drop();
  } else {
    cancel();
  }
}

} // namespace pando::http::detail
