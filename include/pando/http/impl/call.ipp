// Between an exchange and a handler.
#pragma once

#include <charconv>
#include <chrono>
#include <string>
#include <utility>

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
                                  path_values const& values, boost::asio::any_io_executor executor,
                                  door_context const& context)
    : door_call(std::move(executor), context), exchange_(which), route_(&route) {
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
  watch_deadline();
}

PANDO_INLINE void http_call::watch_deadline() {
  auto const text = headers_.get("Pando-Timeout-Ms", {});
  if (text.empty()) return;
  std::uint32_t ms = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return;
  auto const until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  caller().deadline = until;
  timer_.emplace(executor(), until);
  alive_ = std::make_shared<char>();
  timer_->async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || alive.expired() || answered_) return;
    late_ = true;
    if (is_streaming()) drop();
    else cancel();
  });
}

PANDO_INLINE bool http_call::decode_parts(schema::type const& type, void* request,
                                          violations& faults) {
  auto const& message = exchange_->message();
  schema::text_source texts(type, request, faults);
  std::string text;
  for (std::size_t i = 0; i < values_.count; ++i) {
    text.clear();
    if (append_percent_decoded(text, values_.text[i]))
      texts.set_field(route_->path_fields[i], text);
    else
      faults.add("/" + std::string(type.fields[route_->path_fields[i]].name), "syntax",
                 "is not percent-encoded properly");
  }
  if (!verb_has_body(route_->method)) {
    query_reader query(message.query);
    while (query.next()) texts.set(query.key(), query.value());
    if (query.failed()) faults.add("", "syntax", "the query is not percent-encoded properly");
    return texts.finish() && faults.empty();
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
  buffer body;
  try {
    append_declared(body, row, error);
  } catch (...) {
    return defect(*route_->served->row, std::current_exception());
  }
  write_problem(row.http_status, body.view());
}

PANDO_INLINE void http_call::fail(failure const& why) {
  if (late_ && why.code() == failure_code::cancelled)
    return fail(deadline_exceeded("the deadline passed before the handler was done"));
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
  auto const accept = headers_.get("Accept", {});
  if (accept.find("text/event-stream") != accept.npos) format_ = stream_format::events;
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
  else if (late_) fail(deadline_exceeded("the deadline passed before the stream ended"));
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
  delete this;
}

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
  if (is_streaming()) {
    caller().is_cancelled = true;
    drop();
  } else {
    cancel();
  }
}

} // namespace pando::http::detail
